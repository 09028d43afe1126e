import type { UnsupportedPhoto } from '../../../preload/contract/errors.ts';
import {
  baseName,
  fileSentence,
  type ErrorSentences,
  type FileSentences,
  type FileTitles,
} from '../sentences.ts';

/** What happened and what to do, for every code that can reach the window. */
export const errors: ErrorSentences = {
  cancelled: {
    title: ({ reason }) =>
      reason === 'network-off' ? 'The network is switched off in Settings under Privacy.' : 'Stopped.',
    advice: 'You can start it again at any time.',
  },
  'wrong-usage': {
    title: (details) =>
      fileSentence(details, files)?.title(baseName(details) ?? 'The folder') ??
      'The program did not accept this request.',
    advice: (details) =>
      fileSentence(details, files)?.advice ??
      'Reload the window. If it happens again, copy the diagnostics from Help.',
  },
  'written-otherwise': {
    title: ({ package: name }) => `${name} wrote this answer.`,
    advice: 'Choose that model again, with the same detail, to see where it looked.',
  },
  'file-missing': {
    title: (details) => `${baseName(details) ?? 'The file'} is not there any more.`,
    advice: 'If it was moved, use “Locate…” to show where it is now.',
  },
  'file-unreadable': {
    title: (details) => `${baseName(details) ?? 'The file'} cannot be read.`,
    advice: 'Check that the disk is connected and that the file can be opened by other programs.',
  },
  'photo-unsupported': {
    title: ({ reason, name, ...details }) =>
      (photoTitles[reason] ?? noPhoto)(baseName(details) ?? 'This file', name ?? ''),
    advice: ({ reason }) => photoAdvice[reason] ?? (photoTitles[reason] ? saveCopy : whatOpens),
  },
  'photo-damaged': {
    title: (details) => `${baseName(details) ?? 'This photo'} is damaged.`,
    advice: 'Copy it again from where it came from, or open another.',
  },
  'photo-undecodable': {
    title: (details) =>
      details.reason === 'endless'
        ? `${baseName(details) ?? 'This photo'} takes too long to read.`
        : `${baseName(details) ?? 'This photo'} stops the part of the app that reads photos.`,
    advice:
      'It is not tried again by itself. Save it anew with another program and open that copy, or open it again to try once more.',
  },
  'photo-too-large': {
    title: (details) => `${baseName(details) ?? 'This photo'} has too many pixels.`,
    advice: 'Reduce it in another program and open the smaller copy.',
  },
  'photo-changed': {
    title: (details) => `${baseName(details) ?? 'The photo'} has changed since it was opened.`,
    advice: 'Open it again: questions are then about the new picture.',
  },
  'checkpoint-invalid': {
    title: (details) =>
      fileSentence(details, files)?.title(baseName(details) ?? 'The file') ??
      `${baseName(details) ?? 'The checkpoint'} is not a model this app understands.`,
    advice: (details) => fileSentence(details, files)?.advice ?? 'Download it again, or choose another.',
  },
  'package-invalid': {
    title: (details) =>
      fileSentence(details, files)?.title(baseName(details) ?? 'The model') ??
      `The model package is damaged${fileSuffix(baseName(details))}.`,
    advice: 'Make or install the package again, or choose another in Settings.',
  },
  'package-exists': {
    title: () => 'A package of that name is already there.',
    advice: 'Choose another name, or remove the old one first.',
  },
  'catalogue-invalid': {
    title: (details) => `${baseName(details) ?? 'This entry'} is not a model this app can offer.`,
    advice: 'Correct the entry, or remove its file from the catalogue folder.',
  },
  'licence-not-accepted': {
    title: (details) => `${details.names ?? 'A licence'} has to be accepted first.`,
    advice: 'Read it, agree to it if you do, and start the download again.',
  },
  'network-failed': {
    title: (details) =>
      networkTitles[details.reason]?.(host(details)) ?? `${host(details)} cannot be reached.`,
    advice: 'Check the connection and choose “Resume”: what has arrived is kept.',
  },
  'hub-refused': {
    title: (details) => refusalTitles[details.reason] ?? `${host(details)} did not give the model.`,
    advice:
      'Check the access token and the terms on the model’s page, then choose “Resume”. A mirror may not have every model.',
  },
  'download-damaged': {
    title: (details) => `${baseName(details) ?? 'A file'} did not arrive as it was published.`,
    advice:
      'It was not used. Choose “Resume” to download it again; if it keeps happening, try another mirror.',
  },
  'source-changed': {
    title: (details) => `${baseName(details) ?? 'A file'} was changed by its publisher during the download.`,
    advice: 'Choose “Resume”: it looks again at what is published and begins anew where it has to.',
  },
  'linked-file-changed': {
    title: (details) =>
      `${baseName(details) ?? 'A file of the model'} is not where it was, or is not the file it was.`,
    advice:
      'This model uses a language file where it lies on your disk. Put that file back, or import the model again.',
  },
  'disk-full': {
    title: () => 'The disk is full.',
    advice:
      'Free some space, for example in Settings under Storage, and try again. Nothing was half-written.',
  },
  'not-writable': {
    title: (details) => `There is no permission for ${baseName(details) ?? 'this file or folder'}.`,
    advice: 'Check the permissions of the file and of the app’s data folder.',
  },
  'too-many-pictures': {
    title: ({ given }, format) =>
      `This question brings ${format.number(given)} pictures, and the model looks at one at a time.`,
    advice:
      'Ask about one picture first and bring the next one with a further question, or choose a model that compares pictures.',
  },
  'context-overflow': {
    title: ({ needed, available }, format) =>
      `This needs ${format.number(needed)} tokens, and the context holds ${format.number(available)}.`,
    advice: 'Shorten the question, allow a shorter answer, or start a new conversation about this photo.',
  },
  'out-of-memory': {
    title: () => 'There is not enough memory.',
    advice: 'Close other programs, choose a smaller context or the CPU in Settings, and try again.',
  },
  'runtime-unavailable': {
    title: () => 'The part that runs the model cannot be started on this machine.',
    advice: 'Choose CPU as the device in Settings. If that does not help, copy the diagnostics from Help.',
  },
  'process-died': {
    title: (details) =>
      processTitles[details.process] ?? 'The part that runs the model stopped unexpectedly.',
    advice: 'What was written is kept. It starts again with your next request.',
  },
  internal: {
    title: () => 'Something went wrong inside the app.',
    advice: 'Try again. If it keeps happening, copy the diagnostics from Help.',
  },
  unreachable: {
    title: () => 'The program is not answering.',
    advice: 'If you started it in a terminal, check that it is still running there.',
  },
  'not-signed-in': {
    title: () => 'This page may no longer talk to the program.',
    advice: 'Reload it and sign in with the code that the program shows in its terminal.',
  },
};

