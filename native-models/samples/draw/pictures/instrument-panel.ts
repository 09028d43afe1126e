import { clamp, fractalNoise, smoothstep, valueNoise } from '../noise.ts';
import type { Picture } from '../picture.ts';
import { seeded } from '../../../random.ts';
import { paint } from '../raster.ts';
import type { Raster } from '../raster.ts';
import { label, polyline, xml } from '../xml.ts';
import type { Point } from '../xml.ts';
import { INK, PAPER, counter, dial, lamp, partDefs, plate, screw, toggle } from './panel-parts.ts';

const WIDTH = 2400;
const HEIGHT = 1200;
const GOTHIC = 'Routed Gothic';

/** Hammered enamel under a lamp at the upper left, with a few scratches. */
function enamel(): Raster {
  const hammer = fractalNoise('panel/hammer', 2);
  const stain = fractalNoise('panel/stain', 5);
  const scratch = valueNoise('panel/scratch');
  return paint(WIDTH, HEIGHT, (x, y) => {
    const bump = (dx: number, dy: number) => smoothstep(-0.35, 0.45, hammer((x + dx) / 10, (y + dy) / 10));
    const slope = bump(1.6, 1.6) - bump(-1.6, -1.6);
    const lampLight = 1.25 - 0.72 * clamp(Math.hypot((x - 760) / 1900, (y - 120) / 1250));
    const worn = smoothstep(0.3, 0.7, stain(x / 330, y / 330));
    const nick = smoothstep(0.9, 0.96, scratch(x / 2.2 + y / 9, y / 260)) * worn;
    const light = lampLight * (1 - 0.26 * slope) * (1 - 0.16 * worn);
    return [54 * light + 70 * nick, 80 * light + 66 * nick, 76 * light + 58 * nick].map(
      (c) => c + 3 * stain(x / 3, y / 3),
    );
  });
}

/** A strip of chart paper with the tide of the last two days on it. */
function recorder(x: number, y: number): string {
  const [width, height] = [644, 372];
  const trace: Point[] = Array.from({ length: 140 }, (_, i) => {
    const t = i / 139;
    const tide = Math.sin(t * 22.6 + 0.8) * (0.62 + 0.3 * Math.sin(t * 3.1)) + 0.05 * Math.sin(t * 190);
    return [x + 44 + t * (width - 96), y + 180 - tide * 92];
  });
  const rows = [0, 1, 2, 3, 4, 5, 6].map((metre) => {
    const at = y + 290 - metre * 37;
    return xml`<path d="M${x + 40} ${at}H${x + width - 16}" stroke="#b0685a" stroke-width="${metre % 3 ? 0.7 : 1.4}"/>${label(x + 31, at + 7, String(metre), { size: 20, font: GOTHIC, fill: INK, anchor: 'end' })}`;
  });
  const columns = Array.from({ length: 25 }, (_, i) => {
    const at = x + 44 + (i * (width - 60)) / 24;
    const hour = (i * 2) % 24;
    const mark =
      i % 6 === 0 && i < 24
        ? label(at + 4, y + 322, `${String(hour).padStart(2, '0')}:00`, { size: 20, font: GOTHIC, fill: INK })
        : '';
    return xml`<path d="M${at} ${y + 66}V${y + 296}" stroke="#b0685a" stroke-width="${i % 6 ? 0.5 : 1.4}"/>${mark}`;
  });
  const [penX, penY] = trace.at(-1)!;
  return xml`<rect x="${x - 26}" y="${y - 22}" width="${width + 52}" height="${height + 46}" rx="16" fill="#000" opacity="0.5" filter="url(#under)"/><rect x="${x - 28}" y="${y - 28}" width="${width + 56}" height="${height + 52}" rx="16" fill="url(#brass-a)"/><rect x="${x - 8}" y="${y - 8}" width="${width + 16}" height="${height + 12}" fill="#101315"/><rect x="${x}" y="${y}" width="${width}" height="${height - 4}" fill="${PAPER}"/><rect x="${x}" y="${y}" width="${width}" height="${height - 4}" filter="url(#worn)" opacity="0.5"/>
    ${rows}${columns}<path d="${polyline(trace)}" fill="none" stroke="#1f3f78" stroke-width="2.8" stroke-linejoin="round"/><g pointer-events="none"><path d="M${penX} ${penY}L${x + width - 6} ${y + 40}" stroke="#000" stroke-opacity="0.35" stroke-width="6" transform="translate(6 8)" filter="url(#hair)"/><path d="M${penX} ${penY}L${x + width - 6} ${y + 40}" stroke="url(#nickel)" stroke-width="5"/><circle cx="${penX}" cy="${penY}" r="5" fill="#1f3f78"/></g>
    ${label(x + 22, y + 40, 'TIDE, metres', { size: 26, font: GOTHIC, fill: INK })}${label(x + 290, y + 40, '11 June, high 5.1 at 16:20', { size: 25, font: 'Dancing Script', weight: 600, fill: '#1f3563' })}${label(x + width / 2, y + 352, 'chart 22-B, change every second noon', { size: 16, font: GOTHIC, fill: '#6b5a3c', anchor: 'middle' })}
    <path d="M${x} ${y}H${x + width * 0.55}L${x + width * 0.34} ${y + height - 4}H${x}Z" fill="#fff" opacity="0.08" pointer-events="none"/>`;
}

