import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { signInPath } from '../../preload/contract/web-session.ts';

export interface LaunchPage {
  readonly path: string;
  /** Safe to call twice. */
  remove(): Promise<void>;
}

/** Browsers that come as snaps have a temp folder of their own and see the visible part of the home folder only. */
const snaps = ['/snap/bin/firefox', '/snap/bin/chromium'];

/**
 * Writes a page, readable by its owner alone, that signs the browser in at `address` with `pass`. Its path can stand on a
 * command line, which other people of the machine can read.
 */
export async function writeLaunchPage(address: string, pass: string): Promise<LaunchPage> {
  const parent = snaps.some((snap) => existsSync(snap)) ? homedir() : tmpdir();
  // Made with the rights 0700.
  const folder = await mkdtemp(join(parent, 'inf-llava-'));
  const path = join(folder, 'open.html');
  // Of a form with a password in it Chromium writes nothing into the files that bring tabs back after a crash.
  const page = `<!doctype html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<title>INF-LLaVA Desktop</title>
<form method="post" action="${new URL(signInPath, address).href}">
<input type="password" name="secret" value="${pass}" autocomplete="off" hidden>
<button>INF-LLaVA Desktop</button>
</form>
<script>document.forms[0].submit()</script>
`;
  await writeFile(path, page, { mode: 0o600, flag: 'wx' });
  // A browser or scanner may hold the file on Windows; what it says is of no use any more.
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  return { path, remove };
}
