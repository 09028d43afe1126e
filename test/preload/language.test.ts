import { expect, test } from 'vitest';
import { chooseLanguage, regionalTag } from '../../preload/contract/api.ts';

test.each([
  ['system', ['ko-KR'], 'ko'],
  ['system', ['ko'], 'ko'],
  ['system', ['KO-Kore-kr'], 'ko'],
  ['system', ['de-DE'], 'en'],
  ['system', ['de-DE', 'ko-KR', 'en-US'], 'ko'],
  ['system', ['de-DE', 'en-US', 'ko-KR'], 'en'],
  // Konkani is no Korean.
  ['system', ['kok-IN'], 'en'],
  ['system', ['kok'], 'en'],
  ['system', ['ko_KR.UTF-8', '', '*', 'ko-KR'], 'ko'],
  ['system', [], 'en'],
  ['en', ['ko-KR'], 'en'],
  ['ko', ['en-US'], 'ko'],
] as const)('setting %s for somebody who reads %j means %s', (choice, preferred, language) => {
  expect(chooseLanguage(choice, preferred)).toBe(language);
});

test("dates and numbers follow the person's region in that language, or none", () => {
  expect(regionalTag('en', ['ko-KR', 'en-GB', 'en-US'])).toBe('en-GB');
  expect(regionalTag('ko', ['de-DE', 'en-US'])).toBe('ko');
});