function dials(): string {
  const wide = { start: -135, end: 135 } as const;
  const list = [
    dial({
      x: 1166,
      y: 446,
      r: 290,
      title: 'HEIGHT OF TIDE',
      unit: 'metres over datum',
      dark: false,
      scale: { from: 0, to: 6, step: 0.5, parts: 5, ...wide },
      value: 3.42,
      zone: [5, 6, '#c2412f'],
      foot: 'Harrow & Coble, No. 0417',
    }),
    dial({
      x: 226,
      y: 262,
      r: 138,
      title: 'AIR',
      unit: 'hPa',
      dark: true,
      scale: { from: 960, to: 1050, step: 15, parts: 5, ...wide },
      value: 1013,
      foot: 'set 2 March',
    }),
    dial({
      x: 596,
      y: 262,
      r: 138,
      title: 'WIND',
      unit: 'knots',
      dark: false,
      scale: { from: 0, to: 60, step: 10, parts: 5, ...wide },
      value: 17,
      zone: [34, 60, '#d98a2b'],
    }),
    dial({
      x: 226,
      y: 656,
      r: 138,
      title: 'SEA',
      unit: '°C',
      dark: false,
      scale: { from: 0, to: 24, step: 4, parts: 4, ...wide },
      value: 11.5,
      zone: [18, 24, '#c2412f'],
    }),
    dial({
      x: 596,
      y: 656,
      r: 138,
      title: 'BOILER',
      unit: 'bar',
      dark: true,
      scale: { from: 0, to: 5, step: 1, parts: 5, ...wide },
      value: 2.6,
      zone: [3.2, 5, '#d8492f'],
    }),
    dial({
      x: 1652,
      y: 688,
      r: 118,
      title: 'SALT',
      unit: 'g / kg',
      dark: true,
      scale: { from: 20, to: 40, step: 5, parts: 5, ...wide },
      value: 33,
    }),
    dial({
      x: 1944,
      y: 688,
      r: 118,
      title: 'DRIVE',
      unit: 'rpm',
      dark: false,
      scale: { from: 0, to: 80, step: 20, parts: 4, ...wide },
      value: 46,
    }),
    dial({
      x: 2230,
      y: 688,
      r: 118,
      title: 'MAINS',
      unit: 'volts',
      dark: true,
      scale: { from: 0, to: 250, step: 50, parts: 5, ...wide },
      value: 218,
      zone: [200, 230, '#4f9a5a'],
    }),
  ];
  return list.join('');
}

function controls(): string {
  const switches = ['lamps', 'pump 1', 'pump 2', 'valve 6', 'siren', 'heater', 'clock'].map((name, i) =>
    toggle(170 + i * 158, 1056, i + 1, name, [true, true, false, false, false, true, true][i]!),
  );
  return xml`${switches}${counter(1296, 998, '048213', 'HOURS OF SERVICE')}${counter(1646, 998, '17604', 'TIDES COUNTED')}${lamp(1952, 1010, '#5fd07a', true, 'ready')}${lamp(2066, 1010, '#f2b33d', true, 'surge')}${lamp(2180, 1010, '#e5523f', false, 'flood')}${lamp(2294, 1010, '#7fb8e8', false, 'frost')}`;
}

function plates(): string {
  const brass = { ground: 'url(#brass-a)', ink: '#2a1d06', size: 23 };
  const red = { ground: '#a5301f', ink: '#fbeed8', size: 20 };
  const black = { ground: '#17191b', ink: '#efe6cd', size: 21 };
  return xml`${plate(916, 806, 500, 96, ['ORRIN TIDE ENGINE', 'Port Maren, built 1934, serial 0417'], brass)}
    ${plate(84, 868, 700, 62, ['Valve 6 stays shut above 3.2 bar'], red)}
    ${plate(1480, 868, 420, 62, ['3.2 bar 이상에서 6번 밸브 금지'], { ...red, size: 21 })}
    ${plate(1956, 868, 372, 62, ['oil bearings: Mon, Thu'], black)}`;
}

export const instrumentPanel: Picture = {
  id: 'instrument-panel',
  title: { en: 'Instrument panel', ko: '계기판' },
  width: WIDTH,
  height: HEIGHT,
  questions: [
    {
      en: 'Above what pressure must valve 6 stay shut?',
      ko: '6번 밸브는 몇 bar를 넘으면 닫아 두어야 하나요?',
      answer: '3.2 bar',
      at: 'Valve 6 stays shut above 3.2 bar',
    },
    {
      en: 'What is the serial number of the machine?',
      ko: '이 기계의 일련번호는 무엇인가요?',
      answer: '0417',
      at: 'Port Maren, built 1934, serial 0417',
    },
    {
      en: 'When was high tide on 11 June?',
      ko: '6월 11일 만조는 몇 시였나요?',
      answer: '16:20',
      at: '11 June, high 5.1 at 16:20',
    },
  ],
  draw() {
    const random = seeded('instrument-panel');
    const corners = [
      [44, 44],
      [1200, 40],
      [2356, 44],
      [44, 1156],
      [1200, 1160],
      [2356, 1156],
      [34, 470],
      [2366, 520],
    ] as const;
    const screws = corners.map(([x, y]) => screw(x, y, random.whole(0, 180), 15));
    const body = xml`${partDefs}<image href="layer:enamel" width="${WIDTH}" height="${HEIGHT}"/><rect x="14" y="14" width="${WIDTH - 28}" height="${HEIGHT - 28}" rx="22" fill="none" stroke="#fff" stroke-opacity="0.12" stroke-width="3"/><rect x="18" y="18" width="${WIDTH - 36}" height="${HEIGHT - 36}" rx="20" fill="none" stroke="#000" stroke-opacity="0.45" stroke-width="4"/>
      ${screws}${dials()}${recorder(1622, 92)}${plates()}${controls()}`;
    return { body, layers: { enamel } };
  },
};
