import { existsSync } from 'node:fs';

const places = [
  process.env['INF_LLAVA_BROWSER'],
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

/** A browser of the Chromium family on this machine; null where there is none. */
export const findChromium = () => places.find((place) => place !== undefined && existsSync(place)) ?? null;
