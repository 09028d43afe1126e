import type { Picture } from '../picture.ts';
import { seeded } from '../../../random.ts';
import { label, xml } from '../xml.ts';
import { fern, leafDefs, palmateLeaf, pinnateLeaf, simpleLeaf } from './plate-leaves.ts';
import type { Leaf } from './plate-leaves.ts';
import { moth } from './plate-moths.ts';
import type { Moth } from './plate-moths.ts';

const WIDTH = 2100;
const HEIGHT = 1680;
const SERIF = 'EB Garamond';
const HANGUL = 'Noto Serif CJK KR';
const INK = '#3a3024';
const RUST = '#8a3f24';

const ovate: Leaf = {
  length: 350,
  half: 116,
  widest: 0.4,
  teeth: 22,
  depth: 0.1,
  veins: 9,
  bend: 10,
  tones: ['#9db36a', '#56753d'],
  stalk: 76,
};
const lance: Leaf = {
  length: 360,
  half: 44,
  widest: 0.45,
  teeth: 0,
  depth: 0,
  veins: 15,
  bend: -16,
  tones: ['#a9b98a', '#5f7b5a'],
  stalk: 70,
};
const maple: Leaf = {
  length: 226,
  half: 56,
  widest: 0.52,
  teeth: 7,
  depth: 0.36,
  veins: 6,
  bend: 0,
  tones: ['#d9963f', '#a8432a'],
  stalk: 0,
};
const leaflet: Leaf = {
  length: 168,
  half: 36,
  widest: 0.42,
  teeth: 16,
  depth: 0.12,
  veins: 7,
  bend: 0,
  tones: ['#8fae70', '#4a7048'],
  stalk: 0,
};

const lantern: Moth = {
  span: 800,
  fore: '#d8b98c',
  hind: '#e0a870',
  band: '#a8623a',
  edge: '#5a3324',
  spot: '#f0d9a8',
  body: '#7a4a30',
  tail: 0.34,
  eyes: [0.085, 0.1],
  bands: 4,
};
const tide: Moth = {
  span: 310,
  fore: '#8fa9b5',
  hind: '#b7c6c4',
  band: '#4d6d80',
  edge: '#2c4252',
  spot: '#e6e9dc',
  body: '#54616a',
  tail: 0,
  eyes: [0, 0.09],
  bands: 4,
};
const ember: Moth = {
  span: 280,
  fore: '#c9472f',
  hind: '#e8a33c',
  band: '#5e1f1c',
  edge: '#33160f',
  spot: '#f3d58a',
  body: '#42201a',
  tail: 0,
  eyes: [0.07, 0],
  bands: 2,
};
const moss: Moth = {
  span: 300,
  fore: '#93a56b',
  hind: '#c9cba0',
  band: '#566b3c',
  edge: '#39482a',
  spot: '#eef0d2',
  body: '#6a6f45',
  tail: 0.26,
  eyes: [0.06, 0.06],
  bands: 4,
};
const ash: Moth = {
  span: 240,
  fore: '#b9b2a6',
  hind: '#d6cfc0',
  band: '#6f675c',
  edge: '#3f3a34',
  spot: '#f5f0e4',
  body: '#7d756a',
  tail: 0,
  eyes: [0, 0],
  bands: 6,
};

interface Caption {
  readonly figure: number;
  readonly latin: string;
  readonly name: string;
  readonly note: string;
  readonly korean?: string;
}

/** Figure number and names under a drawing, centred at (x, y). */
function caption(x: number, y: number, { figure, latin, name, note, korean }: Caption): string {
  const middle = { font: SERIF, fill: INK, anchor: 'middle' } as const;
  return xml`${label(x, y, `${figure}. ${latin}`, { ...middle, size: 27, italic: true })}${label(x, y + 30, name, { ...middle, size: 25, fill: RUST })}${korean ? label(x, y + 61, korean, { ...middle, size: 22, font: HANGUL }) : ''}${label(x, y + (korean ? 89 : 58), note, { ...middle, size: 21 })}`;
}

/** A short leader from a part of a drawing to its letter. */
function letter(x: number, y: number, toX: number, toY: number, text: string): string {
  return xml`<path d="M${x} ${y}L${toX} ${toY}" stroke="${INK}" stroke-width="1.2"/><circle cx="${x}" cy="${y}" r="3" fill="${INK}"/>${label(toX + (toX > x ? 8 : -8), toY + 8, text, { size: 24, font: SERIF, italic: true, fill: INK, anchor: toX > x ? 'start' : 'end' })}`;
}

