import { expect, test } from 'vitest';
import { makeComparison } from '../fake-data.ts';
import { converse, startStores } from '../test-stores.ts';
import { Watcher } from '../../services/support/program.ts';

const way = { kind: 'all' } as const;

test('of what is asked again only the dialog that asked hears, and what still runs ends with it', async () => {
  const { bridge, services, stores, photos } = await startStores();
  const { messages } = await converse(services, photos[0]!, 'What is it?');
  const { again } = stores;
  again.open(messages[1]!);
  await again.ask([{ packageId: stores.engine.package!.id, way }]);
  const { id } = again.comparison!;
  bridge.emit({ type: 'comparison', comparison: makeComparison('another', 'x', 'y') });
  expect([again.comparison?.id, again.isRunning]).toEqual([id, true]);
  again.close();
  expect(bridge.callsOf('stopComparison')).toEqual([{ comparisonId: id }]);
  expect([again.answer, again.comparison]).toEqual([null, null]);
});

test('what is told before the call that began it has returned is not lost', async () => {
  const { bridge, services, stores, photos } = await startStores();
  const { messages } = await converse(services, photos[0]!, 'What is it?');
  const { again } = stores;
  again.open(messages[1]!);
  // The call returns when the program has finished already.
  bridge.instead.askAgain = async (input) => {
    const begun = await bridge.program.askAgain(input);
    await new Watcher(services).until((event) =>
      event.type === 'comparison' && event.comparison.sides.every(({ state }) => state === 'done')
        ? true
        : undefined,
    );
    return begun;
  };
  await again.ask([{ packageId: stores.engine.package!.id, way }]);
  expect(again.comparison?.sides).toMatchObject([{ state: 'done', text: messages[1]!.text }]);
});

test('only what is said of a drawn scene is right or wrong', async () => {
  const { bridge, stores, photos } = await startStores();
  const { photo, questions } = await bridge.program.drawScene({});
  const truth = await bridge.program.revealScene({ photoId: photo.id });
  const { question, answer } = truth.questions[0]!;
  expect(questions.map(({ en }) => en)).toContain(question);
  const said = [answer, 'Nothing of the kind'];
  expect(await stores.again.grade(photo, question, said)).toEqual([true, false]);
  expect(await stores.again.grade(photos[0]!, question, [answer])).toEqual([null]);
  expect(bridge.callsOf('gradeAnswers')).toHaveLength(1);
});