const chooseHalves =
  'Choose the mmproj file as the vision half and the other file as the language model; perhaps they were exchanged.';

const files: FileSentences = {
  'no-numbers': {
    title: (file) => `The model computed no numbers (${file}).`,
    advice: 'Its weights are damaged. Install it again, or choose another in Settings.',
  },
  'no-checkpoint': {
    title: (file) => `${file} holds no checkpoint.`,
    advice: 'Choose the folder in which config.json lies.',
  },
  'no-tower': {
    title: () => 'The checkpoint does not hold its vision tower.',
    advice: 'Choose a CLIP folder as well: openai/clip-vit-large-patch14-336.',
  },
  'not-gguf': {
    title: (file) => `${file} is not a GGUF file.`,
    advice: 'The content decides, not the name: download it again, or choose another.',
  },
  'lfs-pointer': {
    title: (file) => `${file} only says where the real file is (a Git LFS pointer).`,
    advice: 'Run “git lfs pull” in its folder, or download the file itself.',
  },
  'big-endian': {
    title: (file) => `${file} was made for computers of another byte order (big-endian).`,
    advice: 'Choose the usual file of this model, or convert it with gguf_convert_endian.py of llama.cpp.',
  },
  'split-part': {
    title: (file) => `${file} is one part of a model in several files.`,
    advice: 'Put all parts into one folder under the names they were published with, and choose any of them.',
  },
  'not-vision-half': {
    title: (file) => `${file} is not the vision half (mmproj) of a pair.`,
    advice: chooseHalves,
  },
  'not-language-half': {
    title: (file) => `${file} is the vision half of a pair, not the language model.`,
    advice: chooseHalves,
  },
  'not-a-pair': {
    title: (file) => `${file} does not fit this language model: their sizes differ.`,
    advice: 'Choose the two files that were published together.',
  },
  'no-partner': {
    title: (file) => `${file} has no other half in this folder.`,
    advice: 'Put the file that was published with it into the same folder, or choose the two where they lie.',
  },
  'number-format': {
    title: (file) => `${file} is in a number format that this app does not read in a vision half.`,
    advice: 'Choose the same mmproj file in F16, BF16, F32 or Q8_0.',
  },
  'unsupported-model': {
    title: (file) => `${file} belongs to a model that this app cannot run.`,
    advice: 'Choose a LLaVA-1.5 or 1.6, SmolVLM or InternVL model instead; llama.cpp runs the others.',
  },
};

const noPhoto = (file: string) => `${file} is not a photo this app can open.`;

/** By the reason; conversations of earlier versions hold others. */
const photoTitles: FileTitles = {
  'camera-raw': (file, name) => `${file} is a camera raw file (${name}) without a preview to show.`,
  compression: (file, name) => `${file} uses ${name}, which cannot be opened.`,
  samples: (file, name) => `${file} has pixels of the type ${name}, which cannot be opened.`,
  colours: (file, name) => `${file} is a picture in ${name}, which cannot be opened.`,
  animation: (file, name) => `${file} is an animated ${name}, which cannot be opened.`,
} satisfies Record<Exclude<UnsupportedPhoto, 'no-photo'>, FileTitles[string]>;

const whatOpens =
  'JPEG, PNG, WebP, AVIF, GIF, TIFF, BMP, HEIC and the previews of camera raws can be opened. The content decides, not the name.';
const saveCopy = 'Save it as JPEG, PNG or 8-bit TIFF and open that copy.';

const photoAdvice: Readonly<Record<string, string>> = {
  'camera-raw': 'Export it as JPEG from the program you develop photos with.',
  animation: 'Save one of its frames as PNG and open that.',
};

const processTitles: Readonly<Record<string, string>> = {
  images: 'The part that reads photos stopped unexpectedly.',
  models: 'The part that fetches and converts models stopped unexpectedly.',
};

const networkTitles: Readonly<Record<string, (host: string) => string>> = {
  stalled: (host) => `${host} has stopped sending.`,
  busy: (host) => `${host} is too busy at the moment.`,
  redirects: (host) => `${host} keeps pointing somewhere else.`,
  answer: (host) => `${host} does not answer as a model hub does.`,
};

const refusalTitles: Readonly<Record<string, string>> = {
  gated: 'This model is only given to people who asked for access.',
  token: 'The access token was not accepted.',
  'not-found': 'The model is not there, or no longer.',
};

const host = (details: { readonly host?: string }) => details.host ?? 'The model hub';
const fileSuffix = (file: string | null) => (file ? ` (${file})` : '');
