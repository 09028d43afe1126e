/** Pictures for a canvas, loaded when first asked for and kept while their address is the same. */
export class PictureLoader {
  /** The picture once it has loaded. */
  current = $state.raw<HTMLImageElement | null>(null);
  #url: string | null = null;

  /** @param url null lets the picture go */
  load(url: string | null): void {
    if (url === this.#url) return;
    this.#url = url;
    this.current = null;
    if (url === null) return;
    const image = new Image();
    image.onload = () => {
      if (this.#url === url) this.current = image;
    };
    image.src = url;
  }
}
