import { isHangul } from '../placement.ts';
import { label, xml } from '../xml.ts';

/** A vessel whose waterline is y = 0, with its middle at x = 0. */
export interface Vessel {
  readonly id: string;
  readonly x: number;
  readonly waterline: number;
  readonly body: string;
}

const lettering = (text: string) => (isHangul(text) ? 'Noto Sans CJK KR' : 'Cabin');

/** A fishing boat, bow to the right (or to the left when `turned`). */
export function trawler(
  place: Pick<Vessel, 'id' | 'x' | 'waterline'> & { scale: number; turned: boolean },
  paint: { hull: string; trim: string; house: string },
  name: string,
  number: string,
): Vessel {
  const { scale, turned } = place;
  const flip = turned ? -1 : 1;
  const hull = 'M-150 0C-158 -30 -160 -52 -156 -66H40C92 -70 136 -82 172 -100C168 -60 148 -22 130 0Z';
  const rig = xml`<path d="M18 -66V-250M18 -250L-150 -72M18 -250L166 -98M18 -216L112 -150M-118 -66V-170M-118 -170L18 -232" stroke="#141622" stroke-width="3" fill="none"/><path d="M18 -200H-86" stroke="#141622" stroke-width="5"/>`;
  const house = xml`<path d="M-104 -66V-132H-28V-66Z" fill="${paint.house}"/><path d="M-112 -132H-20V-142H-112Z" fill="${paint.trim}"/><path d="M-96 -124h18v22h-18zM-72 -124h18v22h-18zM-50 -124h16v22h-16z" fill="#ffdf9a"/><rect x="-100" y="-128" width="70" height="30" fill="#ffcf7a" opacity="0.45" filter="url(#glow)"/><rect x="-104" y="-132" width="20" height="66" fill="#101426" opacity="0.25"/>`;
  const gear = xml`<path d="M-140 -66q16 -26 34 0z" fill="#33566b"/><path d="M60 -70q22 -34 48 -8z" fill="#7a5a36"/><circle cx="18" cy="-254" r="14" fill="#ff6a4a" opacity="0.6" filter="url(#glow)"/><circle cx="18" cy="-254" r="4" fill="#ffd5c2"/><circle cx="-118" cy="-172" r="12" fill="#fff0c4" opacity="0.7" filter="url(#glow)"/><circle cx="-118" cy="-172" r="3.4" fill="#fff"/><path d="M146 -104v-34l30 8l-30 9" fill="#d8574a" stroke="#141622" stroke-width="2"/>`;
  const skin = xml`<path d="${hull}" fill="${paint.hull}"/><path d="M-158 -52H60C110 -56 146 -68 170 -84" fill="none" stroke="${paint.trim}" stroke-width="6"/><path d="${hull}" fill="url(#hull-shade)"/><path d="M-150 0C-154 -8 -155 -14 -156 -18H140L130 0Z" fill="#5a2f2a"/>`;
  const words = { fill: '#f4ecda', anchor: 'middle', weight: 700 } as const;
  const body = xml`<g transform="scale(${flip * scale} ${scale})">${rig}${house}${skin}${gear}</g>${label(flip * 62 * scale, -31 * scale, name, { ...words, size: 25, font: lettering(name) })}${label(flip * -88 * scale, -30 * scale, number, { ...words, size: 23, font: 'Cabin' })}`;
  return { ...place, body };
}

