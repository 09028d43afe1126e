import type { Filling, Thing } from './pantry-things.ts';
import { book, bottle, jar, tin, weight } from './pantry-things.ts';
import { plant } from './pantry-extras.ts';
import type { Random } from '../../../random.ts';

const lentils: Filling = { shape: 'ball', size: 6.5, tones: ['#d9803f', '#e29150', '#c86f33', '#eba263'] };
const blackBeans: Filling = { shape: 'bean', size: 12, tones: ['#2b2429', '#37303a', '#1f1a1f'] };
const kidneyBeans: Filling = { shape: 'bean', size: 14, tones: ['#7d2b26', '#8f3a31', '#6b211f', '#a04a3c'] };
const chili: Filling = { shape: 'powder', size: 2.6, tones: ['#b3321d', '#c94527', '#9a2614', '#d95b34'] };
const sesame: Filling = { shape: 'bean', size: 5.5, tones: ['#e6d3a6', '#f0e0bb', '#d8c08d'] };
const berries: Filling = { shape: 'ball', size: 9, tones: ['#8d1f2d', '#a52b38', '#761824', '#b93a45'] };
const leaves: Filling = { shape: 'leaf', size: 17, tones: ['#5f7a45', '#6f8a50', '#4f6a3a', '#87995f'] };
const petals: Filling = { shape: 'leaf', size: 13, tones: ['#c98a9a', '#d9a3ae', '#b57486', '#e3bcc0'] };
const cinnamon: Filling = { shape: 'stick', size: 46, tones: ['#8a5430', '#9c6239', '#774526'] };
const anise: Filling = { shape: 'star', size: 19, tones: ['#6b4024', '#7d4d2d', '#5a341c'] };
const pepper: Filling = { shape: 'ball', size: 5.5, tones: ['#3a302a', '#4a3e35', '#2b231e', '#5c4d40'] };

const buttons: Filling = {
  shape: 'ball',
  size: 13,
  tones: ['#c94f3d', '#e3b23c', '#3f7f8c', '#e8dcc0', '#5a6b3a', '#7a4b7c', '#d98a5b'],
};

type Shelf = (random: Random) => readonly Thing[];

/** Tinctures and cordials. */
const top: Shelf = (random) => [
  bottle(
    {
      width: 168,
      height: 388,
      glass: '#7a3d12',
      liquid: '#4a2208',
      level: 0.6,
      stopper: 'cork',
      card: { name: 'Elderbark', note: 'tincture, 1 in 5', fine: '3 March 1987' },
    },
    random,
  ),
  bottle(
    {
      width: 140,
      height: 322,
      glass: '#1f4d8a',
      liquid: '#15335f',
      level: 0.5,
      stopper: 'ball',
      card: { name: 'Salt of Tides', fine: 'No. 41' },
    },
    random,
  ),
  bottle(
    {
      width: 182,
      height: 360,
      glass: '#2f6b45',
      liquid: '#1f4a30',
      level: 0.58,
      stopper: 'cork',
      card: { name: 'Moor Mint', note: 'cordial', fine: 'shake first' },
    },
    random,
  ),
  tin(
    {
      width: 176,
      height: 262,
      colour: '#8c2f2a',
      trim: '#e7c57a',
      card: { name: 'Smoke Tea', note: '훈연 홍차', fine: 'lot 0716 · 80 g' },
    },
    random,
  ),
  bottle(
    {
      width: 132,
      height: 300,
      glass: '#8a5a14',
      liquid: '#5f3a08',
      level: 0.55,
      stopper: 'cork',
      card: { name: 'Quince', note: 'bitters', fine: '12 drops' },
    },
    random,
  ),
  bottle(
    {
      width: 176,
      height: 396,
      glass: '#244f6e',
      liquid: '#183850',
      level: 0.62,
      stopper: 'ball',
      card: { name: 'Lamp Oil', note: 'not for salads', fine: 'one wick: 9 h' },
    },
    random,
  ),
  bottle(
    {
      width: 150,
      height: 340,
      glass: '#b9c9c2',
      liquid: '#b5434a',
      level: 0.56,
      stopper: 'cork',
      card: { name: '오미자청', note: 'five tastes', fine: '9월 18일 담금' },
    },
    random,
  ),
  tin(
    {
      width: 190,
      height: 228,
      colour: '#27505a',
      trim: '#d9c79b',
      card: { name: 'Ship’s Biscuit', fine: '36 pieces' },
    },
    random,
  ),
  bottle(
    {
      width: 160,
      height: 366,
      glass: '#5c2a4f',
      liquid: '#3c1935',
      level: 0.58,
      stopper: 'cork',
      card: { name: 'Sloe & Plum', note: 'third pressing', fine: '1 December' },
    },
    random,
  ),
  bottle(
    {
      width: 134,
      height: 310,
      glass: '#7a3d12',
      liquid: '#4a2208',
      level: 0.48,
      stopper: 'cork',
      card: { name: 'Vanilla', fine: '6 pods, rum' },
    },
    random,
  ),
  plant(random),
  jar(
    {
      width: 150,
      height: 218,
      level: 0.6,
      filling: sesame,
      lid: 'brass',
      card: { name: 'Yeast', fine: 'fed Tuesday' },
    },
    random,
  ),
];

