import type { Dictionary } from '../dictionary.ts';
import { Format } from '../format.ts';

const format = new Format('ko');

const pixels = (millions: number) =>
  millions < 0.1
    ? `${format.number(millions * 1e6)}픽셀`
    : `${format.number(millions, millions < 10 ? 1 : 0)}메가픽셀`;

export const viewer: Dictionary['viewer'] = {
  stage: (name) => `사진 ${name}`,
  stageHint: '화살표 키로 이동하고, 더하기와 빼기로 확대·축소하며, 스페이스로 맞춤과 100%를 오갑니다.',
  back: '갤러리로 돌아가기',
  zoomIn: '확대',
  zoomOut: '축소',
  fit: '맞춤',
  toggleFit: '맞춤 또는 100%',
  overlays: '겹쳐 보기',
  square: '정사각형',
  squareHint: '모델이 보는, 여백을 채운 정사각형',
  loupe: '돋보기',
  loupePhoto: '사진',
  loupeModel: '모델',
  loupeHint: '같은 자리를 사진, 국소 조각, 전역 조각에서 함께 보기',
  unpin: (name) => `${name}: 사진 전체를 다시 보기`,
  tiles: '국소',
  tilesHint: '국소 타일: 이웃한 픽셀끼리 함께',
  lattice: '전역',
  latticeHint: '전역 격자: 어느 픽셀이 어느 전역 조각으로 가는지',
  latticeFar: '확대하면 격자의 픽셀 하나하나가 보입니다',
  compare: '견주기',
  compareHint: '사진과 모델이 받는 것 견주기',
  wipe: {
    label: '사진과 모델의 경계',
    photo: (side) => `사진 ${format.number(side)}`,
    model: (side) => `모델 ${format.number(side)}`,
    value: (percent, photo, model) =>
      `${percent}는 ${format.number(photo)}픽셀 사진, 나머지는 모델이 받는 ${format.number(model)}픽셀`,
  },
  watch: {
    open: '사진이 모델에 들어가는 모습 보기',
    title: '모델에 들어가는 사진',
    skip: '건너뛰기',
    pad: '먼저 사진 둘레에 여백을 채워 정사각형으로 만듭니다.',
    padTiles: '먼저 사진 둘레에 여백을 채워 타일을 모두 합친 모양으로 만듭니다.',
    reduce: (width, height, factor) =>
      factor < 1.05
        ? `모델은 ${format.size(width, height)} 픽셀을 받습니다. 세부가 모두 남아 있습니다.`
        : `모델은 ${format.size(width, height)} 픽셀, 곧 세부의 ${format.fraction(factor)}만 받습니다. 한 픽셀보다 작은 것은 사라집니다.`,
    part: (tiles) =>
      `타일 ${format.number(tiles)}장을 하나씩 봅니다. 세부가 보이지만, 타일 하나는 나머지를 모릅니다.`,
    gather: (n) =>
      `${n} × ${n}마다 픽셀 하나를 모아 전체를 작게 만듭니다. 무엇이 어디에 있는지 보이지만, 세부는 없습니다.`,
    small: (detail) => `전체를 한 번 더 작게 봅니다(${detail}). 무엇이 어디에 있는지 보입니다.`,
    joinTogether: '서로에게 없는 것을 알려 줍니다. 답변은 둘을 합쳐 만듭니다.',
    joinInTurn: {
      wholeFirst: '언어 모델이 작은 전체를, 다음에 타일을 읽습니다. 답변은 이 모두로 만듭니다.',
      wholeLast: '언어 모델이 타일을, 다음에 작은 전체를 읽습니다. 답변은 이 모두로 만듭니다.',
    },
    joinWhole: '답변은 이 그림 하나로 만듭니다.',
  },
  share: {
    open: '나눌 그림',
    title: '나눌 그림',
    note: '이 컴퓨터에서 만들며, 저절로 어디로도 가지 않습니다.',
    detail: (fraction) => `세부의 ${fraction}`,
    facts: (detail, tokens) => `${detail}, ${tokens}, 이 컴퓨터에서`,
    copy: '복사',
    save: 'PNG로 저장',
  },
  readout: (x, y) => `x ${format.number(x)}  y ${format.number(y)}`,
  info: '사진 정보',
  format: '형식',
  dimensions: '크기',
  fileSize: '파일',
  megapixels: pixels,
  fingerprint: 'SHA-256',
  locate: '위치 지정…',
  reveal: '폴더에서 보기',
  openAgain: '다시 열기…',
  state: {
    changed: {
      title: '연 뒤에 파일이 바뀌었습니다.',
      advice: '이전 답변은 예전 그림에 대한 것입니다. 새 그림을 보려면 다시 여세요.',
    },
    missing: {
      title: '사진이 원래 자리에 없습니다.',
      advice: '대화는 그대로 있습니다. 파일을 옮겼다면 지금 어디에 있는지 알려 주세요.',
    },
    unreadable: {
      title: '이 파일은 사진으로 읽을 수 없습니다.',
      advice: '다른 프로그램에서 열어 보거나 다른 사진을 여세요.',
    },
  },
  notes: {
    'first-frame': '움직이는 그림입니다. 첫 장면을 보여 줍니다.',
    'first-page': '여러 쪽입니다. 첫 쪽을 보여 줍니다.',
    partial: '파일이 온전하지 않습니다. 읽을 수 있는 부분만 보여 줍니다.',
    'alpha-flattened': '투명한 부분은 모델의 여백 색으로 채웠습니다.',
    'colour-converted': '색을 sRGB로 바꾸었습니다.',
    'tone-mapped': 'HDR 사진입니다. 밝기를 일반 화면에 맞추었습니다.',
    'values-scaled':
      '밝기가 아닌 측정값이 든 파일입니다. 값을 검정에서 흰색까지 펼쳐 보여 주고, 숫자가 아닌 값은 검게 보여 줍니다.',
    'camera-preview': '카메라 RAW 파일입니다. 파일에 든 미리보기를 보여 줍니다.',
    'reduced-to-fit': '메모리에 맞게 사진을 줄였습니다.',
  },
  closer: {
    action: '자세히 보기',
    hint: '일부분을 표시하면 모델이 그 부분을 원래 해상도로 받습니다',
    shown: '보이는 부분을 자세히 보기',
    looked: '모델이 본 곳 자세히 보기',
    part: ({ x, y, width, height }) =>
      `부분 ${format.size(width, height)}, 위치 ${format.number(x)}, ${format.number(y)}`,
    keys: '화살표 키로 옮기고, Shift와 함께 크기를 바꿉니다. T는 타일, A는 사진 전체입니다. Enter는 질문으로 가고 Esc는 끝냅니다.',
    tile: '타일',
    ask: '이 부분에 대해 질문',
    another: '부분 하나 더',
    whole: '사진 전체',
    pixels: (there, seen) =>
      `${pixels(there)} 중 모델이 보는 것은 ${seen < 0.01 ? pixels(seen) : format.number(seen, seen < 0.1 ? 2 : seen < 10 ? 1 : 0)}`,
  },
  sees: {
    title: '모델이 보는 것',
    show: '모델이 보는 것 보이기',
    hide: '모델이 보는 것 숨기기',
    expand: '크게 보기',
    original: '원본',
    part: '부분',
    padded: '여백 포함',
    sent: '모델에 전달',
    tokens: '토큰',
    loses: (factor) =>
      `한 줄의 픽셀 ${format.number(factor, factor < 10 ? 1 : 0)}개가 하나로 합쳐져, 그보다 작은 세부는 사라집니다.`,
    enlarges: '사진이 모델의 입력보다 작아 사라지는 것이 없습니다.',
    allDetail: '사진의 세부를 모두 담아',
    detail: (factor) => `사진 세부의 ${format.fraction(factor)}만 남겨`,
    stretched: {
      width: (detail, by) => `${detail}, 가로로 ${format.percent(by)} 늘려`,
      height: (detail, by) => `${detail}, 세로로 ${format.percent(by)} 늘려`,
    },
    local: '국소',
    localShort: '또렷하지만, 타일 하나는 나머지를 모릅니다.',
    globalShort: '흐릿하지만, 무엇이 어디에 있는지 보입니다.',
    localSubtitle: '이웃끼리 함께',
    localWhy: (grid, side, detail, published) =>
      `그림을 ${detail} ${grid} 타일로 자릅니다. 타일 하나는 ${format.size(side, side)}입니다.${published} 거기서도 읽히는 작은 글씨는 거기서 읽습니다. 타일 하나는 나머지를 알지 못합니다.`,
    published: (factor) =>
      ` INF-LLaVA 자체라면 ${factor < 1.05 ? '전부' : format.fraction(factor)}를 봅니다.`,
    ofDetail: (factor) => `세부의 ${format.fraction(factor)}`,
    allOfDetail: '세부 전부',
    both: '함께',
    then: '다음',
    bothWay: {
      local: '국소: 세부를 더해 줌',
      global: '전역: 어디인지 알려 줌',
    },
    unused: (count) => `+${format.number(count)}개, 쓰지 않음`,
    whyBoth: {
      title: '왜 둘 다 필요한가요?',
      note: '이 모델을 한 시선만으로, 둘을 나란히, 둘이 서로 묻게 하여 학습했을 때의 정답률:',
      share: '정답률',
      local: '국소만',
      global: '전역만',
      'both-without-dem': '나란히',
      both: '서로 물음',
    },
    global: '전역',
    globalSubtitle: (n) => `${n} × ${n}마다 픽셀 하나`,
    globalWhy: (n, detail) =>
      `${n} × ${n} 칸마다 픽셀 하나씩을 모아, ${detail} 저마다 그림 전체를 작게 보여 줍니다. 무엇이 어디에 있고 어떻게 이어지는지 알려 줍니다.`,
    wholeSubtitle: '전체를 한 번 더, 작게',
    wholeWhy: (side, detail) =>
      `전체를 한 번 더 작게, ${detail} ${format.size(side, side)}로 봅니다. 무엇이 어디에 있고 어떻게 이어지는지 알려 줍니다.`,
    together:
      '모델은 두 시선이 서로 묻게 합니다. 전체 그림은 타일에서 세부를 빌리고, 타일은 자기가 어디에 속하는지 배웁니다.',
    inTurn: {
      wholeFirst: '언어 모델은 그림 전체를 먼저 읽고, 타일을 한 줄씩 차례로 읽습니다.',
      wholeLast: '언어 모델은 타일을 한 줄씩 차례로 읽고, 마지막에 그림 전체를 읽습니다.',
    },
    prompt: '언어 모델이 받는 순서',
    tokensOf: (count) => `토큰 ${format.number(count)}개`,
    tokensEach: (views, tokens) =>
      views === 1
        ? `한 장, 토큰 ${format.number(tokens)}개`
        : `타일 ${format.number(views)}장, 저마다 토큰 ${format.number(tokens)}개`,
    tokensInAll: (tiles, tokens) => `타일 ${format.number(tiles)}장, 토큰 모두 ${format.number(tokens)}개`,
    behind: '앞에 오는 글:',
    detailChoice: '세부',
    views: (count) => `${format.number(count)}장`,
    about: (duration) => `약 ${duration}`,
    single: (width, height, detail) =>
      `이 모델은 그림 전체를 ${detail} ${format.size(width, height)} 픽셀로 한 번만 봅니다. 조각은 없습니다.`,
    reaching: (count, total) => `${format.number(total)}개 중 ${format.number(count)}개가 답변에 쓰임`,
    reaches: '답변에 쓰임',
    reachesNot: '답변에 쓰이지 않음',
    reachesNotWhy:
      '마지막 단계는 칸마다 한 자리만 남기는데, 이 조각은 그 안에 없습니다. 빼도 답변이 전혀 달라지지 않으므로 계산하지 않습니다.',
    base: '모든 것이 더해지는 바탕 그림이기도 합니다',
    name: {
      local: (number) => `국소 ${number}`,
      global: (number) => `전역 ${number}`,
    },
    place: {
      local: (row, column) => `그림의 ${row}행 ${column}열`,
      whole: '그림 전체',
      global: (row, column, n) => `${n} × ${n} 칸마다 ${row}행 ${column}열의 픽셀`,
    },
    done: '처리됨',
    pixels: (side) => `${side} × ${side} 픽셀, 인코더가 받는 그대로`,
    showInPhoto: '사진에서 보기',
    nextCrop: '다음 조각',
    previousCrop: '이전 조각',
    grid: {
      local: '국소 조각',
      global: '전역 조각',
      hintWhole: '화살표 키로 옮기고, Enter로 크게 봅니다.',
      hint: '화살표 키로 옮기고, Enter로 크게 보고, R로 자세히 봅니다.',
    },
  },
  preparation: {
    label: '사진 준비',
    queued: '시작을 기다리는 중',
    decode: '사진을 읽는 중',
    preprocess: '여백을 채우고 크기를 맞추는 중',
    encode: (done, total) =>
      `조각 ${format.number(total)}개 중 ${format.number(Math.min(done + 1, total))}번째를 보는 중`,
    encodeWhole: '그림을 보는 중',
    enhance: '두 시선을 합치는 중',
    project: '그림을 언어 모델에 넘기는 중',
    prefill: '그림을 읽어 들이는 중',
    ready: '질문할 준비가 되었습니다',
    readyFromCache: '전에 본 사진이라 바로 준비되었습니다',
    failed: '준비하지 못했습니다',
    cancelled: '준비되지 않음',
    left: (duration) => `${duration} 남음`,
    cancel: '준비 멈추기',
    start: '지금 준비',
    again: '다시 시도',
  },
};
