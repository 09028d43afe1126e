/** The web host in a process of its own, with services that say when they are disposed of. */
import { basename } from 'node:path';
import { runWebHost } from '../../main/web/run.ts';
import { aPhoto, createFakeServices } from './fake-services.ts';

const say = (line: string) => void process.stdout.write(`${line}\n`);
const services = createFakeServices();

await runWebHost({
  services: {
    ...services,
    openPaths: async (paths) => {
      say(`opens ${paths.join(' ')}`);
      return paths.map((path) => ({
        ...aPhoto,
        name: basename(path),
        error: path.includes('missing') ? { code: 'file-missing', details: {} } : null,
      }));
    },
    dispose: async () => say('disposed'),
  },
  rendererRoot: import.meta.dirname,
  port: 0,
  open: process.argv.includes('--open'),
  paths: process.argv.slice(2).filter((word) => !word.startsWith('--')),
  say,
});