/** The ferry: three lit decks, a funnel, and its name along the bow. */
export function ferry(place: Pick<Vessel, 'id' | 'x' | 'waterline'>, name: string, port: string): Vessel {
  const deck = (y: number, from: number, to: number, step: number) =>
    Array.from(
      { length: Math.floor((to - from) / step) },
      (_, i) =>
        xml`<rect x="${from + i * step}" y="${y}" width="${step * 0.62}" height="15" rx="2" fill="${i % 7 === 3 ? '#47506e' : '#ffe0a0'}"/>`,
    );
  const decks = [...deck(-122, -292, 236, 22), ...deck(-164, -270, 190, 22), ...deck(-204, -230, 120, 22)];
  const portholes = Array.from(
    { length: 17 },
    (_, i) =>
      xml`<circle cx="${-296 + i * 24}" cy="-66" r="5.5" fill="${i % 5 === 2 ? '#2a3150' : '#ffd489'}"/>`,
  );
  const hull = 'M-330 0C-342 -40 -344 -72 -342 -92H300C330 -96 356 -104 380 -116C370 -70 342 -26 316 0Z';
  const upper = xml`<path d="M-320 -92V-134H268L290 -92Z" fill="#d9d4cf"/><path d="M-300 -134V-176H214L236 -134Z" fill="#cfcac8"/><path d="M-256 -176V-216H146L170 -176Z" fill="#c4c0c2"/><path d="M40 -216V-246H128L142 -216Z" fill="#d9d4cf"/><path d="M48 -240h82v16h-82z" fill="#ffe6b0"/>`;
  const funnel = xml`<path d="M-150 -216L-140 -292H-76L-66 -216Z" fill="#b5483c"/><path d="M-143 -268H-73L-70 -246H-146Z" fill="#f0e6d2"/>${label(-108, -249, '7', { size: 23, font: 'Cabin', weight: 700, fill: '#2a2f4a', anchor: 'middle' })}<path d="M86 -246V-312M60 -290H112M-260 -216V-270" stroke="#2a2f45" stroke-width="4"/>`;
  const boats = [-220, -20].map((x) => xml`<path d="M${x} -178c4 14 60 14 66 0z" fill="#e0763f"/>`);
  const glow = xml`<rect x="-300" y="-210" width="520" height="110" fill="#ffc878" opacity="0.4" filter="url(#glow)"/>`;
  const body = xml`${upper}<path d="M-320 -92V-134H-300V-176H-256V-216H-190V-92Z" fill="#141a38" opacity="0.22"/>${glow}${decks}${boats}${funnel}<path d="${hull}" fill="#23365c"/><path d="M-343 -84H306C336 -88 356 -96 378 -108" fill="none" stroke="#f0e6d2" stroke-width="6"/><path d="${hull}" fill="url(#hull-shade)"/><path d="M-330 0C-334 -12 -336 -20 -338 -26H330L316 0Z" fill="#6e332c"/>${portholes}
    ${label(212, -56, name, { size: 32, font: 'Cabin', weight: 700, fill: '#f4ecda', anchor: 'middle', spacing: 6 })}${label(212, -32, port, { size: 22, font: 'Cabin', weight: 600, fill: '#f4ecda', anchor: 'middle', spacing: 1 })}
    <circle cx="86" cy="-314" r="14" fill="#fff1c9" opacity="0.7" filter="url(#glow)"/><circle cx="86" cy="-314" r="4" fill="#fff"/>`;
  return { ...place, body };
}

/** A rowing boat seen from the side, with its number on the bow. */
export function rowingBoat(
  place: Pick<Vessel, 'id' | 'x' | 'waterline'>,
  hull: string,
  number: string,
): Vessel {
  const body = xml`<path d="M-92 -30C-60 -22 60 -22 96 -36C86 -14 66 2 40 4H-48C-70 2 -86 -14 -92 -30Z" fill="${hull}"/><path d="M-92 -30C-60 -22 60 -22 96 -36" fill="none" stroke="#f0e2c4" stroke-width="5"/><path d="M-92 -30C-60 -22 60 -22 96 -36C86 -14 66 2 40 4H-48C-70 2 -86 -14 -92 -30Z" fill="url(#hull-shade)"/><path d="M-40 -24L40 -58M-36 -22L30 -64" stroke="#8a6a42" stroke-width="4"/>${label(58, -6, number, { size: 23, font: 'Cabin', weight: 700, fill: '#fff4dc', anchor: 'middle' })}`;
  return { ...place, body };
}
