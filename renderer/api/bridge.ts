import { servePicturesFrom, type Bridge } from '../../preload/contract/api.ts';
import { firstAnswersElement, type FirstAnswers } from '../../preload/contract/first-answers.ts';
import {
  parseWebSession,
  pictureRoot,
  signInPath,
  webSessionItem,
} from '../../preload/contract/web-session.ts';
import { createHttpBridge } from './http-bridge.ts';

declare global {
  interface Window {
    /** Exposed by Electron's preload script; absent in the web host. */
    readonly infLlava?: Bridge;
  }
}

/**
 * The program behind this window: Electron's preload where there is one, otherwise HTTP to the page's own origin. Null
 * where nobody has signed in: the page is then on its way to where that is done.
 */
export function connect(onConnection: (connected: boolean) => void): Bridge | null {
  if (window.infLlava) return window.infLlava;
  keepSession();
  const session = parseWebSession(localStorage.getItem(webSessionItem));
  if (!session) return signIn();
  servePicturesFrom(pictureRoot(session.pictureKey));
  let wasConnected = false;
  return createHttpBridge({
    fetch: window.fetch.bind(window),
    key: session.key,
    onConnection: (connected) => {
      wasConnected ||= connected;
      onConnection(connected);
    },
    // A page that has been at work is left as it is, and says what is wrong; one that was just opened has nothing to lose.
    onSignedOut: () => void (wasConnected || signIn()),
    languages: navigator.languages,
    first: takeFirstAnswers(),
  });
}

/** The page that answers a sign-in holds the keys; they are kept for this origin alone, and a reload signs nobody in again. */
function keepSession(): void {
  const { dataset } = document.documentElement;
  if (dataset['session'] === undefined) return;
  localStorage.setItem(webSessionItem, dataset['session']);
  delete dataset['session'];
  history.replaceState(null, '', '/');
}

function takeFirstAnswers(): FirstAnswers | null {
  const element = document.getElementById(firstAnswersElement);
  element?.remove();
  return element && (JSON.parse(element.textContent) as FirstAnswers);
}

function signIn(): null {
  location.replace(signInPath);
  return null;
}
