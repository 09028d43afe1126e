import { expect, test } from 'vitest';
import { questionLanguage } from '../../../renderer/text/question-language.ts';

test('questions are suggested in the language of the window where the model states it, or states none', () => {
  expect(questionLanguage({ languages: ['en', 'ko'] }, 'ko')).toBe('ko');
  expect(questionLanguage({ languages: ['en', 'KO-kr'] }, 'ko')).toBe('ko');
  expect(questionLanguage({ languages: [] }, 'ko')).toBe('ko');
  expect(questionLanguage(null, 'ko')).toBe('ko');
});

test('otherwise in English', () => {
  expect(questionLanguage({ languages: ['en'] }, 'ko')).toBe('en');
  expect(questionLanguage({ languages: ['en', 'kok'] }, 'ko')).toBe('en');
});
