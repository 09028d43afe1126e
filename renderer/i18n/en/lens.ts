import { Format } from '../format.ts';

const format = new Format('en');

const factor = (times: number) =>
  times >= 1000 ? 'more than 1,000' : format.number(times, times < 10 ? 1 : 0);

/** Where the model looked when it wrote an answer. */
export const lens = {
  action: 'Where it looked',
  close: 'Take the lens off',
  words:
    'Words of the answer. Arrow keys step from one to the next, Shift takes more of them, S takes the sentence.',
  whole: 'Whole answer',
  sentence: 'Sentence',
  what: 'Bright is where attention went when these words were written: where the model looked, not why it said it.',
  trust: (near: number, uniform: number) =>
    `On drawn scenes ${format.percent(near)} of such a map lies on the thing that is named; chance would give ${format.percent(uniform)}.`,
  noTrust:
    'This model could not be checked within half a minute. The map is the average of everything in it that looks at the photo, which often misleads.',
  perspectives: (local: string, global: string) => `Local ${local}, global ${global}`,
  pictures: 'How much of the lens lies on each picture',
  bothPerspectives: 'Each place here is made of both perspectives; the shares on the crops go by place.',
  inViews:
    'Bright in the crops is what the model took from each when it joined the two perspectives, with the share of every tile. Each place is made of one tile and of the whole: attention does not say which counts more.',
  stages: {
    calibrate: 'Finding out which parts of this model tell where it looks. Once, half a minute at most.',
    look: 'Reading the answer again…',
    views: 'Finding out what came from which crop…',
    encode: 'Reading the photo again with that part covered…',
    score: 'Judging the same answer again…',
  },
  cover: 'Would it have said so without this?',
  coverMarked: 'Would it have said so without the marked part?',
  closer: 'Read it again, closer',
  closerMarked: 'Read the marked part',
  coverWhat:
    'The framed part was covered and the same words were judged again. It shows what they hang on, not whether they are right. To try another part, mark it on the photo.',
  less: (times: number) => `These words are ${factor(times)} times less likely without it.`,
  more: (times: number) => `These words are ${factor(times)} times more likely without it.`,
  same: 'These words are about as likely without it.',
  wordDrop: (word: string, times: number) => `${word}: ${factor(times)} times less likely`,
  keep: 'Keep what the lens shows',
  asPicture: 'Picture to share…',
  asData: 'Data as JSON…',
  facts: (name: string, words: string | null) =>
    words === null ? `${name}, whole answer` : `${name}, at “${words}”`,
  share: (percent: string) => `${percent} of the lens`,
};
