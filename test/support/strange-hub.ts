/** A hub without a network: it answers what it is told to, and notes what must never be asked of it. */
import { createHash } from 'node:crypto';

import type { HubConnection } from '../../native-models/install/hub/requests.ts';
import { listing, sentOn as storageHeaders } from './hub.ts';

/** One answer; a body may be text or bytes. */
export interface HubAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

const endpoint = 'https://hub.test';
const storage = 'https://storage.test';
const commit = '1'.repeat(40);
const etag = 'abc';
const repository = { repo: 'someone/tiny', revision: 'main' };
const small = ['config.json', 'tokenizer.json', 'README.md', 'model.safetensors.index.json'];
const shards = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];

function fileOf(name: string, bytes: number, isLarge: boolean) {
  const hash = (kind: string) => createHash(kind).update(name).digest('hex');
  return [name, { bytes, isLarge, sha256: hash('sha256'), blobId: hash('sha1') }] as const;
}

/** What an honest hub says. */
export const offeredHub = {
  ...{ endpoint, commit, etag },
  repository,
  listing: {
    status: 200,
    headers: {},
    body: JSON.stringify(
      listing(repository.repo, commit, [
        ...small.map((name) => fileOf(name, 100, false)),
        ...shards.map((name) => fileOf(name, 5000, true)),
      ]),
    ),
  },
  /** The answers to a download of text in requests of `requestBytes`: each is sent on to the storage. */
  download(content: Buffer, requestBytes: number): HubAnswer[] {
    const answers: HubAnswer[] = [];
    for (let begin = 0; begin < content.length; begin += requestBytes) {
      const end = Math.min(content.length, begin + requestBytes);
      answers.push(sentOn(content), {
        status: 206,
        headers: { etag: '"other"', 'content-range': `bytes ${begin}-${end - 1}/${content.length}` },
        body: content.toString('latin1', begin, end),
      });
    }
    return answers;
  },
} as const;

function sentOn(content: Buffer): HubAnswer {
  return {
    status: 302,
    headers: {
      ...storageHeaders(`${storage}/file?signature=x`, etag, content.length),
      'x-repo-commit': commit,
      'retry-after': '1',
    },
    body: '',
  };
}

const token = 'secret';

export class StrangeHub {
  /** Addresses, in the order in which they were asked for. */
  readonly asked: string[] = [];
  /** Requests that nobody may send, whichever answers the hub gives. */
  readonly wrongs: string[] = [];
  readonly connection: HubConnection;
  readonly #answer: (request: Request, index: number) => HubAnswer;

  /** Gives the answers one after the other, and the last one again and again. */
  constructor(answers: readonly HubAnswer[] | ((request: Request, index: number) => HubAnswer)) {
    this.#answer =
      typeof answers === 'function' ? answers : (_, index) => answers[Math.min(index, answers.length - 1)]!;
    this.connection = {
      access: () => ({ endpoint, token, bytesPerSecond: null, proxy: null }),
      gate: () => Promise.resolve(() => undefined),
      patience: { connectMs: 2000, stallMs: 2000, attempts: 2, firstDelayMs: 0, longestDelayMs: 0 },
      fetch: (input, init) => this.#fetch(new URL(input as URL), init),
    };
  }

  /** A hub that gives these answers as far as they are any. */
  static of(json: Uint8Array): StrangeHub {
    let answers: unknown;
    try {
      answers = JSON.parse(Buffer.from(json).toString('utf8'));
    } catch {
      answers = null;
    }
    const list = Array.isArray(answers) && answers.length > 0 ? answers : [answers];
    return new StrangeHub(list.map(answerOf));
  }

  /** An honest hub with one file. */
  static serving(content: Buffer): StrangeHub {
    return new StrangeHub(({ url, headers }) => {
      if (!url.startsWith(storage)) return sentOn(content);
      const [, begin, end] = /^bytes=(\d+)-(\d+)$/.exec(headers.get('range') ?? '')!;
      const range = `bytes ${begin}-${end}/${content.length}`;
      const body = content.subarray(Number(begin), Number(end) + 1);
      return { status: 206, headers: { 'content-range': range }, body };
    });
  }

  async #fetch(url: URL, init?: RequestInit): Promise<Response> {
    this.asked.push(url.href);
    if (url.protocol !== 'https:') this.wrongs.push(`a way to ${url.href}`);
    const carried = new Headers(init?.headers).get('authorization');
    if (carried !== null && url.origin !== endpoint) this.wrongs.push(`that the token goes to ${url.host}`);
    // Refuses addresses as `fetch` itself does.
    const request = new Request(url, init);
    const { status, headers, body } = this.#answer(request, this.asked.length - 1);
    const bytes = typeof body === 'string' ? Buffer.from(body, 'latin1') : new Uint8Array(body);
    return new Response([204, 205, 304].includes(status) ? null : bytes, { status, headers });
  }
}

/** What a server could send of it: servers send whole statuses and headers of plain letters. */
function answerOf(json: unknown): HubAnswer {
  const { status, headers, body } = (json ?? {}) as Record<string, unknown>;
  const sent = new Headers();
  for (const [name, value] of Object.entries((headers ?? {}) as object)) {
    if (typeof value !== 'string' && typeof value !== 'number') continue;
    try {
      sent.append(name, String(value));
    } catch {
      // No server could send this one.
    }
  }
  const isStatus = Number.isInteger(status) && Number(status) >= 200 && Number(status) <= 599;
  return {
    status: isStatus ? Number(status) : 500,
    headers: Object.fromEntries(sent),
    body: typeof body === 'string' ? body : (JSON.stringify(body) ?? ''),
  };
}
