/** The web host in a process of its own, with services that say when they are disposed of. */
import { runWebHost } from '../../main/web/run.ts';
import { createFakeServices } from './fake-services.ts';

const say = (line: string) => void process.stdout.write(`${line}\n`);
const services = createFakeServices();

await runWebHost({
  services: {
    ...services,
    openPaths: async (paths) => {
      say(`opens ${paths.join(' ')}`);
      return [];
    },
    dispose: async () => say('disposed'),
  },
  rendererRoot: import.meta.dirname,
  port: 0,
  open: false,
  paths: process.argv.slice(2),
  say,
});
