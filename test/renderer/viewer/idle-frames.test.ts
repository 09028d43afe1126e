import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { IdleFrames } from '../../../renderer/views/viewer/idle-frames.ts';

const sixtySecondsOfFrames = 3600;
let queue: FrameRequestCallback[] = [];

beforeEach(() => {
  queue = [];
  vi.stubGlobal('requestAnimationFrame', (callback: FrameRequestCallback) => queue.push(callback));
});
afterEach(() => void vi.unstubAllGlobals());

/** A viewer that asks for the next frame in every frame, as long as frames come. */
function run(frames: IdleFrames): { readonly drawn: number } {
  let drawn = 0;
  const draw = () => {
    drawn++;
    frames.request(draw);
  };
  frames.request(draw);
  for (let frame = 0; frame < sixtySecondsOfFrames && queue.length > 0; frame++) queue.shift()!(frame);
  return {
    get drawn() {
      return drawn;
    },
  };
}

test('over a photo that nobody moves, frames stop within a second', () => {
  expect(run(new IdleFrames(() => true)).drawn).toBeLessThan(60);
});

test('frames go on as long as something moves or loads', () => {
  expect(run(new IdleFrames(() => false)).drawn).toBe(sixtySecondsOfFrames);
});

test('a touch goes on where the frames stopped', () => {
  const frames = new IdleFrames(() => true);
  const viewer = run(frames);
  const before = viewer.drawn;
  frames.wake();
  expect(queue).toHaveLength(1);
  queue.shift()!(0);
  expect(viewer.drawn).toBe(before + 1);
});

test('a viewer that is gone is not drawn again', () => {
  const frames = new IdleFrames(() => true);
  run(frames);
  frames.dispose();
  frames.wake();
  expect(queue).toEqual([]);
});
