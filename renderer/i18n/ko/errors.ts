import type { UnsupportedPhoto } from '../../../preload/contract/errors.ts';
import {
  baseName,
  fileSentence,
  type ErrorSentences,
  type FileSentences,
  type FileTitles,
} from '../sentences.ts';

export const errors: ErrorSentences = {
  cancelled: {
    title: ({ reason }) =>
      reason === 'network-off' ? '설정의 개인 정보에서 네트워크가 꺼져 있습니다.' : '멈추었습니다.',
    advice: '언제든 다시 시작할 수 있습니다.',
  },
  'wrong-usage': {
    title: (details) =>
      fileSentence(details, files)?.title(baseName(details) ?? '폴더') ??
      '프로그램이 이 요청을 받아들이지 않았습니다.',
    advice: (details) =>
      fileSentence(details, files)?.advice ??
      '창을 새로 고치세요. 같은 문제가 다시 생기면 도움말에서 진단 정보를 복사하세요.',
  },
  'written-otherwise': {
    title: ({ package: name }) => `이 답변은 ${name} 모델이 썼습니다.`,
    advice: '어디를 보았는지 알아보려면 그 모델과 그때의 ‘세부’ 설정을 다시 선택하세요.',
  },
  'file-missing': {
    title: (details) => `${baseName(details) ?? '파일'}: 더 이상 그 자리에 없습니다.`,
    advice: '옮겼다면 ‘위치 지정…’으로 지금 어디에 있는지 알려 주세요.',
  },
  'file-unreadable': {
    title: (details) => `${baseName(details) ?? '파일'}: 읽을 수 없습니다.`,
    advice: '디스크가 연결되어 있는지, 다른 프로그램에서 열리는지 확인하세요.',
  },
  'photo-unsupported': {
    title: ({ reason, name, ...details }) =>
      (photoTitles[reason] ?? noPhoto)(baseName(details) ?? '이 파일', name ?? ''),
    advice: ({ reason }) => photoAdvice[reason] ?? (photoTitles[reason] ? saveCopy : whatOpens),
  },
  'photo-damaged': {
    title: (details) => `${baseName(details) ?? '이 사진'}: 손상되었습니다.`,
    advice: '원본에서 다시 복사하거나 다른 사진을 여세요.',
  },
  'photo-undecodable': {
    title: (details) =>
      details.reason === 'endless'
        ? `${baseName(details) ?? '이 사진'}: 읽는 데 너무 오래 걸립니다.`
        : `${baseName(details) ?? '이 사진'}: 사진을 읽는 부분이 멈췄습니다.`,
    advice:
      '저절로 다시 시도하지 않습니다. 다른 프로그램에서 새로 저장한 사본을 열거나, 한 번 더 시도하려면 다시 여세요.',
  },
  'photo-too-large': {
    title: (details) => `${baseName(details) ?? '이 사진'}: 픽셀이 너무 많습니다.`,
    advice: '다른 프로그램에서 줄인 뒤 작은 사본을 여세요.',
  },
  'photo-changed': {
    title: (details) => `${baseName(details) ?? '사진'}: 연 뒤에 바뀌었습니다.`,
    advice: '다시 열면 새 그림에 대해 질문할 수 있습니다.',
  },
  'checkpoint-invalid': {
    title: (details) =>
      fileSentence(details, files)?.title(baseName(details) ?? '파일') ??
      `${baseName(details) ?? '체크포인트'}: 이 앱에서 쓸 수 있는 모델이 아닙니다.`,
    advice: (details) => fileSentence(details, files)?.advice ?? '다시 내려받거나 다른 것을 선택하세요.',
  },
  'package-invalid': {
    title: (details) => {
      const file = baseName(details);
      const known = fileSentence(details, files)?.title(file ?? '모델');
      if (known !== undefined) return known;
      return file ? `모델 패키지가 손상되었습니다(${file}).` : '모델 패키지가 손상되었습니다.';
    },
    advice: '패키지를 다시 만들거나 설치하고, 아니면 설정에서 다른 것을 선택하세요.',
  },
  'package-exists': {
    title: () => '같은 이름의 패키지가 이미 있습니다.',
    advice: '다른 이름을 고르거나 먼저 예전 것을 지우세요.',
  },
  'catalogue-invalid': {
    title: (details) => `${baseName(details) ?? '이 항목'}: 이 앱이 제공할 수 있는 모델이 아닙니다.`,
    advice: '항목을 바로잡거나 카탈로그 폴더에서 그 파일을 지우세요.',
  },
  'licence-not-accepted': {
    title: (details) => `먼저 라이선스에 동의해야 합니다${details.names ? `(${details.names})` : ''}.`,
    advice: '내용을 읽고, 동의하면 내려받기를 다시 시작하세요.',
  },
  'network-failed': {
    title: (details) =>
      networkTitles[details.reason]?.(host(details)) ?? `${host(details)}에 연결할 수 없습니다.`,
    advice: '연결을 확인하고 ‘계속’을 선택하세요. 받은 것은 그대로 남아 있습니다.',
  },
  'hub-refused': {
    title: (details) => refusalTitles[details.reason] ?? `${host(details)}에서 모델을 주지 않았습니다.`,
    advice: '액세스 토큰과 모델 페이지의 약관을 확인한 뒤 ‘계속’을 선택하세요. 미러에 없는 모델도 있습니다.',
  },
  'download-damaged': {
    title: (details) => `${baseName(details) ?? '파일'}: 공개된 내용과 다르게 도착했습니다.`,
    advice: '그 파일은 쓰지 않았습니다. ‘계속’을 선택하면 다시 받습니다. 또 그러면 다른 미러를 써 보세요.',
  },
  'source-changed': {
    title: (details) => `${baseName(details) ?? '파일'}: 내려받는 동안 배포자가 바꾸었습니다.`,
    advice: '‘계속’을 선택하면 지금 공개된 내용을 다시 확인하고 필요한 만큼 새로 시작합니다.',
  },
  'linked-file-changed': {
    title: (details) => `${baseName(details) ?? '모델의 파일'}: 있던 자리에 없거나 다른 파일로 바뀌었습니다.`,
    advice:
      '이 모델은 언어 모델 파일을 복사하지 않고 디스크에 있는 그대로 씁니다. 파일을 제자리에 돌려놓거나 모델을 다시 가져오세요.',
  },
  'disk-full': {
    title: () => '디스크가 가득 찼습니다.',
    advice: '설정의 저장 공간 등에서 자리를 비우고 다시 시도하세요. 반쯤 쓰인 것은 없습니다.',
  },
  'not-writable': {
    title: (details) => `${baseName(details) ?? '이 파일이나 폴더'}: 권한이 없습니다.`,
    advice: '파일과 앱의 데이터 폴더 권한을 확인하세요.',
  },
  'too-many-pictures': {
    title: ({ given }, format) =>
      `이 질문에는 사진이 ${format.number(given)}장인데, 이 모델은 한 번에 한 장만 봅니다.`,
    advice: '먼저 한 장에 대해 묻고 다음 질문에 다른 사진을 더하거나, 여러 장을 함께 보는 모델을 고르세요.',
  },
  'context-overflow': {
    title: ({ needed, available }, format) =>
      `토큰 ${format.number(needed)}개가 필요한데 문맥에는 ${format.number(available)}개만 들어갑니다.`,
    advice: '질문을 줄이거나 답변 길이를 줄이거나, 이 사진으로 새 대화를 시작하세요.',
  },
  'out-of-memory': {
    title: () => '메모리가 모자랍니다.',
    advice: '다른 프로그램을 닫거나 설정에서 문맥을 줄이거나 CPU를 고른 뒤 다시 시도하세요.',
  },
  'runtime-unavailable': {
    title: () => '모델을 실행하는 부분을 이 컴퓨터에서 시작할 수 없습니다.',
    advice: '설정에서 장치를 CPU로 바꾸세요. 그래도 안 되면 도움말에서 진단 정보를 복사하세요.',
  },
  'process-died': {
    title: (details) => processTitles[details.process] ?? '모델을 실행하는 부분이 예기치 않게 멈췄습니다.',
    advice: '이미 쓰인 것은 남아 있습니다. 다음 요청과 함께 다시 시작합니다.',
  },
  internal: {
    title: () => '앱 안에서 문제가 생겼습니다.',
    advice: '다시 시도하세요. 계속되면 도움말에서 진단 정보를 복사하세요.',
  },
  unreachable: {
    title: () => '프로그램이 응답하지 않습니다.',
    advice: '터미널에서 시작했다면 아직 실행 중인지 확인하세요.',
  },
  'not-signed-in': {
    title: () => '이 페이지는 더 이상 프로그램과 통신할 수 없습니다.',
    advice: '페이지를 다시 불러온 뒤, 프로그램이 터미널에 표시한 코드로 로그인하세요.',
  },
};

