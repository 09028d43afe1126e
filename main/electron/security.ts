import type { App, Session, WebContents } from 'electron';
import { appOrigin, isOwnUrl } from './protocol.ts';

/** Schemes that reach the network or the disk. The window has its own scheme and needs none of them. */
const outsideUrls = ['http://*/*', 'https://*/*', 'ws://*/*', 'wss://*/*', 'ftp://*/*', 'file://*/*'];

/** The copy button. Everything else a page can ask for is denied. */
const grantedPermission = 'clipboard-sanitized-write';

/** Takes from every page of `session` what it could do beyond showing itself. */
export function lockDownSession(session: Session): void {
  session.setPermissionRequestHandler((contents, permission, callback) =>
    callback(permission === grantedPermission && isOwnUrl(contents.getURL())),
  );
  session.setPermissionCheckHandler(
    (_, permission, origin) => permission === grantedPermission && isOwnUrl(origin),
  );
  session.setDevicePermissionHandler(() => false);
  session.setDisplayMediaRequestHandler((_, callback) => callback(null));
  session.webRequest.onBeforeRequest({ urls: outsideUrls }, (_, callback) => callback({ cancel: true }));
  session.on('will-download', (event, item) => {
    // The picture to share is made in the window; Electron asks where it is to go.
    if (!item.getURL().startsWith(`blob:${appOrigin}/`)) event.preventDefault();
  });
  // Chromium would fetch dictionaries from the network.
  session.setSpellCheckerEnabled(false);
}

/** Keeps every page that is ever created where it is: no navigation, no new windows, no embedded pages. */
export function lockDownPages(app: Pick<App, 'on'>): void {
  app.on('web-contents-created', (_, contents) => lockDownPage(contents));
}

function lockDownPage(contents: WebContents): void {
  contents.on('will-frame-navigate', (event) => {
    // A reload is a navigation to the page itself.
    if (!(event.isMainFrame && isOwnUrl(event.url))) event.preventDefault();
  });
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
}
