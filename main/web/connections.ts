import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A browser opens six. */
const mostStrangers = 128;

/**
 * Keeps the way in free for the person. Anybody on the machine can open connections and leave them: of those that have
 * not shown a key yet only so many are held, and a new one takes the place of the oldest of the kind that there are more
 * of: those that wait, or those that never end what they ask. Connections that have shown a key stay.
 */
export class Connections {
  /** In the order in which they came, as sets are. */
  readonly #waiting = new Set<Socket>();
  readonly #answered = new Set<Socket>();

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.#waiting.add(socket);
      socket.on('close', () => this.know(socket));
      if (this.#waiting.size + this.#answered.size > mostStrangers) this.#turnAway();
    });
  }

  /** A whole request has come: its connection is busy until it is answered. */
  answer({ socket }: IncomingMessage, response: ServerResponse): void {
    if (!this.#waiting.delete(socket)) return;
    this.#answered.add(socket);
    response.on('close', () => {
      if (this.#answered.delete(socket) && !socket.destroyed) this.#waiting.add(socket);
    });
  }

  /** The other end has shown a key. */
  know(socket: Socket): void {
    this.#waiting.delete(socket);
    this.#answered.delete(socket);
  }

  #turnAway(): void {
    const [oldest] = this.#answered.size > this.#waiting.size ? this.#answered : this.#waiting;
    oldest?.destroy();
  }
}
