import { expect, test } from 'vitest';
import { errorCodes, knownFailure, type AppFailure } from '../../../preload/contract/errors.ts';
import { Format } from '../../../renderer/i18n/format.ts';
import { I18n, dictionaries } from '../../../renderer/i18n/i18n.svelte.ts';
import { describeFailure } from '../../../renderer/i18n/sentences.ts';

type Text = string | ((...values: never[]) => string);

/** Every text of a dictionary by its path, those with values filled with the number 3. */
function textsOf(dictionary: object, path = ''): Map<string, string> {
  const texts = new Map<string, string>();
  for (const [name, value] of Object.entries(dictionary) as [string, Text | object][]) {
    const here = path === '' ? name : `${path}.${name}`;
    if (typeof value === 'string') texts.set(here, value);
    else if (typeof value === 'function')
      texts.set(here, fill(here, value as (...values: unknown[]) => string));
    else for (const [below, text] of textsOf(value, here)) texts.set(below, text);
  }
  return texts;
}

const fill = (path: string, make: (...values: unknown[]) => string) =>
  path.startsWith('errors.') ? make({}, new Format('en')) : make(3, 3, 3);

const english = textsOf(dictionaries.en);
const korean = textsOf(dictionaries.ko);

test('both languages say the same things, and none is empty', () => {
  expect([...korean.keys()].sort()).toEqual([...english.keys()].sort());
  for (const [path, text] of [...english, ...korean]) expect(text.trim(), path).not.toBe('');
});

test('Korean is written in Hangul; only names, abbreviations and numbers stay as they are', () => {
  const untranslated = [...korean]
    .filter(([, text]) => !/\p{Script=Hangul}/u.test(text))
    .map(([path]) => path);
  expect(untranslated.sort()).toEqual(
    [
      'chat.sampling.minP',
      'chat.sampling.topK',
      'chat.sampling.topP',
      'settings.devices.cpu',
      'settings.devices.gpu',
      'settings.languages.en',
      'shell.appName',
      'settings.shortcuts.names.actual-size',
      'viewer.fingerprint',
      'viewer.readout',
    ].sort(),
  );
});

test('every error code has its own sentence and its own advice', () => {
  for (const { errors } of Object.values(dictionaries)) {
    expect(Object.keys(errors).sort()).toEqual([...errorCodes].sort());
    const advice = Object.values(errors).map((sentence) => sentence.advice);
    expect(new Set(advice).size).toBe(advice.length);
  }
});

test('what is wrong with a chosen file is told by its reason, each with its own advice', () => {
  const reasons: Record<string, string[]> = {
    'checkpoint-invalid': [
      'lfs-pointer',
      'not-gguf',
      'big-endian',
      'split-part',
      'not-vision-half',
      'not-language-half',
      'not-a-pair',
      'number-format',
      'unsupported-model',
      'something new',
    ],
    'wrong-usage': ['no-checkpoint', 'no-tower', 'toString'],
  };
  for (const [language, { errors }] of Object.entries(dictionaries)) {
    const texts = Object.entries(reasons).flatMap(([code, all]) =>
      all.map((reason) => {
        const details = { file: '/home/someone/a.gguf', reason, fault: 'is wrong' };
        return describeFailure(knownFailure({ code, details }), errors, new Format(language));
      }),
    );
    expect(new Set(texts.map(({ title }) => title)).size).toBe(texts.length);
    for (const { title, advice } of texts) {
      expect(title).not.toContain('/home');
      expect(advice).not.toBe('');
    }
  }
});

test('an error names its file without its folders', () => {
  const file = '/home/someone/Pictures/하늘 1.jpg';
  const failure: AppFailure = {
    code: 'photo-damaged',
    details: { file, format: 'jpeg', reason: 'ends early' },
  };
  const inEnglish = describeFailure(failure, dictionaries.en.errors, new Format('en'));
  const inKorean = describeFailure(failure, dictionaries.ko.errors, new Format('ko'));
  expect(inEnglish.title).toBe('하늘 1.jpg is damaged.');
  expect(inKorean.title).toBe('하늘 1.jpg: 손상되었습니다.');
});

test('a code of a later version is told as an error inside the app, not as nothing', () => {
  const text = describeFailure(
    { code: 'toString', details: {} } as never,
    dictionaries.en.errors,
    new Format('en'),
  );
  expect(text.title).toBe('Something went wrong inside the app.');
});

test('the context that is too small is told with both numbers', () => {
  const failure: AppFailure = { code: 'context-overflow', details: { needed: 2310, available: 2048 } };
  const { title } = describeFailure(failure, dictionaries.en.errors, new Format('en'));
  expect(title).toContain('2,310');
  expect(title).toContain('2,048');
});

test('the window speaks the language of the system until another is chosen', () => {
  const i18n = new I18n();
  i18n.preferred = ['ko-KR'];
  expect(i18n.t.shell.close).toBe('닫기');
  i18n.choice = 'en';
  expect(i18n.t.shell.close).toBe('Close');
  i18n.choice = 'system';
  i18n.preferred = ['pt-BR'];
  expect(i18n.language).toBe('en');
});