const chooseHalves =
  'mmproj 파일을 시각 부분으로, 다른 파일을 언어 모델로 고르세요. 둘이 서로 바뀌었을 수 있습니다.';

const files: FileSentences = {
  'no-numbers': {
    title: (file) => `모델의 계산 결과가 숫자가 아닙니다(${file}).`,
    advice: '가중치가 손상되었습니다. 다시 설치하거나 설정에서 다른 것을 선택하세요.',
  },
  'no-checkpoint': {
    title: (file) => `${file}: 체크포인트가 없습니다.`,
    advice: 'config.json이 들어 있는 폴더를 고르세요.',
  },
  'no-tower': {
    title: () => '체크포인트에 비전 타워가 들어 있지 않습니다.',
    advice: 'CLIP 폴더도 함께 고르세요: openai/clip-vit-large-patch14-336.',
  },
  'not-gguf': {
    title: (file) => `${file}: GGUF 파일이 아닙니다.`,
    advice: '이름이 아니라 내용으로 판단합니다. 다시 내려받거나 다른 파일을 고르세요.',
  },
  'lfs-pointer': {
    title: (file) => `${file}: 실제 파일이 아니라 그 위치만 적힌 Git LFS 포인터입니다.`,
    advice: '그 폴더에서 “git lfs pull”을 실행하거나 파일 자체를 내려받으세요.',
  },
  'big-endian': {
    title: (file) => `${file}: 바이트 순서가 다른(빅 엔디언) 컴퓨터용 파일입니다.`,
    advice: '이 모델의 일반 파일을 고르거나 llama.cpp의 gguf_convert_endian.py로 변환하세요.',
  },
  'split-part': {
    title: (file) => `${file}: 여러 파일로 나뉜 모델의 한 조각입니다.`,
    advice: '모든 조각을 배포된 이름 그대로 한 폴더에 두고 그중 아무 파일이나 고르세요.',
  },
  'not-vision-half': {
    title: (file) => `${file}: 한 쌍의 시각 부분(mmproj)이 아닙니다.`,
    advice: chooseHalves,
  },
  'not-language-half': {
    title: (file) => `${file}: 언어 모델이 아니라 시각 부분(mmproj)입니다.`,
    advice: chooseHalves,
  },
  'not-a-pair': {
    title: (file) => `${file}: 이 언어 모델과 크기가 맞지 않습니다.`,
    advice: '함께 공개된 두 파일을 고르세요.',
  },
  'no-partner': {
    title: (file) => `${file}: 짝이 되는 파일이 이 폴더에 없습니다.`,
    advice: '함께 공개된 파일을 같은 폴더에 두거나, 두 파일을 있는 자리에서 직접 고르세요.',
  },
  'number-format': {
    title: (file) => `${file}: 이 앱이 시각 부분에서 읽지 못하는 숫자 형식입니다.`,
    advice: '같은 mmproj 파일을 F16, BF16, F32, Q8_0 가운데 하나로 고르세요.',
  },
  'unsupported-model': {
    title: (file) => `${file}: 이 앱이 실행할 수 없는 모델입니다.`,
    advice: 'LLaVA-1.5·1.6, SmolVLM, InternVL 모델을 고르세요. 다른 모델은 llama.cpp로 실행할 수 있습니다.',
  },
};

