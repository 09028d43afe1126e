import type {
  App,
  BrowserWindow,
  Dialog,
  FileFilter,
  OpenDialogOptions,
  SaveDialogOptions,
  Shell,
} from 'electron';
import type { Language } from '../../preload/contract/api.ts';
import { photoExtensions } from '../../preload/contract/photos.ts';
import type { PhotoDialog } from '../services/options.ts';
import { dialogTexts } from './texts.ts';

/** The systems show about ten; more would push out those of other days. */
const mostRecentDocuments = 10;

/** Windows would list everything that its dialogs return; `addRecent` lists what may be listed. */
const noTrace = 'dontAddToRecent';

export interface DesktopOptions {
  readonly app: Pick<App, 'addRecentDocument'>;
  readonly dialog: Pick<Dialog, 'showOpenDialog' | 'showSaveDialog'>;
  readonly shell: Pick<Shell, 'openExternal' | 'showItemInFolder'>;
  /** The window that dialogs belong to; null while none is open. */
  readonly window: () => BrowserWindow | null;
  readonly language: () => Language;
}

/** The desktop around the window: dialogs, the file manager, the browser, recent documents. */
export class Desktop {
  readonly #options: DesktopOptions;

  constructor(options: DesktopOptions) {
    this.#options = options;
  }

  /** Lets the person choose photos, or one folder of them; empty when the dialog is closed. */
  async choosePaths({ folder, multiple, isPrivate }: PhotoDialog): Promise<readonly string[]> {
    const filePaths = await this.#open({
      properties: [folder ? 'openDirectory' : 'openFile', ...(multiple ? ['multiSelections' as const] : [])],
      ...(folder ? {} : { filters: this.#filters('photos', photoExtensions) }),
    });
    if (!isPrivate) this.addRecent(filePaths);
    return filePaths;
  }

  /** Lets the person choose a folder that holds no photos; null when the dialog is closed. */
  async chooseFolder(): Promise<string | null> {
    const [path = null] = await this.#open({ properties: ['openDirectory'] });
    return path;
  }

  /** Lets the person choose a GGUF file; null when the dialog is closed. */
  async chooseGguf(): Promise<string | null> {
    const filters = this.#filters('gguf', ['gguf']);
    const [path = null] = await this.#open({ properties: ['openFile'], filters });
    return path;
  }

  /** Lets the person choose where to save a file; null when the dialog is closed. */
  async chooseSavePath(fileName: string): Promise<string | null> {
    const { dialog, window } = this.#options;
    const options: SaveDialogOptions = { defaultPath: fileName, properties: [noTrace] };
    const parent = window();
    const { filePath } = await (parent
      ? dialog.showSaveDialog(parent, options)
      : dialog.showSaveDialog(options));
    return filePath === '' ? null : filePath;
  }

  /** Lists files among the system's recent documents. */
  addRecent(paths: readonly string[]): void {
    for (const path of paths.slice(0, mostRecentDocuments)) this.#options.app.addRecentDocument(path);
  }

  /** Shows a file in the file manager. */
  reveal(path: string): void {
    this.#options.shell.showItemInFolder(path);
  }

  /** Opens an https page in the person's browser; any other address is ignored. */
  async openExternal(url: string): Promise<void> {
    if (URL.parse(url)?.protocol === 'https:') await this.#options.shell.openExternal(url);
  }

  async #open(wanted: OpenDialogOptions): Promise<readonly string[]> {
    const { dialog, window } = this.#options;
    const options: OpenDialogOptions = { ...wanted, properties: [...(wanted.properties ?? []), noTrace] };
    const parent = window();
    const { filePaths } = await (parent
      ? dialog.showOpenDialog(parent, options)
      : dialog.showOpenDialog(options));
    return filePaths;
  }

  #filters(kind: 'photos' | 'gguf', extensions: readonly string[]): FileFilter[] {
    const language = this.#options.language();
    return [
      { name: dialogTexts[kind][language], extensions: [...extensions] },
      { name: dialogTexts.allFiles[language], extensions: ['*'] },
    ];
  }
}
