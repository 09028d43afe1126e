import { clamp, fractalNoise, mix, smoothstep, valueNoise } from '../noise.ts';
import type { Picture } from '../picture.ts';
import { isHangul } from '../placement.ts';
import { seeded } from '../../../random.ts';
import { colour, paint } from '../raster.ts';
import type { Raster } from '../raster.ts';
import { label, xml } from '../xml.ts';
import { note } from './pantry-extras.ts';
import { shelves } from './pantry-goods.ts';
import { thingDefs } from './pantry-things.ts';

const WIDTH = 2400;
const HEIGHT = 1600;
/** Upper edge of each board's front. */
const BOARDS = [512, 1030, 1546] as const;
const FRONT = 50;
/** Height of a board's top as we see it, from slightly above. */
const TOP = 24;

const DARK = colour('#5a3518');
const WOOD = colour('#a36c3b');
const LIGHT = colour('#cf9a5f');

function wall(): Raster {
  const plaster = fractalNoise('pantry/plaster', 6);
  const fibre = fractalNoise('pantry/fibre', 5);
  const streak = valueNoise('pantry/streak');
  const woodAt = (x: number, y: number, board: number) => {
    const wander = 9 * fibre(x / 420, board * 7 + y / 90);
    const rings = 0.5 + 0.5 * Math.sin((y + wander * 3 + board * 40) / 4.5 + 5 * fibre(x / 900, board * 3));
    const grain =
      0.5 * rings +
      0.3 * (0.5 + 0.5 * streak(x / 60, (y + wander) / 1.4)) +
      0.2 * (0.5 + 0.5 * fibre(x / 25, y / 6));
    return grain < 0.5
      ? DARK.map((c, i) => mix(c, WOOD[i]!, grain * 2))
      : WOOD.map((c, i) => mix(c, LIGHT[i]!, grain * 2 - 1));
  };
  return paint(WIDTH, HEIGHT, (x, y) => {
    const lamp = 1.16 - 0.5 * clamp(Math.hypot((x - 820) / 1900, (y - 320) / 1500));
    const board = BOARDS.findIndex((edge) => y >= edge - TOP && y < edge + FRONT);
    if (board >= 0) {
      const into = y - BOARDS[board]!;
      const light =
        into < 0 ? 0.72 + 0.25 * smoothstep(-TOP, 0, into) : 1.05 - 0.4 * smoothstep(4, FRONT, into);
      const edge = Math.abs(into) < 2 ? 1.22 : 1;
      return woodAt(x, y, board).map((c) => c * light * edge * lamp);
    }
    const above = Math.max(...BOARDS.map((edge) => (y >= edge + FRONT ? edge + FRONT : -1)));
    const below = BOARDS.find((edge) => edge > y) ?? HEIGHT;
    const shadow = above < 0 ? 0.9 : 0.36 + 0.64 * smoothstep(0, 150, y - above);
    const corner = 0.72 + 0.28 * smoothstep(0, 60, below - TOP - y);
    const relief = plaster(x / 46, y / 46) - plaster((x - 3) / 46, (y - 3) / 46);
    const tone = (1 + 0.1 * plaster(x / 260, y / 260) + 0.5 * relief) * shadow * corner * lamp;
    return [74 * tone, 104 * tone, 98 * tone];
  });
}

/** The things of one shelf, spread over its width with uneven gaps; books stand together. */
function row(index: number): { shadows: string; things: string } {
  const random = seeded(`pantry/${index}`);
  const things = shelves[index]!(random);
  const gaps = things.map(({ leans }, i) =>
    i === 0 || (leans && things[i - 1]!.leans) ? 0 : random.between(0.6, 1.5),
  );
  const free = WIDTH - 110 - things.reduce((sum, { width }) => sum + width, 0);
  const unit = free / gaps.reduce((sum, gap) => sum + gap, 0);
  const y = BOARDS[index]! - 9;
  let x = 55;
  const placed = things.map(({ width, body, outline }, i) => {
    x += gaps[i]! * unit;
    const at = xml`transform="translate(${x + width / 2} ${y})"`;
    x += width;
    return { shadow: xml`<path ${at} d="${outline}"/>`, thing: xml`<g ${at}>${body}</g>` };
  });
  return {
    shadows: placed.map(({ shadow }) => shadow).join(''),
    things: placed.map(({ thing }) => thing).join(''),
  };
}

const EDGE_CARDS = [
  { x: 420, board: 0, text: 'A · Tinctures & cordials' },
  { x: 1780, board: 0, text: 'A · 청과 차' },
  { x: 620, board: 1, text: 'B · Dry goods, by the scoop' },
  { x: 1720, board: 1, text: 'B · 곡물과 향신료' },
  { x: 330, board: 2, text: 'C · Please put books back' },
  { x: 1900, board: 2, text: 'C · Sweet & stimulating' },
] as const;

function edgeCards(): string {
  return EDGE_CARDS.map(({ x, board, text }) => {
    const y = BOARDS[board] + 9;
    const korean = isHangul(text);
    const width = korean ? 230 : 330;
    return xml`<rect x="${x - width / 2 - 7}" y="${y - 5}" width="${width + 14}" height="43" rx="5" fill="url(#brass)"/><rect x="${x - width / 2}" y="${y}" width="${width}" height="33" fill="#f4ead2"/>${label(x, y + 25, text, { size: 24, font: korean ? 'Noto Serif CJK KR' : 'EB Garamond', fill: '#2f2620', anchor: 'middle' })}`;
  }).join('');
}

export const pantryShelf: Picture = {
  id: 'pantry-shelf',
  title: { en: 'Pantry shelf', ko: '양념 선반' },
  width: WIDTH,
  height: HEIGHT,
  questions: [
    {
      en: 'Which grade are the cinnamon quills?',
      ko: '계피의 등급은 무엇인가요?',
      answer: 'C5',
      at: 'quills, grade C5',
    },
    {
      en: 'How many buttons are in the jar?',
      ko: '병 안에 단추가 몇 개 들어 있나요?',
      answer: '214',
      at: '214 pieces',
    },
    {
      en: 'How many lemons are on the shopping list?',
      ko: '장보기 목록에 레몬이 몇 개 적혀 있나요?',
      answer: '3',
      at: '3 lemons',
    },
  ],
  draw() {
    const rows = BOARDS.map((_, index) => row(index));
    const body = xml`${thingDefs}<defs><filter id="cast" x="-0.1" y="-0.2" width="1.2" height="1.4"><feGaussianBlur stdDeviation="16"/></filter>
      <radialGradient id="room" cx="0.35" cy="0.25" r="0.95"><stop offset="0.35" stop-color="#fff"/><stop offset="1" stop-color="#8f765a"/></radialGradient></defs>
      <image href="layer:wall" width="${WIDTH}" height="${HEIGHT}"/>
      ${rows.map(({ shadows }, i) => xml`<g transform="translate(34 4)" filter="url(#cast)" opacity="0.5" fill="#06100e" clip-path="inset(0 0 ${HEIGHT - BOARDS[i]!}px 0)">${shadows}</g>`)}
      ${note(624, 18)}${edgeCards()}${[2, 1, 0].map((i) => rows[i]!.things)}
      <rect width="${WIDTH}" height="${HEIGHT}" fill="url(#room)" style="mix-blend-mode:multiply" pointer-events="none"/>`;
    return { body, layers: { wall } };
  },
};
