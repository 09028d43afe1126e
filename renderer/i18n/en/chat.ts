import { Format } from '../format.ts';

const format = new Format('en');

/** The conversation beside the photo. */
export const chat = {
  title: 'Conversation',
  show: 'Show conversation',
  hide: 'Hide conversation',
  empty: 'Ask about this photo',
  emptyHint: 'The answer is made on this computer, from the crops beside.',
  inEnglish: 'This model does not state that it knows your language, so the questions are in English.',
  closer: {
    title: 'Look closer',
    advice:
      'The photo on the left, what is left of it for the model on the right. See where the answer is written.',
    compare: 'Compare the photo with what the model gets',
  },
  suggestions: 'Suggested questions',
  general: [
    'What is in the picture?',
    'Read all the text you can see.',
    'What is written in the smallest print?',
    'What is unusual here?',
  ] as readonly string[],
  placeholder: 'Ask about the photo',
  question: 'Your question',
  send: 'Send',
  stop: 'Stop',
  you: 'You',
  model: 'Model',
  waitingPhoto: 'Sent. The answer starts when the photo is ready.',
  waitingTurn: 'Sent. Another answer is being written first.',
  answering: 'Answering…',
  answered: 'Answer finished.',
  interrupted: 'Stopped here',
  failed: 'No answer',
  copy: 'Copy',
  copyMarkdown: 'Copy answer',
  regenerate: 'Answer again',
  edit: 'Edit',
  editLabel: 'Edit the question',
  resend: 'Send again',
  editWarning: 'What follows this question will be replaced.',
  tooLong: (length: string, most: string) =>
    `This question has ${length} characters; at most ${most} can be sent. Shorten it: nothing is cut silently.`,
  undrawn: 'This message could not be shown as it was meant. Its text:',
  newest: 'To the newest',
  provenance: 'How this answer was made',
  provenanceRows: {
    photo: 'Photo (SHA-256)',
    package: 'Model package',
    packageHash: 'Package (SHA-256)',
    crops: 'Crops encoded',
    cropsValue: (encoded: number, n: number) =>
      n === 1
        ? encoded > 1
          ? `${format.number(encoded - 1)} tiles and the whole picture`
          : 'none: the whole picture at once'
        : `${format.number(encoded)} of ${format.number(2 * n * n)} (${n} × ${n} a perspective)`,
    tokens: 'Tokens',
    tokensValue: (text: number, image: number, generated: number) =>
      `${format.number(text)} text + ${format.number(image)} picture, ${format.number(generated)} written`,
    time: 'Time',
    timeValue: (prefill: string, generate: string) => `${prefill} reading, ${generate} writing`,
    busy: (share: string) =>
      `Slower because the machine is busy: other programs took ${share} of the processor.`,
    device: 'Device',
    sampling: 'Sampling',
    systemPrompt: 'System prompt',
    finish: 'Ended',
  },
  finish: {
    stop: 'the model ended its answer',
    length: 'the longest answer allowed was reached',
    cancelled: 'stopped by you',
    context: 'the context was full',
  },
  cutLength: 'The answer reached the longest length allowed.',
  cutContext: 'The context is full: the answer ends here.',
  speed: (perSecond: number) => `${format.number(perSecond, perSecond < 10 ? 1 : 0)} tokens/s`,
  tokens: (count: number) => format.plural(count, { one: '# token', other: '# tokens' }),
  gauge: {
    label: 'Context used',
    value: (used: string, capacity: string) => `${used} of ${capacity} tokens`,
    used: 'Conversation and picture',
    draft: 'Your question',
    answer: 'Room for the answer',
    free: 'Free',
    approximate: 'Estimated until the conversation starts.',
    full: 'This conversation is too long for the model. Nothing is cut silently: start a new one, or allow shorter answers.',
    tight: 'There may not be room for a full answer.',
  },
  startNew: 'New conversation about this photo',
  private: {
    badge: 'Private',
    hint: 'Nothing of this conversation is written to disk. It ends with the program.',
    on: 'New private conversation',
  },
  attach: 'Add a photo to the question',
  attached: (name: string) => `${name} goes with the next question`,
  attachedFirst: (name: string, others: number) =>
    `A question takes one photo: ${name} goes with it, ${format.plural(others, { one: '# other does', other: '# others do' })} not.`,
  attachedMost: (most: number, others: number) =>
    `A question takes ${format.number(most)} photos: ${format.plural(others, { one: '# was', other: '# were' })} left out.`,
  attachedInstead: (name: string, before: string) =>
    `${name} goes with the next question instead of ${before}.`,
  detach: (name: string) => `Do not send ${name}`,
  picture: (name: string) => `Show ${name}`,
  sampling: {
    title: 'Answer settings',
    reset: 'Defaults',
    temperature: 'Temperature',
    temperatureHint: '0 always takes the likeliest word; higher is more varied and less reliable.',
    topP: 'Top P',
    topK: 'Top K',
    minP: 'Min P',
    repeatPenalty: 'Repeat penalty',
    maxTokens: 'Longest answer (tokens)',
    seed: 'Seed',
    seedRandom: 'new each time',
    advanced: 'Advanced',
    systemPrompt: 'System prompt',
    systemPromptOwn: 'Empty: the package’s own',
  },
  link: {
    title: 'Open this page in your browser?',
    advice: 'The address was written by the model and may be wrong or harmful. Opening it leaves this app.',
    open: 'Open in browser',
  },
  noModel: 'Choose a model to get answers. The photo and its crops can be explored without.',
  scene: {
    empty: 'Ask about this scene',
    right: 'Right',
    wrong: 'Wrong',
    score: (right: number, all: number) => `${format.number(right)} of ${format.number(all)} right`,
    show: 'Show the truth',
    hide: 'Hide the truth',
    title: 'What is in the scene',
  },
  demo: 'The demo model knows drawn scenes, not photographs. It understands English only.',
  beyond: 'This is said by the model that comes with the app. It knows drawn scenes, not photographs.',
  disclaimer: 'Answers can be wrong.',
};
