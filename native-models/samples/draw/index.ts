/**
 * Draws the sample pictures: `node native-models/samples/draw/index.ts [--preview FOLDER] [ID...]`.
 *
 * Without `--preview` all pictures are drawn, encoded as WebP and written beside `samples.json`; a picture whose lettering
 * has a problem stops it. With `--preview` the named pictures are written as PNGs to look at, and problems are listed.
 *
 * A tool of development: it needs Chromium (`CHROMIUM` names another binary than /usr/bin/chromium) and the typefaces of
 * these Debian packages, all under the SIL Open Font Licence: fonts-bebas-neue, fonts-cabin, fonts-dancingscript,
 * fonts-ebgaramond, fonts-inter, fonts-league-spartan, fonts-liberation, fonts-nanum, fonts-noto-cjk-extra,
 * fonts-routed-gothic.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { pictures } from './pictures/index.ts';
import { publish } from './publish.ts';
import { launch, render } from './render.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { preview: { type: 'string' } },
});
const browser = await launch();
try {
  if (values.preview === undefined) {
    for await (const line of publish(browser, path.dirname(import.meta.dirname)))
      process.stdout.write(`${line}\n`);
  } else {
    await mkdir(values.preview, { recursive: true });
    for (const picture of pictures.filter(({ id }) => positionals.length === 0 || positionals.includes(id))) {
      const { png, problems, details } = await render(picture, browser);
      await writeFile(path.join(values.preview, `${picture.id}.png`), png);
      process.stdout.write(
        [`${picture.id}: ${details.length} details`, ...problems].join('\n  ').concat('\n'),
      );
    }
  }
} finally {
  await browser.close();
}
