import type { Rect } from '../../../preload/contract/api.ts';
import { Format } from '../format.ts';

const format = new Format('en');

/** So many pixels, in words; millions of them where there are. */
const pixels = (millions: number) =>
  millions < 0.1
    ? `${format.number(millions * 1e6)} pixels`
    : `${format.number(millions, millions < 10 ? 1 : 0)} megapixels`;

/** The photo and what the model makes of it. */
export const viewer = {
  stage: (name: string) => `Photo ${name}`,
  stageHint: 'Arrow keys move, plus and minus zoom, Space switches between fit and 100%.',
  back: 'Back to the gallery',
  zoomIn: 'Zoom in',
  zoomOut: 'Zoom out',
  fit: 'Fit',
  toggleFit: 'Fit or 100%',
  overlays: 'Overlays',
  square: 'Square',
  squareHint: 'The padded square the model sees',
  loupe: 'Loupe',
  loupePhoto: 'Photo',
  loupeModel: 'Model',
  loupeHint: 'One place in the photo, in the local and in the global crop',
  unpin: (name: string) => `${name}: show all of the photo again`,
  tiles: 'Local',
  tilesHint: 'Local tiles: neighbouring pixels together',
  lattice: 'Global',
  latticeHint: 'Global lattice: which pixel goes to which global crop',
  latticeFar: 'Zoom in to see single pixels of the lattice',
  compare: 'Compare',
  compareHint: 'Photo beside what the model gets',
  wipe: {
    label: 'Border between photo and model',
    photo: (side: number) => `Photo ${format.number(side)}`,
    model: (side: number) => `Model ${format.number(side)}`,
    value: (percent: string, photo: number, model: number) =>
      `${percent} photo with ${format.number(photo)} pixels, the rest as the model gets it, ${format.number(model)} pixels`,
  },
  watch: {
    open: 'Watch the photo go into the model',
    title: 'The photo on its way into the model',
    skip: 'Skip',
    pad: 'First, the photo is padded to a square.',
    padTiles: 'First, the photo is padded to the shape of its tiles together.',
    reduce: (width: number, height: number, factor: number) =>
      factor < 1.05
        ? `The model gets ${format.size(width, height)} pixels: all of the detail is still there.`
        : `The model gets ${format.size(width, height)} pixels, ${format.fraction(factor)} of the detail. What is smaller than one pixel is gone.`,
    part: (tiles: number) =>
      `${format.number(tiles)} tiles, looked at one by one. They show detail, but no tile knows the rest of the picture.`,
    gather: (n: number) =>
      `One pixel of every ${n} × ${n} makes a small picture of the whole. It shows what is where, without the detail.`,
    small: (detail: string) => `The whole once more, small: ${detail}. It shows what is where.`,
    joinTogether: 'Each tells the other what it lacks. The answer is made of both together.',
    joinInTurn: {
      wholeFirst:
        'The language model reads the small whole, then the tiles. The answer is made of all of them.',
      wholeLast:
        'The language model reads the tiles, then the small whole. The answer is made of all of them.',
    },
    joinWhole: 'The answer is made of this one picture.',
  },
  share: {
    open: 'Picture to share',
    title: 'A picture to share',
    note: 'Made on this computer. It goes nowhere by itself.',
    detail: (fraction: string) => `${fraction} of the detail`,
    facts: (detail: string, tokens: string) => `${detail}, ${tokens}, on this computer`,
    copy: 'Copy',
    save: 'Save PNG',
  },
  readout: (x: number, y: number) => `x ${format.number(x)}  y ${format.number(y)}`,
  info: 'Photo details',
  format: 'Format',
  dimensions: 'Size',
  fileSize: 'File',
  megapixels: pixels,
  fingerprint: 'SHA-256',
  locate: 'Locate…',
  reveal: 'Show in folder',
  openAgain: 'Open again…',
  state: {
    changed: {
      title: 'This file has changed since it was opened.',
      advice: 'Earlier answers are about the old picture. Open it again to look at the new one.',
    },
    missing: {
      title: 'The photo is no longer where it was.',
      advice: 'The conversation is kept. If the file has moved, show where it is now.',
    },
    unreadable: {
      title: 'This file cannot be read as a photo.',
      advice: 'Try to open it in another program, or open another photo.',
    },
  },
  notes: {
    'first-frame': 'Animation: its first frame is shown.',
    'first-page': 'Several pages: the first is shown.',
    partial: 'The file is incomplete: what could be read is shown.',
    'alpha-flattened': 'Transparent parts are filled with the model’s padding colour.',
    'colour-converted': 'Colours were converted to sRGB.',
    'tone-mapped': 'High dynamic range: brightness was brought down to that of an ordinary screen.',
    'values-scaled':
      'The file holds measured values: they are shown spread from black to white, and what is no number as black.',
    'camera-preview': 'Camera raw file: the preview that the camera put in it is shown.',
    'reduced-to-fit': 'The photo was reduced to fit into memory.',
  },
  closer: {
    action: 'Look closer',
    hint: 'Mark a part: the model gets it at its own resolution',
    shown: 'Look closer at what is shown',
    looked: 'Look closer where the model looked',
    part: ({ x, y, width, height }: Rect) =>
      `Part ${format.size(width, height)} at ${format.number(x)}, ${format.number(y)}`,
    keys: 'Arrow keys move it, with Shift they change its size. T takes the tile, A all of the photo. Enter goes on to the question, Escape ends it.',
    tile: 'Tile',
    ask: 'Ask about it',
    another: 'Another part',
    whole: 'All of the photo',
    pixels: (there: number, seen: number) =>
      `${pixels(there)}; the model sees ${seen < 0.01 ? pixels(seen) : format.number(seen, seen < 0.1 ? 2 : seen < 10 ? 1 : 0)}`,
  },
  sees: {
    title: 'What the model sees',
    show: 'Show what the model sees',
    hide: 'Hide what the model sees',
    expand: 'Show large',
    original: 'Original',
    part: 'Part',
    padded: 'Padded',
    sent: 'Sent to the model',
    tokens: 'Tokens',
    loses: (factor: number) =>
      `Every ${format.number(factor, factor < 10 ? 1 : 0)} pixels of a line become one: smaller detail is lost.`,
    enlarges: 'The photo is smaller than the model’s input: nothing is lost.',
    allDetail: 'with all of your photo’s detail',
    detail: (factor: number) => `at ${format.fraction(factor)} of your photo’s detail`,
    stretched: {
      width: (detail: string, by: number) => `${detail}, stretched by ${format.percent(by)} in width`,
      height: (detail: string, by: number) => `${detail}, stretched by ${format.percent(by)} in height`,
    },
    local: 'Local',
    localShort: 'sharp, but a tile knows nothing of the rest.',
    globalShort: 'coarse, but it shows what is where.',
    localSubtitle: 'neighbours stay together',
    localWhy: (grid: string, side: number, detail: string, published: string) =>
      `The picture is cut into ${grid} tiles, each ${format.size(side, side)}, ${detail}${published}. Small print that is still readable there is read there. A single tile knows nothing of the rest.`,
    published: (factor: number) =>
      `; INF-LLaVA itself would see ${factor < 1.05 ? 'all of it' : format.fraction(factor)}`,
    ofDetail: (factor: number) => `${format.fraction(factor)} of the detail`,
    allOfDetail: 'all of the detail',
    both: 'both',
    then: 'then',
    bothWay: {
      local: 'Local adds detail',
      global: 'Global says where it belongs',
    },
    unused: (count: number) => `+${format.number(count)} phases, not used`,
    whyBoth: {
      title: 'Why both?',
      note: 'Right answers of this model, trained with one perspective, with both side by side, and with both asking each other:',
      share: 'right answers',
      local: 'Local only',
      global: 'Global only',
      'both-without-dem': 'Side by side',
      both: 'Both, linked',
    },
    global: 'Global',
    globalSubtitle: (n: number) => `one pixel of every ${n} × ${n}`,
    globalWhy: (n: number, detail: string) =>
      `Each takes one pixel of every ${n} × ${n} block, so that each shows the whole picture, small, ${detail}: what is where, and how things belong together.`,
    wholeSubtitle: 'the whole once more, small',
    wholeWhy: (side: number, detail: string) =>
      `The whole once more, small: ${format.size(side, side)}, ${detail}. It shows what is where, and how things belong together.`,
    together:
      'The model lets each perspective ask the other: the overview borrows detail from the tiles, and the tiles learn where they belong.',
    inTurn: {
      wholeFirst: 'The language model reads the whole picture first and then the tiles, line by line.',
      wholeLast:
        'The language model reads the tiles one after the other, line by line, and the whole picture last.',
    },
    prompt: 'How the language model gets them',
    tokensOf: (count: number) => (count === 1 ? '1 token' : `${format.number(count)} tokens`),
    tokensEach: (views: number, tokens: number) =>
      views === 1
        ? `1 view, ${format.number(tokens)} tokens`
        : `${format.number(views)} tiles, ${format.number(tokens)} tokens each`,
    tokensInAll: (tiles: number, tokens: number) =>
      `${format.number(tiles)} tiles, ${format.number(tokens)} tokens in all`,
    behind: 'behind',
    detailChoice: 'Detail',
    views: (count: number) => (count === 1 ? '1 view' : `${format.number(count)} views`),
    about: (duration: string) => `about ${duration}`,
    single: (width: number, height: number, detail: string) =>
      `This model sees the whole picture once, at ${format.size(width, height)} pixels, ${detail}. It has no crops.`,
    reaching: (count: number, total: number) =>
      `${format.number(count)} of ${format.number(total)} reach the answer`,
    reaches: 'Reaches the answer',
    reachesNot: 'Does not reach the answer',
    reachesNotWhy:
      'The last step keeps one position of every block, and nothing of this crop is in it. Leaving it out changes the answer by exactly nothing, so it is not computed.',
    base: 'Also the overview that everything is added to',
    name: {
      local: (number: number) => `Local ${number}`,
      global: (number: number) => `Global ${number}`,
    },
    place: {
      local: (row: number, column: number) => `Row ${row}, column ${column} of the picture`,
      whole: 'The whole picture',
      global: (row: number, column: number, n: number) =>
        `Pixel in row ${row}, column ${column} of every ${n} × ${n} block`,
    },
    done: 'encoded',
    pixels: (side: number) => `${side} × ${side} pixels, as the encoder gets them`,
    showInPhoto: 'Show in photo',
    nextCrop: 'Next crop',
    previousCrop: 'Previous crop',
    grid: {
      local: 'Local crops',
      global: 'Global crops',
      hintWhole: 'Arrow keys go along, Enter shows one large.',
      hint: 'Arrow keys go along, Enter shows one large, R looks closer at it.',
    },
  },
  preparation: {
    label: 'Preparation of the photo',
    queued: 'Waiting to start',
    decode: 'Reading the photo',
    preprocess: 'Padding and resizing',
    encode: (done: number, total: number) =>
      `Looking at crop ${format.number(Math.min(done + 1, total))} of ${format.number(total)}`,
    encodeWhole: 'Looking at the picture',
    enhance: 'Joining both perspectives',
    project: 'Handing the picture to the language model',
    prefill: 'Reading the picture',
    ready: 'Ready for questions',
    readyFromCache: 'Ready, recognised from before',
    failed: 'Could not be prepared',
    cancelled: 'Not prepared',
    left: (duration: string) => `${duration} left`,
    cancel: 'Stop preparing',
    start: 'Prepare now',
    again: 'Try again',
  },
};
