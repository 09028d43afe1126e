import type { AppFailure } from '../../preload/contract/api.ts';
import { aboutFile } from '../../preload/contract/errors.ts';
import { isCancel, receivedFailure } from '../api/failure.ts';
import type { I18n } from '../i18n/i18n.svelte.ts';

/**
 * Owns the short messages at the edge of the window. Created once by `createStores`; every store that calls the
 * program reports through `attempt`, so that no failure is silent.
 */

export interface Notice {
  readonly id: number;
  readonly tone: 'plain' | 'error';
  readonly title: string;
  readonly advice: string | null;
  readonly technical: string | null;
  readonly action: NoticeAction | null;
  /** What was tried: the next time that succeeds, the failure is no longer of interest. */
  readonly about: NoticeTopic | null;
}

export type NoticeTopic = 'opening';

export interface NoticeAction {
  readonly label: string;
  readonly run: () => void;
}

/** Long enough to read a few words; to reach the undo button; to read what happened and what to do. */
const shownMilliseconds = { word: 3000, action: 8000, error: 20_000 } as const;
/** More names than these are counted. */
const mostNamed = 3;
/** More than these would cover the photo; the oldest goes first. */
const mostNotices = 4;

export class NoticeStore {
  list = $state.raw<readonly Notice[]>([]);
  readonly #i18n: I18n;
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- bookkeeping that no view reads
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();
  #nextId = 1;

  constructor(i18n: I18n) {
    this.#i18n = i18n;
  }

  say(title: string, action: NoticeAction | null = null): void {
    this.#add({ tone: 'plain', title, advice: null, technical: null, action, about: null });
  }

  /** Something the person must know and did not cause. */
  warn(title: string): void {
    this.#add({ tone: 'error', title, advice: null, technical: null, action: null, about: null });
  }

  fail(failure: AppFailure, action: NoticeAction | null = null): void {
    if (isCancel(failure)) return;
    this.#add({ tone: 'error', ...this.#i18n.failure(failure), action, about: null });
  }

  /** Files that could not be opened, in one notice that names them. */
  failFiles(failures: readonly { readonly name: string; readonly failure: AppFailure }[]): void {
    const real = failures.filter(({ failure }) => !isCancel(failure));
    const [first] = real;
    if (!first) return;
    const about = 'opening';
    const text = this.#i18n.failure(aboutFile(first.failure, first.name));
    if (real.length === 1) return this.#add({ tone: 'error', ...text, action: null, about });
    const names = real.slice(0, mostNamed).map(({ name }) => name);
    const title = this.#i18n.t.shell.notOpened(names.join(', '), real.length - names.length);
    const isOneKind = real.every(({ failure }) => failure.code === first.failure.code);
    const advice = isOneKind ? text.advice : null;
    this.#add({ tone: 'error', title, advice, technical: null, action: null, about });
  }

  /** That was done now: what was said of it before is over. */
  succeed(topic: NoticeTopic): void {
    for (const { id, about } of this.list) if (about === topic) this.dismiss(id);
  }

  /** The person goes on to something else: what has no button is no longer of interest. */
  moveOn(): void {
    for (const { id, action } of this.list) if (action === null) this.dismiss(id);
  }

  dismiss(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  /** Keeps a notice while it is pointed at or focused. */
  hold(id: number): void {
    clearTimeout(this.#timers.get(id));
  }

  release(id: number): void {
    const notice = this.list.find((each) => each.id === id);
    if (notice) this.#startTimer(notice);
  }

  /** The result of a call of the program, or undefined after saying why there is none. */
  async attempt<T>(call: Promise<T>): Promise<T | undefined> {
    try {
      return await call;
    } catch (error) {
      this.fail(receivedFailure(error));
      return undefined;
    }
  }

  #add(content: Omit<Notice, 'id'>): void {
    const same = this.list.find((each) => each.title === content.title && each.tone === content.tone);
    if (same) this.dismiss(same.id);
    const notice = { id: this.#nextId++, ...content };
    for (const old of this.list.slice(0, Math.max(0, this.list.length + 1 - mostNotices)))
      this.dismiss(old.id);
    this.list = [...this.list, notice];
    this.#startTimer(notice);
  }

  #startTimer(notice: Notice): void {
    const kind = notice.tone === 'error' ? 'error' : notice.action ? 'action' : 'word';
    clearTimeout(this.#timers.get(notice.id));
    this.#timers.set(
      notice.id,
      setTimeout(() => this.dismiss(notice.id), shownMilliseconds[kind]),
    );
  }
}