function scaleBar(x: number, y: number, width: number, text: string): string {
  return xml`<path d="M${x} ${y}H${x + width}M${x} ${y - 7}V${y + 7}M${x + width} ${y - 7}V${y + 7}" stroke="${INK}" stroke-width="2"/>${label(x + width / 2, y - 12, text, { size: 20, font: SERIF, fill: INK, anchor: 'middle' })}`;
}

/** Winged seeds and a seed case, opened. */
function seeds(x: number, y: number): string {
  const key = (dx: number, turn: number) =>
    xml`<g transform="translate(${x + dx} ${y}) rotate(${turn})"><g filter="url(#wash)"><path d="M0 0C30 -30 90 -46 128 -26C132 -6 80 14 0 6Z" fill="#c9a669"/></g><path d="M0 0C30 -30 90 -46 128 -26C132 -6 80 14 0 6ZM10 -4Q70 -30 122 -24M10 -1Q70 -16 120 -16M12 2Q66 -2 108 -6" fill="none" stroke="${INK}" stroke-width="1.1"/><ellipse rx="21" ry="15" fill="#8a5f34" stroke="${INK}" stroke-width="1.3"/></g>`;
  return xml`${key(-10, -18)}<g transform="translate(${x - 10} ${y}) scale(-1 1) translate(${-x + 10} ${-y})">${key(-10, -18)}</g>${key(150, 62)}`;
}

function drawings(): string {
  const random = seeded('field-plate');
  const at = (x: number, y: number, body: string, turn = 0) =>
    xml`<g transform="translate(${x} ${y}) rotate(${turn})">${body}</g>`;
  return xml`
    ${at(318, 888, fern(670, 26, random), -4)}
    ${at(320, 1420, palmateLeaf(5, 46, maple, 'maple'), 3)}
    ${at(1050, 500, moth(lantern, 'lantern', random))}
    ${at(735, 985, moth(tide, 'tide', random))}${at(1050, 1035, moth(ember, 'ember', random))}${at(1372, 970, moth(moss, 'moss', random))}
    ${at(1270, 1378, moth(ash, 'ash', random))}
    ${at(1772, 790, pinnateLeaf(6, 430, leaflet, 'rowan'), 3)}
    ${at(1660, 1418, simpleLeaf(ovate, 'ovate'), -7)}${at(1912, 1418, simpleLeaf(lance, 'lance'), 8)}
    ${seeds(890, 1385)}`;
}

function words(): string {
  const middle = { font: SERIF, fill: INK, anchor: 'middle' } as const;
  return xml`
    ${label(WIDTH / 2, 106, 'Leaves and Moths of the Low Coast', { ...middle, size: 58 })}
    ${label(WIDTH / 2, 152, '저지대 해안의 잎과 나방', { ...middle, size: 29, font: HANGUL, fill: RUST })}
    ${label(84, 100, 'PLATE XII', { ...middle, anchor: 'start', size: 28, spacing: 5 })}
    ${label(WIDTH - 84, 100, 'Orrin Herbal, vol. III', { ...middle, anchor: 'end', size: 28, italic: true })}
    ${caption(320, 1008, { figure: 1, latin: 'Pteris undosa', name: 'Wave fern', korean: '물결고사리', note: 'shaded banks, to 90 m' })}
    ${caption(560, 1498, { figure: 2, latin: 'Acer vesperum', name: 'Evening maple', note: 'turns in mid October' })}
    ${caption(1050, 792, { figure: 3, latin: 'Phalaena laternae', name: 'Great lantern moth', note: 'female, Orrin Head, 12 June', korean: '큰등불나방' })}
    ${caption(735, 1108, { figure: 4, latin: 'Tinea marina', name: 'Tide moth', note: 'flies at low water' })}
    ${caption(1050, 1154, { figure: 5, latin: 'Noctua favilla', name: 'Ember wing', note: 'two broods, May and August' })}
    ${caption(1372, 1120, { figure: 6, latin: 'Bombyx muscosa', name: 'Moss silk', note: 'cocoon under oak bark' })}
    ${caption(890, 1500, { figure: 7, latin: 'Acer vesperum', name: 'keys of fig. 2', note: 'spin 14 turns a second' })}
    ${caption(1270, 1500, { figure: 8, latin: 'Geometra cinis', name: 'Ash carpet', note: 'rests on slate; not on chalk' })}
    ${caption(1772, 900, { figure: 9, latin: 'Sorbus litoralis', name: 'Shore rowan', note: 'eleven leaflets, never nine', korean: '바닷가마가목' })}
    ${caption(1660, 1522, { figure: 10, latin: 'Alnus tarda', name: 'Late alder', note: '22 teeth a side' })}
    ${caption(1912, 1522, { figure: 11, latin: 'Salix ilvae', name: 'Ilv willow', note: 'underside silver' })}
    ${letter(1300, 360, 1480, 300, 'a, closed by day')}${letter(1190, 582, 1420, 660, 'b, tail 31 mm')}${letter(1100, 404, 1130, 262, 'c, plumed feelers')}
    ${letter(372, 440, 470, 310, 'd, spores in June')}
    ${scaleBar(600, 700, 150, '3 cm')}${scaleBar(1560, 800, 90, '5 cm')}
    ${label(84, HEIGHT - 40, 'S. Ilvane del. ad nat., 1911', { size: 20, font: SERIF, italic: true, fill: INK })}
    ${label(WIDTH - 84, HEIGHT - 40, 'Coble & Daughters lith., stone 38', { size: 20, font: SERIF, italic: true, fill: INK, anchor: 'end' })}`;
}

