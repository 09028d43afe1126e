import type { NoticeStore } from '../../stores/notices.svelte.ts';

/** Copies text and says so; a clipboard that refuses is reported like any other failure. */
export async function copyText(text: string, notices: NoticeStore, done: string): Promise<void> {
  const isCopied = await notices.attempt(navigator.clipboard.writeText(text).then(() => true));
  if (isCopied) notices.say(done);
}
