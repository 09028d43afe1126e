import { expect, test } from 'vitest';
import { questionLanguage } from '../../../renderer/text/question-language.ts';

test('questions are suggested in the language of the window where the model states it, or that it knows many', () => {
  expect(questionLanguage({ languages: ['en', 'ko'] }, 'ko')).toBe('ko');
  expect(questionLanguage({ languages: ['en', 'KO-kr'] }, 'ko')).toBe('ko');
  expect(questionLanguage({ languages: ['multilingual'] }, 'ko')).toBe('ko');
  expect(questionLanguage(null, 'ko')).toBe('ko');
});

test('otherwise in English: so too where a model states nothing, which is mostly trained on it', () => {
  expect(questionLanguage({ languages: ['en'] }, 'ko')).toBe('en');
  expect(questionLanguage({ languages: ['en', 'kok'] }, 'ko')).toBe('en');
  expect(questionLanguage({ languages: [] }, 'ko')).toBe('en');
});
