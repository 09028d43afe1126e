import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { chooseLanguage } from '../../preload/contract/language.ts';
import type { Language, Localised } from '../../preload/contract/language.ts';
import { formatWebSession, signInPath, webSessionItem } from '../../preload/contract/web-session.ts';
import type { WebSession } from '../../preload/contract/web-session.ts';

/** The pages of signing in. They stand alone, so that nothing else is asked for before the person is known. */

const texts = {
  title: { en: 'Sign in to INF-LLaVA Desktop', ko: 'INF-LLaVA Desktop에 로그인' },
  code: { en: 'Code', ko: '코드' },
  advice: {
    en: 'The program shows the code in the terminal it was started in, under the address of this page.',
    ko: '코드는 프로그램을 시작한 터미널에서 이 페이지의 주소 아래에 표시됩니다.',
  },
  signIn: { en: 'Sign in', ko: '로그인' },
  wrong: {
    en: 'This is not the code. It changes with every start of the program.',
    ko: '코드가 맞지 않습니다. 코드는 프로그램을 시작할 때마다 바뀝니다.',
  },
  'used-twice': {
    en: 'The pass that opens this page was used twice: somebody else on this machine may have read it. Both are signed out. Sign in with the code; if this happens again, end the program.',
    ko: '이 페이지를 여는 통행증이 두 번 사용되었습니다. 이 컴퓨터의 다른 사람이 읽었을 수 있습니다. 양쪽 모두 로그아웃되었습니다. 코드로 로그인하고, 다시 이런 일이 생기면 프로그램을 종료하세요.',
  },
} as const satisfies Record<string, Localised>;

export type SignInProblem = 'wrong' | 'used-twice';

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { display: grid; place-content: center; min-height: 90vh; max-width: 30em; margin: auto; padding: 1em }
h1 { font-size: 1.25em }
form { display: flex; gap: .5em; flex-wrap: wrap; align-items: end }
label { display: grid; flex: 1 }
input, button { font: inherit; padding: .5em .75em }
[role=alert] { border-inline-start: .25em solid #c33; padding-inline-start: .75em }
`;

/** Keeps the keys that a page brings for this origin alone, and goes on to the window without leaving this page in the history. */
const keep = `const keep = ({ session }) => {
  if (session) { localStorage.setItem('${webSessionItem}', session); location.replace('/'); }
};`;
const keepScript = `${keep} keep(document.documentElement.dataset);`;

/**
 * Posts the code without going anywhere: browsers write what a visited page was posted into their files, to bring tabs back
 * after a crash.
 */
const postScript = `${keep}
document.addEventListener('submit', async (event) => {
  event.preventDefault();
  const body = new URLSearchParams(new FormData(event.target));
  const answer = await fetch('${signInPath}', { method: 'POST', body }).catch(() => null);
  if (!answer) return location.reload();
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  keep(page.documentElement.dataset);
  const main = page.querySelector('main');
  if (!main) return;
  document.querySelector('main').replaceWith(main);
  main.querySelector('input').focus();
});`;

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** What these pages may do: less than the window, and post their form to where they come from. */
export const signInPolicy = [
  "default-src 'none'",
  `script-src ${hashOf(keepScript)} ${hashOf(postScript)}`,
  `style-src ${hashOf(style)}`,
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The page that asks for the code. */
export function signInPage(language: Language, problem: SignInProblem | null): string {
  const say = (text: Localised) => text[language];
  return `<!doctype html>
<html lang="${language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${say(texts.title)}</title>
<style>${style}</style>
<main>
<h1>${say(texts.title)}</h1>
${problem ? `<p role="alert">${say(texts[problem])}</p>` : ''}
<p>${say(texts.advice)}</p>
<form>
<label>${say(texts.code)} <input name="secret" required autofocus autocomplete="off" autocapitalize="none" spellcheck="false"></label>
<button>${say(texts.signIn)}</button>
</form>
</main>
<script>${postScript}</script>
</html>
`;
}

/** The answer to a good secret. */
export function signedInPage(session: WebSession): string {
  return `<!doctype html>
<html data-session="${formatWebSession(session)}">
<meta charset="utf-8">
<title>INF-LLaVA Desktop</title>
<script>${keepScript}</script>
</html>
`;
}

/** The language of a browser by its Accept-Language, whose tags come with weights: `de, ko;q=0.8`. */
export function languageOf(request: IncomingMessage): Language {
  const tags = (request.headers['accept-language'] ?? '').split(',').map((part) => {
    const [tag = '', weight] = part.trim().split(';q=');
    return { tag, weight: weight === undefined ? 1 : Number(weight) };
  });
  const sorted = tags.sort((a, b) => b.weight - a.weight).map(({ tag }) => tag);
  return chooseLanguage('system', sorted);
}