/** Dry goods. */
const middle: Shelf = (random) => [
  jar(
    {
      width: 214,
      height: 356,
      level: 0.74,
      filling: lentils,
      lid: 'cork',
      card: { name: 'Red Lentils', note: 'soak not needed', fine: '1.2 kg · jar 5' },
    },
    random,
  ),
  jar(
    {
      width: 176,
      height: 282,
      level: 0.66,
      filling: chili,
      lid: 'steel',
      card: { name: '고춧가루', note: '아주 매움', fine: '태양초 600 g', hand: true },
    },
    random,
  ),
  jar(
    {
      width: 206,
      height: 376,
      level: 0.76,
      filling: kidneyBeans,
      lid: 'brass',
      card: { name: 'Kidney Beans', note: 'boil 10 minutes', fine: '950 g · jar 17' },
    },
    random,
  ),
  jar(
    {
      width: 168,
      height: 256,
      level: 0.7,
      filling: anise,
      lid: 'cork',
      card: { name: 'Star Anise', fine: '85 g · farm 9' },
    },
    random,
  ),
  weight(92, '500 g'),
  weight(70, '200 g'),
  jar(
    {
      width: 206,
      height: 346,
      level: 0.7,
      filling: leaves,
      lid: 'cork',
      card: { name: 'Bay & Sage', note: 'picked in August', fine: 'bundle of 40', hand: true },
    },
    random,
  ),
  jar(
    {
      width: 178,
      height: 300,
      level: 0.72,
      filling: sesame,
      lid: 'steel',
      card: { name: '참깨', note: '볶은 것', fine: '12월 2일까지', hand: true },
    },
    random,
  ),
  jar(
    {
      width: 208,
      height: 374,
      level: 0.78,
      filling: blackBeans,
      lid: 'cork',
      card: { name: 'Black Beans', note: 'for the winter soup', fine: '1.5 kg · jar 22' },
    },
    random,
  ),
  jar(
    {
      width: 160,
      height: 262,
      level: 0.68,
      filling: pepper,
      lid: 'brass',
      card: { name: 'Pepper', note: 'long and round', fine: '120 g · 4 coins' },
    },
    random,
  ),
  jar(
    {
      width: 196,
      height: 330,
      level: 0.66,
      filling: petals,
      lid: 'cork',
      card: { name: 'Rose Petals', note: 'Ilvane Gardens', fine: 'dried 21 June' },
    },
    random,
  ),
];

/** Books, sticks and berries. */
const bottom: Shelf = (random) => [
  book({
    width: 74,
    height: 372,
    cloth: '#5b2326',
    gilt: '#e5c67c',
    title: 'The Salt Roads',
    author: 'Harrow',
    volume: 'I',
  }),
  book({
    width: 66,
    height: 352,
    cloth: '#1f3d4d',
    gilt: '#d9cfae',
    title: 'Tides & Tables',
    author: 'Coble',
    volume: '1911',
  }),
  book({
    width: 88,
    height: 388,
    cloth: '#3c4a2a',
    gilt: '#e8d28c',
    title: 'A Cook by the River',
    author: 'S. Ilvane',
    volume: '4th ed.',
  }),
  book({
    width: 62,
    height: 334,
    cloth: '#6b4a1f',
    gilt: '#f0dca6',
    title: '장독대의 사계',
    author: '윤슬',
    volume: '2판',
  }),
  book({
    width: 80,
    height: 366,
    cloth: '#2c2547',
    gilt: '#cdbb8a',
    title: 'Bread without Haste',
    author: 'O. Venn',
    volume: 'II',
  }),
  jar(
    {
      width: 210,
      height: 330,
      level: 0.72,
      filling: cinnamon,
      lid: 'cork',
      card: { name: 'Cinnamon', note: 'quills, grade C5', fine: '310 g · crate 8' },
    },
    random,
  ),
  tin(
    {
      width: 204,
      height: 276,
      colour: '#b9822b',
      trim: '#3c2410',
      card: { name: 'Kestrel Cocoa', note: '22 % fat', fine: 'two spoons' },
    },
    random,
  ),
  jar(
    {
      width: 184,
      height: 292,
      level: 0.7,
      filling: berries,
      lid: 'steel',
      card: { name: '오미자', note: '다섯 가지 맛', fine: '열매 300 g', hand: true },
    },
    random,
  ),
  jar(
    {
      width: 172,
      height: 262,
      level: 0.7,
      filling: buttons,
      lid: 'brass',
      card: { name: 'Odd Buttons', note: 'no two alike', fine: '214 pieces' },
    },
    random,
  ),
  book({
    width: 70,
    height: 344,
    cloth: '#7a2f1d',
    gilt: '#f0d9a0',
    title: 'Pickles, in Order',
    author: 'M. Lark',
    volume: '212 pp.',
  }),
  book({
    width: 92,
    height: 382,
    cloth: '#22423a',
    gilt: '#e3cf96',
    title: 'Herbal of the Low Coast',
    author: 'Orrin',
    volume: 'III',
  }),
  book({
    width: 64,
    height: 326,
    cloth: '#40352f',
    gilt: '#d8c49a',
    title: 'Knots and Nets',
    author: 'T. Fenrow',
    volume: '1934',
  }),
  bottle(
    {
      width: 178,
      height: 350,
      glass: '#3a5d2a',
      liquid: '#7c7a20',
      level: 0.6,
      stopper: 'cork',
      card: { name: 'Olive Oil', note: 'first cold press', fine: '750 ml · tree 19' },
    },
    random,
  ),
  tin(
    {
      width: 186,
      height: 224,
      colour: '#5a2f55',
      trim: '#e6c9a0',
      card: { name: 'Violet Pastilles', fine: '64 pieces' },
    },
    random,
  ),
  weight(104, '1 kg'),
];

export const shelves: readonly Shelf[] = [top, middle, bottom];
