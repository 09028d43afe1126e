import type { Bridge } from '../../preload/contract/api.ts';
import { createHttpBridge } from './http-bridge.ts';

declare global {
  interface Window {
    /** Exposed by Electron's preload script; absent in the web host. */
    readonly infLlava?: Bridge;
  }
}

/** The program behind this window: Electron's preload where there is one, otherwise HTTP to the page's own origin. */
export function connect(onConnection: (connected: boolean) => void): Bridge {
  return (
    window.infLlava ??
    createHttpBridge({
      fetch: window.fetch.bind(window),
      openEvents: (url) => new EventSource(url),
      onConnection,
      languages: navigator.languages,
    })
  );
}
