import type { Dictionary } from '../dictionary.ts';
import { Format } from '../format.ts';

const format = new Format('ko');

const factor = (times: number) =>
  times >= 1000 ? '1,000배 넘게' : `${format.number(times, times < 10 ? 1 : 0)}배`;

export const lens: Dictionary['lens'] = {
  action: '어디를 보았는지',
  close: '렌즈 치우기',
  words: '답변의 단어. 화살표 키로 한 단어씩 옮기고, Shift로 더 고르고, S로 문장을 고릅니다.',
  whole: '답변 전체',
  sentence: '문장',
  what: '밝은 곳은 이 단어를 쓸 때 주의가 향한 곳입니다. 모델이 어디를 보았는지이지, 왜 그렇게 말했는지가 아닙니다.',
  trust: (near, uniform) =>
    `그린 장면에서는 이런 지도의 ${format.percent(near)}가 말하는 대상 위에 있습니다. 우연이라면 ${format.percent(uniform)}입니다.`,
  noTrust:
    '이 모델은 30초 안에 확인하지 못했습니다. 지도는 사진을 보는 모든 부분의 평균이며, 틀릴 때가 많습니다.',
  perspectives: (local, global) => `국소 ${local}, 전역 ${global}`,
  pictures: '그림마다 렌즈가 놓인 비율',
  bothPerspectives: '여기서는 모든 자리가 두 시선으로 만들어집니다. 조각의 비율은 위치에 따른 것입니다.',
  inViews:
    '조각에서 밝은 곳은 모델이 두 시선을 합칠 때 가져온 곳이고, 숫자는 국소 조각마다의 비율입니다. 모든 자리는 국소 조각 하나와 전체로 만들어집니다. 둘 중 무엇이 더 중요한지는 주의가 말해 주지 않습니다.',
  stages: {
    calibrate: '이 모델에서 어느 부분이 보는 곳을 알려 주는지 찾는 중입니다. 한 번만, 길어야 30초입니다.',
    look: '답변을 다시 읽는 중…',
    views: '어느 조각에서 무엇이 왔는지 찾는 중…',
    encode: '그 부분을 가리고 사진을 다시 읽는 중…',
    score: '같은 답변을 다시 따져 보는 중…',
  },
  cover: '이것이 없어도 그렇게 말했을까요?',
  coverMarked: '표시한 부분이 없어도 그렇게 말했을까요?',
  closer: '가까이서 다시 읽기',
  closerMarked: '표시한 부분 읽기',
  coverWhat:
    '틀 안의 부분을 가리고 같은 단어를 다시 따져 보았습니다. 단어가 무엇에 기대는지를 보여 줄 뿐, 맞는지는 보여 주지 않습니다. 다른 부분을 시험하려면 사진에 표시하세요.',
  less: (times) => `이것이 없으면 이 단어들의 가능성은 ${factor(times)} 낮습니다.`,
  more: (times) => `이것이 없으면 이 단어들의 가능성은 ${factor(times)} 높습니다.`,
  same: '이것이 없어도 이 단어들의 가능성은 비슷합니다.',
  wordDrop: (word, times) => `${word}: 가능성이 ${factor(times)} 낮음`,
  keep: '렌즈가 보여 주는 것 간직하기',
  asPicture: '나눌 그림…',
  asData: 'JSON 데이터…',
  facts: (name, words) => (words === null ? `${name}, 답변 전체` : `${name}, “${words}”에서`),
  share: (percent) => `렌즈의 ${percent}`,
};