const noPhoto = (file: string) => `${file}: 이 앱이 열 수 있는 사진이 아닙니다.`;

/** By the reason; conversations of earlier versions hold others. */
const photoTitles: FileTitles = {
  'camera-raw': (file, name) => `${file}: 보여 줄 미리보기가 없는 카메라 RAW 파일(${name})입니다.`,
  compression: (file, name) => `${file}: 열 수 없는 압축 방식(${name})을 썼습니다.`,
  samples: (file, name) => `${file}: 열 수 없는 픽셀 형식(${name})입니다.`,
  colours: (file, name) => `${file}: 열 수 없는 색 형식(${name})입니다.`,
  animation: (file, name) => `${file}: 열 수 없는 움직이는 ${name}입니다.`,
} satisfies Record<Exclude<UnsupportedPhoto, 'no-photo'>, FileTitles[string]>;

const whatOpens =
  'JPEG, PNG, WebP, AVIF, GIF, TIFF, BMP, HEIC와 카메라 RAW의 미리보기를 열 수 있습니다. 이름이 아니라 내용으로 판단합니다.';
const saveCopy = 'JPEG, PNG 또는 8비트 TIFF로 저장한 사본을 여세요.';

const photoAdvice: Readonly<Record<string, string>> = {
  'camera-raw': '사진 현상 프로그램에서 JPEG로 내보내세요.',
  animation: '한 장면을 PNG로 저장해서 여세요.',
};

const processTitles: Readonly<Record<string, string>> = {
  images: '사진을 읽는 부분이 예기치 않게 멈췄습니다.',
  models: '모델을 내려받아 변환하는 부분이 예기치 않게 멈췄습니다.',
};

const networkTitles: Readonly<Record<string, (host: string) => string>> = {
  stalled: (host) => `${host}: 데이터가 더 이상 오지 않습니다.`,
  busy: (host) => `${host}: 지금은 요청이 너무 많습니다.`,
  redirects: (host) => `${host}: 계속 다른 주소로 넘깁니다.`,
  answer: (host) => `${host}: 모델 허브의 응답이 아닙니다.`,
};

const refusalTitles: Readonly<Record<string, string>> = {
  gated: '접근 허가를 받은 사람에게만 제공되는 모델입니다.',
  token: '액세스 토큰이 받아들여지지 않았습니다.',
  'not-found': '모델이 그곳에 없거나 이제는 없습니다.',
};

const host = (details: { readonly host?: string }) => details.host ?? '모델 허브';
