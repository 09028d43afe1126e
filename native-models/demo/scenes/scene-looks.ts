import type { Rect } from '../../../preload/contract/geometry.ts';
import type { Scene, SceneShape, SceneSign } from './scene.ts';
import { nameOf, placeInScene, uniqueShapes } from './scene-truth.ts';

/** A question about one thing of a scene, its answer, and where the thing is: what an attention map is held against. */
export interface SceneLook {
  readonly kind: 'place' | 'colour' | 'sign';
  readonly question: string;
  readonly answer: string;
  readonly thing: Rect;
}

export function sceneLooks(scene: Scene): SceneLook[] {
  const { shapes, signs } = scene;
  const [first] = uniqueShapes(scene);
  const looks: SceneLook[] = [];
  if (first) {
    const [question, answer] = [
      `Where is the ${nameOf(first)}?`,
      `The ${nameOf(first)} is ${placeInScene(first, scene)}.`,
    ];
    looks.push({ kind: 'place', question, answer, thing: boxOf(first) });
  }
  const only = shapes.find(({ kind }) => shapes.filter((other) => other.kind === kind).length === 1);
  if (only) {
    const [question, answer] = [`What colour is the ${only.kind}?`, `The ${only.kind} is ${only.colour}.`];
    looks.push({ kind: 'colour', question, answer, thing: boxOf(only) });
  }
  const [sign] = signs;
  if (sign) {
    const name = signs.length === 1 ? 'sign' : `${sign.colour} sign`;
    const [question, answer] = [`What does the ${name} say?`, `The ${name} says "${sign.text}".`];
    looks.push({ kind: 'sign', question, answer, thing: boxOf(sign) });
  }
  return looks;
}

/** In pixels of the scene's side. */
export function boxOf(thing: SceneShape | SceneSign): Rect {
  const [width, height] = 'text' in thing ? [thing.w, thing.h] : [2 * thing.r, 2 * thing.r];
  return { x: thing.x - width / 2, y: thing.y - height / 2, width, height };
}
