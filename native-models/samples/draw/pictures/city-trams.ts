import type { Point } from '../xml.ts';
import { bent, bentLine, fromWater } from './city-ground.ts';
import type { Bridge } from './city-ground.ts';
import type { Street } from './city-plan.ts';

interface Link {
  readonly to: Node;
  readonly line: readonly Point[];
  cost: number;
}

interface Node {
  readonly place: Point;
  readonly links: Link[];
}

/** How much dearer a street is for a second line. */
const SHARED = 8;
const COST = { avenue: 1, street: 1.7, lane: 6 } as const;

/** Crossings joined by the pieces of street between them that stay on land or on a bridge. */
function network(streets: readonly Street[], bridges: readonly Bridge[]): Node[] {
  const nodes = new Map<string, Node>();
  const nodeAt = (plan: Point): Node => {
    const name = plan.map((value) => value.toFixed(1)).join(' ');
    const node = nodes.get(name) ?? { place: bent(plan), links: [] };
    nodes.set(name, node);
    return node;
  };
  streets.forEach(({ from, to, joints, rank }, id) => {
    const at = (t: number): Point => [from[0] + (to[0] - from[0]) * t, from[1] + (to[1] - from[1]) * t];
    const stops = joints.map((joint) => joint.at).sort((a, b) => a - b);
    const dry = bridges.some((bridge) => bridge.street === id);
    for (let i = 0; i < stops.length - 1; i++) {
      const [a, b] = [at(stops[i]!), at(stops[i + 1]!)];
      const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
      const line = bentLine(a, b);
      if (length < 1 || (!dry && line.some((point) => fromWater(point) < 18))) continue;
      const [one, two] = [nodeAt(a), nodeAt(b)];
      one.links.push({ to: two, cost: length * COST[rank], line });
      two.links.push({ to: one, cost: length * COST[rank], line: [...line].reverse() });
    }
  });
  return [...nodes.values()];
}

function cheapest(from: Node, to: Node): Point[] {
  const cost = new Map<Node, number>([[from, 0]]);
  const back = new Map<Node, { node: Node; link: Link }>();
  const open = new Set([from]);
  while (open.size > 0) {
    const node = [...open].reduce((best, other) => (cost.get(other)! < cost.get(best)! ? other : best));
    if (node === to) break;
    open.delete(node);
    for (const link of node.links) {
      const total = cost.get(node)! + link.cost;
      if (total >= (cost.get(link.to) ?? Infinity)) continue;
      cost.set(link.to, total);
      back.set(link.to, { node, link });
      open.add(link.to);
    }
  }
  const path: Point[] = [];
  for (let step = back.get(to); step; step = back.get(step.node)) {
    const { node, link } = step;
    path.unshift(...link.line);
    for (const used of [link, link.to.links.find((other) => other.to === node)!]) used.cost *= SHARED;
  }
  return path;
}

/** The way of one line, near each of the given places. What it runs on becomes dear to the lines after it. */
function route(nodes: readonly Node[], through: readonly Point[]): Point[] {
  const stops = through.map(([x, y]) =>
    nodes.reduce((best, node) =>
      Math.hypot(node.place[0] - x, node.place[1] - y) < Math.hypot(best.place[0] - x, best.place[1] - y)
        ? node
        : best,
    ),
  );
  return stops.slice(1).flatMap((stop, i) => cheapest(stops[i]!, stop));
}

/** The ways of the tram lines through the city: by avenues where they can, each on streets of its own where it can. */
export function routes(
  streets: readonly Street[],
  bridges: readonly Bridge[],
  lines: readonly (readonly Point[])[],
): (readonly Point[])[] {
  const nodes = network(streets, bridges).filter(({ links }) => links.length > 1);
  return lines.map((through) => route(nodes, through));
}
