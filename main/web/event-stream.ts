import type { ServerResponse } from 'node:http';
import type { EventLog, NumberedEvent } from '../services/events.ts';

/** A browser that lets this much pile up is not reading; it is cut off and resumes when it comes back. */
const unreadBytes = 4 * 2 ** 20;

/** Proxies and tunnels drop connections that stay silent, commonly after 60 s or 30 s. */
const heartbeatMilliseconds = 15_000;

/**
 * Server-sent events to any number of browser tabs. Every event has an id, `EPOCH-SEQUENCE`; a browser that reconnects
 * names the last one it saw and gets what it missed, or a `gap` event when that is no longer known.
 */
export class EventStream {
  readonly #log: EventLog;
  readonly #clients = new Set<ServerResponse>();
  readonly #heartbeat: NodeJS.Timeout;
  readonly #unsubscribe: () => void;

  constructor(log: EventLog) {
    this.#log = log;
    this.#unsubscribe = log.subscribe((numbered) => this.#write(this.#frame(numbered)));
    this.#heartbeat = setInterval(() => this.#write(': \n\n'), heartbeatMilliseconds);
    this.#heartbeat.unref();
  }

  /** Where a window resumes that knows all until now. */
  get latest(): string {
    return this.#id(this.#log.sequence);
  }

  /** Answers an `/events` request; `lastSeen` is its Last-Event-ID. */
  connect(response: ServerResponse, lastSeen: string | undefined): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const missed = lastSeen === undefined ? [] : this.#since(lastSeen);
    if (missed === null) response.write('event: gap\ndata: {}\n\n');
    else for (const numbered of missed) response.write(this.#frame(numbered));
    // An id without data sets where a browser resumes, although it has not seen an event yet.
    response.write(`retry: 1000\nid: ${this.latest}\n\n`);
    this.#clients.add(response);
    response.on('close', () => this.#clients.delete(response));
  }

  /** Ends every stream. Safe to call twice. */
  close(): void {
    clearInterval(this.#heartbeat);
    this.#unsubscribe();
    for (const client of this.#clients) client.end();
    this.#clients.clear();
  }

  /** The events after the one with id `lastSeen`; null when that is unknown. */
  #since(lastSeen: string): readonly NumberedEvent[] | null {
    const [epoch, sequence] = lastSeen.split('-');
    const seen = Number(sequence);
    return epoch === this.#log.epoch && Number.isInteger(seen) && seen >= 0 ? this.#log.since(seen) : null;
  }

  #id(sequence: number): string {
    return `${this.#log.epoch}-${sequence}`;
  }

  #frame({ sequence, event }: NumberedEvent): string {
    return `id: ${this.#id(sequence)}\ndata: ${JSON.stringify(event)}\n\n`;
  }

  #write(frame: string): void {
    for (const client of this.#clients) {
      if (client.writableLength > unreadBytes) client.destroy();
      else client.write(frame);
    }
  }
}
