import type { Page } from 'playwright-core';
import type { Settings } from '../../preload/contract/api.ts';
import type { FakeBridge } from './fake-bridge.ts';
import { makeConversation, makeMessage, makePreparation, makeProvenance, testTime } from './fake-data.ts';

/** What the window is looked at in: views, states, themes, languages, widths. */

export interface Scene {
  readonly name: string;
  readonly theme: Settings['theme'];
  readonly language: Settings['language'];
  readonly width: number;
  readonly height: number;
  /** The part of the address after `#/`. */
  readonly place?: string;
  /** Changes the program before the page is opened. */
  readonly prepare?: (bridge: FakeBridge) => void;
  /** Does in the page what a person would. */
  readonly act?: (page: Page, bridge: FakeBridge) => Promise<void>;
}

const titles = [
  { en: 'City map', ko: '도시 지도' },
  { en: 'Festival poster', ko: '축제 포스터' },
  { en: 'Pantry shelf', ko: '식료품 선반' },
  { en: 'Pebble beach', ko: '자갈 해변' },
  { en: 'Star chart', ko: '별자리 지도' },
];
const questions = [
  [
    {
      en: 'Which street leads from the station to the harbour?',
      ko: '역에서 항구로 가는 길의 이름은 무엇인가요?',
    },
    { en: 'What is the name of the park in the north-east?', ko: '북동쪽 공원의 이름은 무엇인가요?' },
    { en: 'How many tram lines cross the river?', ko: '강을 건너는 전차 노선은 몇 개인가요?' },
  ],
  [{ en: 'When do the doors open on Saturday?', ko: '토요일에는 몇 시에 문을 여나요?' }],
  [{ en: 'What does the smallest label say?', ko: '가장 작은 이름표에는 무엇이라고 적혀 있나요?' }],
  [{ en: 'Which pebble has a white ring?', ko: '흰 고리가 있는 조약돌은 어느 것인가요?' }],
  [{ en: 'Which star lies closest to the pole?', ko: '극에 가장 가까운 별은 무엇인가요?' }],
];

const answer = `The street from the station to the harbour is **Lindenweg**. It is labelled twice:

1. beside the *tram stop* at the station square, and
2. where it meets the quay, in smaller print.

| Crossing | Name on the map |
| --- | --- |
| Market | Kornmarkt |
| River | Alte Brücke |

The number \`14\` next to it belongs to the tram line. See [the city's page](https://example.org/map).`;

const koreanAnswer = `역에서 항구로 이어지는 길은 **보리수길**입니다. 지도에 두 번 적혀 있습니다.

1. 역 광장의 *전차 정류장* 옆
2. 부두와 만나는 곳, 더 작은 글씨로`;

/** Fills the program with samples, recent photos and conversations. */
export function fill(bridge: FakeBridge): void {
  const photos = [...bridge.photos.values()];
  bridge.samples = photos.map((photo, index) => ({
    photo: { ...photo, origin: 'sample' as const },
    title: titles[index % titles.length]!,
    questions: questions[index % questions.length]!.map((question) => ({ ...question, place: null })),
  }));
  bridge.recent = photos.slice(0, 3);
  bridge.preparePhoto = async ({ photoId }) => makePreparation(photoId, { stage: 'ready', fraction: 1 });
  const [first] = photos;
  if (!first) return;
  const provenance = makeProvenance();
  bridge.conversations.set(
    'c1',
    makeConversation('c1', {
      title: 'Street from the station to the harbour',
      photoIds: [first.id],
      photos: [first],
      updatedAt: Date.now() - 60_000,
      messages: [
        makeMessage('m1', {
          text: 'Which street leads from the station to the harbour?',
          pictures: [{ photoId: first.id, region: null }],
        }),
        makeMessage('m2', { role: 'assistant', text: answer, provenance }),
      ],
    }),
  );
  for (const [index, photo] of photos.slice(1, 4).entries()) {
    bridge.conversations.set(
      `c${index + 2}`,
      makeConversation(`c${index + 2}`, {
        title: ['Doors open on Saturday', 'Labels on the second shelf', 'A pebble with a white ring'][index]!,
        photoIds: [photo.id],
        photos: [photo],
        updatedAt: testTime - index * 86_400_000,
        messages: [
          makeMessage(`m${index + 10}`, {
            conversationId: `c${index + 2}`,
            text: 'What does the label say?',
          }),
        ],
      }),
    );
  }
}