const paper = xml`<defs><filter id="aged" x="0" y="0" width="1" height="1"><feTurbulence type="fractalNoise" baseFrequency="0.004 0.005" numOctaves="6" seed="21"/><feColorMatrix type="matrix" values="0 0 0 0 0.55 0 0 0 0 0.38 0 0 0 0 0.16 0 0 0 1 -0.4"/></filter>
  <filter id="tooth" x="0" y="0" width="1" height="1"><feTurbulence type="fractalNoise" baseFrequency="0.6" numOctaves="2" seed="2"/><feColorMatrix type="matrix" values="0 0 0 0 0.3 0 0 0 0 0.22 0 0 0 0 0.1 0 0 0 0.32 -0.1"/></filter>
  <radialGradient id="tan" r="0.75"><stop offset="0.55" stop-color="#a9793a" stop-opacity="0"/><stop offset="1" stop-color="#8f5f24" stop-opacity="0.35"/></radialGradient></defs>
  <rect width="${WIDTH}" height="${HEIGHT}" fill="#f3e8cf"/><rect width="${WIDTH}" height="${HEIGHT}" filter="url(#aged)" opacity="0.55"/><rect width="${WIDTH}" height="${HEIGHT}" filter="url(#tooth)"/><rect width="${WIDTH}" height="${HEIGHT}" fill="url(#tan)"/>
  <rect x="44" y="44" width="${WIDTH - 88}" height="${HEIGHT - 118}" fill="none" stroke="${INK}" stroke-width="2.4"/><rect x="53" y="53" width="${WIDTH - 106}" height="${HEIGHT - 136}" fill="none" stroke="${INK}" stroke-width="0.9"/>`;

export const fieldPlate: Picture = {
  id: 'field-plate',
  title: { en: 'Field guide plate', ko: '식물 도감' },
  width: WIDTH,
  height: HEIGHT,
  questions: [
    {
      en: 'How long is the tail of the great lantern moth?',
      ko: '큰등불나방의 꼬리는 얼마나 긴가요?',
      answer: '31 mm',
      at: 'b, tail 31 mm',
    },
    {
      en: 'In which months does the ember wing breed?',
      ko: '5번 나방(Ember wing)은 몇 월에 새끼를 치나요?',
      answer: 'May and August',
      at: 'two broods, May and August',
    },
    {
      en: 'How many leaflets does the shore rowan have?',
      ko: '바닷가마가목의 작은잎은 몇 장인가요?',
      answer: 'eleven',
      at: 'eleven leaflets, never nine',
    },
  ],
  draw() {
    return { body: xml`${leafDefs}${paper}<g style="mix-blend-mode:multiply">${drawings()}</g>${words()}` };
  },
};
