import { fileURLToPath } from 'node:url';
import { forkPort } from '../../../native-models/engine/port.ts';
import { Supervisor } from '../../../native-models/engine/supervisor.ts';
import type { ToyMethods } from './toy-worker.ts';

// Starts a worker, tells its process id and waits to be killed.
const script = fileURLToPath(new URL('./toy-worker.ts', import.meta.url));
const supervisor = new Supervisor<ToyMethods>('images', () => forkPort(script));
await supervisor.call('double', new Uint8Array(1));
process.send?.(supervisor.pid);