const desktop = { theme: 'light', language: 'en', width: 1440, height: 900 } as const;
const dark = { ...desktop, theme: 'dark' } as const;
const phone = { ...desktop, width: 360, height: 740 } as const;

const encoding = makePreparation('p1', {
  stage: 'encode',
  encoded: [0, 1, 2, 3].map((index) => ({ kind: 'local' as const, index })),
  fraction: 0.31,
  secondsLeft: 14,
});

export const scenes: readonly Scene[] = [
  { name: 'gallery-light', ...desktop },
  { name: 'gallery-dark-ko', ...dark, language: 'ko' },
  { name: 'gallery-360', ...phone },
  { name: 'gallery-2560', ...dark, width: 2560, height: 1440 },
  {
    name: 'gallery-empty',
    ...desktop,
    prepare: (bridge) => {
      bridge.samples = [];
      bridge.recent = [];
      bridge.packages = [];
      bridge.conversations.clear();
    },
  },
  { name: 'session-light', ...desktop, place: 'conversation/c1' },
  { name: 'session-dark', ...dark, place: 'conversation/c1' },
  { name: 'session-dark-ko', ...dark, language: 'ko', place: 'conversation/c1', prepare: korean },
  { name: 'session-1280', ...desktop, width: 1280, height: 720, place: 'conversation/c1' },
  { name: 'session-1024', ...desktop, width: 1024, height: 768, place: 'photo/p2' },
  { name: 'session-2560', ...dark, width: 2560, height: 1440, place: 'conversation/c1' },
  {
    name: 'session-new',
    ...desktop,
    place: 'photo/p5',
    act: async (page) => {
      await page
        .getByLabel('Your question')
        .fill('Which star lies closest to the pole, and what is its name?');
    },
  },
  {
    name: 'session-encoding',
    ...dark,
    place: 'photo/p5',
    act: async (page, bridge) => {
      bridge.emit({ type: 'preparation', preparation: { ...encoding, photoId: 'p5' } });
      await page.getByLabel('Your question').fill('Which star lies closest to the pole?');
      await page.getByLabel('Send').click();
    },
  },
  {
    name: 'session-square-lattice',
    ...desktop,
    place: 'photo/p2',
    act: async (page) => {
      await page.keyboard.press('s');
      await page.keyboard.press('g');
    },
  },
  {
    name: 'session-lattice-close',
    ...dark,
    place: 'photo/p1',
    act: async (page) => {
      await page.keyboard.press('l');
      await page.keyboard.press('g');
      await page.getByText('Zoom in to see single pixels').click();
      await page.waitForTimeout(800);
      await page.mouse.move(700, 300);
    },
  },
  {
    name: 'session-wipe',
    ...dark,
    place: 'photo/p1',
    act: async (page) => {
      await page.keyboard.press('z');
      await page.keyboard.press('m');
      await page.waitForTimeout(600);
    },
  },
  {
    name: 'session-hover-global',
    ...desktop,
    place: 'photo/p1',
    act: async (page) => page.locator('[data-crop="global-4"]').hover(),
  },
  {
    name: 'session-picked',
    ...dark,
    place: 'photo/p1',
    act: async (page) => {
      await page.locator('[data-crop="local-5"]').click();
      await page.getByRole('button', { name: 'Show in photo' }).click();
      await page.waitForTimeout(600);
    },
  },
  {
    name: 'crop-large',
    ...desktop,
    place: 'photo/p1',
    act: async (page) => page.locator('[data-crop="local-5"]').click(),
  },
  {
    name: 'crop-large-unused-dark',
    ...dark,
    place: 'photo/p1',
    act: async (page) => page.locator('[data-crop="global-0"]').click(),
  },
  {
    name: 'contact-sheet',
    ...desktop,
    place: 'photo/p1',
    act: async (page) => page.getByRole('button', { name: 'Show large' }).click(),
  },
  {
    name: 'contact-sheet-2560',
    ...dark,
    width: 2560,
    height: 1440,
    place: 'photo/p1',
    act: async (page) => page.getByRole('button', { name: 'Show large' }).click(),
  },
  {
    name: 'failed-answer',
    ...desktop,
    place: 'conversation/c1',
    act: async (_page, bridge) => {
      const message = makeMessage('m2', {
        role: 'assistant',
        text: 'The street from the station to the',
        state: 'failed',
        error: { code: 'process-died', details: { process: 'inference' } },
      });
      bridge.emit({ type: 'message', message });
    },
  },
  {
    name: 'missing-photo',
    ...dark,
    place: 'conversation/c1',
    prepare: (bridge) => bridge.addPhotos({ ...bridge.photos.get('p1')!, state: 'missing' }),
  },
  {
    name: 'photo-notes',
    ...desktop,
    place: 'photo/p4',
    prepare: (bridge) =>
      bridge.addPhotos({ ...bridge.photos.get('p4')!, notes: ['first-frame', 'colour-converted'] }),
    act: async (page) => page.getByRole('button', { name: 'Photo details' }).click(),
  },
  {
    name: 'changed-photo',
    ...desktop,
    place: 'conversation/c1',
    prepare: (bridge) => bridge.addPhotos({ ...bridge.photos.get('p1')!, state: 'changed' }),
  },
  {
    name: 'sampling',
    ...desktop,
    place: 'conversation/c1',
    act: async (page) => {
      await page.getByRole('button', { name: 'Answer settings' }).click();
      await page.getByText('Advanced').click();
    },
  },
  {
    name: 'provenance-dark',
    ...dark,
    place: 'conversation/c1',
    act: async (page) => page.getByRole('button', { name: 'How this answer was made' }).click(),
  },
  {
    name: 'link',
    ...desktop,
    place: 'conversation/c1',
    act: async (page) => page.getByRole('link', { name: 'the city' }).click(),
  },
  {
    name: 'search',
    ...desktop,
    place: 'conversation/c1',
    act: async (page) => {
      await page.getByLabel('Search conversations').fill('label');
      await page.waitForTimeout(400);
    },
  },
  {
    name: 'deleted',
    ...dark,
    place: 'conversation/c1',
    act: async (page) => {
      await page.getByRole('listitem').filter({ hasText: 'Labels on' }).hover();
      await page.getByRole('button', { name: 'Actions for Labels' }).click();
      await page.getByRole('menuitem', { name: 'Delete' }).click();
    },
  },
  ...(['appearance', 'model', 'answers', 'privacy', 'storage'] as const).map((section, index) => ({
    name: `settings-${section}`,
    ...(index % 2 ? dark : desktop),
    act: async (page: Page) => {
      await page.keyboard.press('Control+,');
      await page.getByRole('tab').nth(index).click();
    },
  })),
  { name: 'shortcuts', ...desktop, act: async (page) => page.keyboard.press('?') },
  {
    name: 'about-ko',
    ...dark,
    language: 'ko',
    act: async (page) => {
      await page.getByRole('button', { name: '도움말' }).click();
      await page.getByRole('menuitem', { name: '정보' }).click();
    },
  },
  { name: 'session-360', ...phone, place: 'conversation/c1' },
  ...['Model’s view', 'Chat', 'Library'].map((tab) => ({
    name: `session-360-${tab.replace(/\W/g, '').toLowerCase()}`,
    ...phone,
    theme: 'dark' as const,
    place: 'conversation/c1',
    act: async (page: Page) => page.getByRole('button', { name: tab, exact: true }).click(),
  })),
  {
    name: 'settings-360-ko',
    ...phone,
    language: 'ko',
    act: async (page) => {
      await page.keyboard.press('Control+,');
      await page.getByRole('tab').nth(1).click();
    },
  },
];

function korean(bridge: FakeBridge): void {
  const conversation = bridge.conversations.get('c1')!;
  bridge.conversations.set('c1', {
    ...conversation,
    title: '역에서 항구로 가는 길',
    messages: [
      { ...conversation.messages[0]!, text: '역에서 항구로 가는 길의 이름은 무엇인가요?' },
      { ...conversation.messages[1]!, text: koreanAnswer },
    ],
  });
}
