import { MessageChannel } from 'node:worker_threads';
import type { Channel } from '../../native-models/engine/peer.ts';
import type { Port, PortExit } from '../../native-models/engine/port.ts';
import { AppError } from '../../preload/contract/errors.ts';

/** One end of a process border, which can be told that the other end is gone. */
type Serve = (channel: Channel) => { end(reason: AppError): void };

/** A child process of the program without a process: what `serve` answers, over a channel that clones as a border does. */
export function inProcessPort(serve: Serve): Port {
  const { port1, port2 } = new MessageChannel();
  const served = serve({
    post: (message) => port2.postMessage(message),
    onMessage: (listener) => void port2.on('message', listener),
  });
  const exits: ((exit: PortExit) => void)[] = [];
  let isRunning = true;
  return {
    pid: process.pid,
    post: (message) => port1.postMessage(message),
    onMessage: (listener) => void port1.on('message', listener),
    onExit: (listener) => void exits.push(listener),
    kill: () => {
      if (!isRunning) return;
      isRunning = false;
      port1.close();
      served.end(new AppError('cancelled', 'The process was ended.'));
      for (const listener of exits) listener({ code: null, signal: 'SIGKILL' });
    },
  };
}
