import { expect, test } from 'vitest';
import type { Api } from '../../../preload/contract/api.ts';
import { makeComparison, makeMessage } from '../fake-data.ts';
import { makeStores } from '../test-stores.ts';

const way = { kind: 'all' } as const;

test('of what is asked again only the dialog that asked hears, and what still runs ends with it', async () => {
  const { bridge, stores } = makeStores();
  await stores.start(() => undefined);
  const { again } = stores;
  again.open(makeMessage('m2', { role: 'assistant' }));
  await again.ask([{ packageId: 'a', way }]);
  bridge.emit({ type: 'comparison', comparison: makeComparison('another', 'x', 'y') });
  expect([again.comparison?.id, again.isRunning]).toEqual(['k1', true]);
  again.close();
  expect(bridge.callsOf('stopComparison')).toEqual([{ comparisonId: 'k1' }]);
  expect([again.answer, again.comparison]).toEqual([null, null]);
});

test('what is told before the call that began it has returned is not lost', async () => {
  const { bridge, stores } = makeStores();
  await stores.start(() => undefined);
  const { again } = stores;
  again.open(makeMessage('m2', { role: 'assistant' }));
  const begun = makeComparison('k2', '', '');
  const [side, ...others] = begun.sides;
  const sides = [{ ...side!, state: 'done' as const, text: 'TEA' }, ...others];
  const call = Promise.withResolvers<typeof begun>();
  bridge.askAgain = () => call.promise;
  const asked = again.ask([{ packageId: 'a', way }]);
  bridge.emit({ type: 'comparison', comparison: { ...begun, sides } });
  call.resolve(begun);
  await asked;
  expect(again.comparison?.sides[0]).toMatchObject({ state: 'done', text: 'TEA' });
});

test('only what is said of a drawn scene is right or wrong', async () => {
  const { bridge, stores, photos } = makeStores();
  await stores.start(() => undefined);
  const graded: unknown[] = [];
  const gradeAnswers: Api['gradeAnswers'] = async (input) => {
    graded.push(input);
    return input.turns.map(({ answer }) => answer === 'TEA');
  };
  Object.assign(bridge, { gradeAnswers });
  const scene = { ...photos[0]!, origin: 'scene' } as const;
  expect(await stores.again.grade(scene, 'What does the sign say?', ['TEA', 'SEA'])).toEqual([true, false]);
  expect(await stores.again.grade(photos[0]!, 'What does the sign say?', ['TEA'])).toEqual([null]);
  expect(graded).toHaveLength(1);
});
