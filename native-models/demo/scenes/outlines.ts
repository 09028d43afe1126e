import type { SceneShape } from './scene.ts';

/** Outlines of the shapes in the unit circle that holds them: signed distances, negative inside. */

type Corner = readonly [x: number, y: number];
export type DistanceTo = (x: number, y: number) => number;

/** Radius of a ring's hole. */
const ringHole = 0.55;
/** Inner radius of a star, half the width of a cross's arms, and their reach. */
const [starWaist, crossArm, crossReach] = [0.42, 0.32, 0.94];
const heartCorners = 96;

export const outlines: Readonly<Record<SceneShape['kind'], DistanceTo>> = {
  circle: (x, y) => Math.hypot(x, y) - 1,
  ring: (x, y) => {
    const distance = Math.hypot(x, y);
    return Math.max(distance - 1, ringHole - distance);
  },
  square: polygon(regular(4, Math.PI / 4)),
  triangle: polygon(regular(3)),
  star: polygon(
    regular(10).map(([x, y], index): Corner => (index % 2 === 0 ? [x, y] : [x * starWaist, y * starWaist])),
  ),
  diamond: polygon([
    [0, -1],
    [0.66, 0],
    [0, 1],
    [-0.66, 0],
  ]),
  hexagon: polygon(regular(6, 0)),
  cross: polygon(cross(crossArm, crossReach)),
  heart: polygon(heart(heartCorners)),
};

/** Corners on the unit circle, the first one at the top. */
function regular(corners: number, start = -Math.PI / 2): Corner[] {
  return Array.from({ length: corners }, (_, index): Corner => {
    const angle = start + (index * 2 * Math.PI) / corners;
    return [Math.cos(angle), Math.sin(angle)];
  });
}

function cross(arm: number, reach: number): Corner[] {
  return [
    [arm, arm],
    [arm, reach],
    [-arm, reach],
    [-arm, arm],
    [-reach, arm],
    [-reach, -arm],
    [-arm, -arm],
    [-arm, -reach],
    [arm, -reach],
    [arm, -arm],
    [reach, -arm],
    [reach, arm],
  ];
}

function heart(corners: number): Corner[] {
  return Array.from({ length: corners }, (_, index): Corner => {
    const t = (index * 2 * Math.PI) / corners;
    const y = 13 * Math.cos(t) - 5 * Math.cos(2 * t) - 2 * Math.cos(3 * t) - Math.cos(4 * t);
    return [Math.sin(t) ** 3, -y / 17 - 0.05];
  });
}

function polygon(points: readonly Corner[]): DistanceTo {
  const edges = points.map((from, index) => {
    const to = points[(index + 1) % points.length]!;
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    return { x: from[0], y: from[1], dx, dy, square: dx * dx + dy * dy };
  });
  return (x, y) => {
    let least = Infinity;
    let isInside = false;
    for (const edge of edges) {
      const px = x - edge.x;
      const py = y - edge.y;
      const along = Math.min(1, Math.max(0, (px * edge.dx + py * edge.dy) / edge.square));
      const ox = px - along * edge.dx;
      const oy = py - along * edge.dy;
      least = Math.min(least, ox * ox + oy * oy);
      // A ray to the right crosses the outline an odd number of times from inside.
      if (py < 0 !== py - edge.dy < 0 && px < (py * edge.dx) / edge.dy) isInside = !isInside;
    }
    return isInside ? -Math.sqrt(least) : Math.sqrt(least);
  };
}
