import type { Localised, MenuCommand } from '../../preload/contract/api.ts';

/** Words of the menu bar. */
export const menuTexts = {
  file: { en: 'File', ko: '파일' },
  edit: { en: 'Edit', ko: '편집' },
  view: { en: 'View', ko: '보기' },
  photo: { en: 'Photo', ko: '사진' },
  window: { en: 'Window', ko: '윈도우' },
  help: { en: 'Help', ko: '도움말' },
  openRecent: { en: 'Open Recent', ko: '최근 사용' },
} as const satisfies Record<string, Localised>;

/** Words of the commands, for the menu bar. */
export const commandTexts = {
  open: { en: 'Open Photos…', ko: '사진 열기…' },
  'open-folder': { en: 'Open Folder…', ko: '폴더 열기…' },
  'new-conversation': { en: 'New Conversation', ko: '새 대화' },
  'new-private-conversation': { en: 'New Private Conversation', ko: '새 비공개 대화' },
  settings: { en: 'Settings…', ko: '설정…' },
  shortcuts: { en: 'Keyboard Shortcuts', ko: '키보드 단축키' },
  about: { en: 'About INF-LLaVA Desktop', ko: 'INF-LLaVA Desktop 정보' },
  'zoom-in': { en: 'Zoom In', ko: '확대' },
  'zoom-out': { en: 'Zoom Out', ko: '축소' },
  fit: { en: 'Fit Photo', ko: '화면에 맞추기' },
  'actual-size': { en: 'Actual Size', ko: '실제 크기' },
  'next-photo': { en: 'Next Photo', ko: '다음 사진' },
  'previous-photo': { en: 'Previous Photo', ko: '이전 사진' },
  search: { en: 'Search Conversations', ko: '대화 검색' },
  export: { en: 'Export Conversation…', ko: '대화 내보내기…' },
} as const satisfies Record<MenuCommand, Localised>;

/** Words of dialogs. */
export const dialogTexts = {
  photos: { en: 'Photos', ko: '사진' },
  gguf: { en: 'GGUF files', ko: 'GGUF 파일' },
  allFiles: { en: 'All files', ko: '모든 파일' },
  windowGone: { en: 'The window stopped working.', ko: '창이 작동을 멈췄습니다.' },
  windowGoneDetail: {
    en: 'Your conversations are saved. What the model was writing goes on.',
    ko: '대화는 저장되어 있습니다. 작성 중이던 답변은 계속 진행됩니다.',
  },
  windowBusy: { en: 'The window does not respond.', ko: '창이 응답하지 않습니다.' },
  reload: { en: 'Reload', ko: '다시 불러오기' },
  wait: { en: 'Wait', ko: '기다리기' },
  quit: { en: 'Quit', ko: '종료' },
} as const satisfies Record<string, Localised>;
