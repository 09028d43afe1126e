import { label, together, xml } from '../xml.ts';
import { places, tramLines } from './city-names.ts';

const FONT = 'Cabin';
const INK = '#3d362f';

export const KEY_AREA = { x: 1772, y: 1130, width: 574, height: 616 } as const;

/** The panel with the title, the tram lines, the numbered places and the scale. */
export function key(): string {
  const { x, y, width, height } = KEY_AREA;
  const left = x + 34;
  const rule = (at: number) =>
    xml`<path d="M${left} ${y + at}H${x + width - 34}" stroke="${INK}" stroke-width="1.2" opacity="0.5"/>`;
  const lines = tramLines.map(({ number, colour, ends }, i) => {
    const at = y + 202 + i * 36;
    return xml`<rect x="${left}" y="${at - 21}" width="27" height="27" rx="6" fill="${colour}"/>${label(left + 13.5, at, number, { size: 20, font: FONT, weight: 700, fill: '#fff', anchor: 'middle' })}${label(left + 42, at, ends, { size: 22, font: FONT, weight: 500, fill: INK })}`;
  });
  const named = places.map(({ name }, i) => {
    const [column, row] = [i < 6 ? 0 : 1, i % 6];
    const [px, py] = [left + column * 250, y + 336 + row * 33];
    const digits = { size: 21.5, font: FONT, weight: 700, fill: '#fff', anchor: 'middle' } as const;
    const number = label(px + 13, py, String(i + 1), digits);
    const words = label(px + 37, py, name, { size: 22, font: FONT, weight: 500, fill: INK });
    return xml`<circle cx="${px + 13}" cy="${py - 7.5}" r="14.5" fill="#3d3a55"/>${together(`${i + 1} ${name}`, [number, words])}`;
  });
  const scale = [0, 1, 2, 3].map(
    (i) =>
      xml`<rect x="${left + i * 62}" y="${y + 552}" width="62" height="9" fill="${i % 2 ? '#fff' : INK}" stroke="${INK}" stroke-width="1.5"/>`,
  );
  const [nx, ny] = [x + width - 84, y + 236];
  const north = xml`<circle cx="${nx}" cy="${ny}" r="31" fill="none" stroke="${INK}" stroke-width="1.5"/><path d="M${nx} ${ny - 44}L${nx + 12} ${ny + 26}L${nx} ${ny + 14}L${nx - 12} ${ny + 26}Z" fill="${INK}"/><path d="M${nx} ${ny - 44}L${nx} ${ny + 14}L${nx - 12} ${ny + 26}Z" fill="#fbf8f1" stroke="${INK}" stroke-width="1.5"/>${label(nx + 26, ny - 30, 'N', { size: 20, font: FONT, weight: 700, fill: INK, anchor: 'middle' })}`;
  const small = { size: 15, font: FONT, fill: INK } as const;
  return xml`<rect x="${x + 6}" y="${y + 8}" width="${width}" height="${height}" fill="#4a4038" opacity="0.18"/>
    <rect x="${x}" y="${y}" width="${width}" height="${height}" fill="#fbf8f1" stroke="${INK}" stroke-width="2.5"/>
    <rect x="${x + 9}" y="${y + 9}" width="${width - 18}" height="${height - 18}" fill="none" stroke="${INK}" stroke-width="1"/>
    ${label(left, y + 88, 'PORT MAREN', { size: 64, font: 'League Spartan', weight: 700, fill: INK, spacing: 2 })}
    ${label(left + 2, y + 134, '마렌 항 시가 지도', { size: 29, font: 'Noto Sans CJK KR', weight: 500, fill: '#a2503f' })}
    ${label(x + width - 34, y + 134, 'City & trams', { size: 26, font: FONT, italic: true, fill: '#a2503f', anchor: 'end' })}
    ${rule(158)}${lines}${north}${rule(298)}${named}${rule(522)}${scale}
    ${label(left, y + 582, '0', small)}${label(left + 248, y + 582, '500 m', { ...small, anchor: 'middle' })}
    ${label(x + width - 34, y + 560, 'Fourth edition, surveyed 2019', { ...small, anchor: 'end' })}
    ${label(x + width - 34, y + 582, 'Harrow & Ilvane, Chart Row 27', { ...small, anchor: 'end' })}`;
}
