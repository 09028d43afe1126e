import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { openBench } from '../../native-models/eval/bench.ts';
import { openResults, type RunIdentity } from '../../native-models/eval/results-file.ts';
import { openTsv } from '../../native-models/eval/tsv.ts';
import { expectFault } from '../support/faults.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const write = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

describe('TSV files', () => {
  const read = async (content: string | Uint8Array) => {
    const file = await openTsv(write('a.tsv', content));
    const rows = [];
    try {
      for (const row of file.rows) rows.push([...(await file.read(row)).values()]);
    } finally {
      await file.close();
    }
    return { columns: file.columns, first: file.rows.map(({ first }) => first), rows };
  };

  test('fields in quotes hold tabs, line ends and doubled quotes', async () => {
    const { columns, first, rows } = await read(
      'index\tquestion\tanswer\r\n0\t"a\tb\nc ""d"""\tx\r\n"1"\tplain "quotes" within\ty\n2\t""\t""""\n3\t\t',
    );
    expect(columns).toEqual(['index', 'question', 'answer']);
    expect(first).toEqual(['0', '1', '2', '3']);
    expect(rows).toEqual([
      ['0', 'a\tb\nc "d"', 'x'],
      ['1', 'plain "quotes" within', 'y'],
      ['2', '', '"'],
      ['3', '', ''],
    ]);
  });

  test('fields far longer than what is read at a time', async () => {
    const long = 'A'.repeat(9 * 2 ** 20);
    const { rows } = await read(`index\timage\tquestion\n7\t${long}\tIs it?\n8\t"${long}"\tlast`);
    expect(rows.map(([index, image, question]) => [index, image!.length, question])).toEqual([
      ['7', long.length, 'Is it?'],
      ['8', long.length, 'last'],
    ]);
  });

  test.each([
    ['a row with too few fields', 'index\tquestion\n0\n', '1 fields in row 0, and 2 columns'],
    ['a file cut off within quotes', 'index\tquestion\n0\t"abc', 'truncated'],
    ['an empty file', '', 'is empty'],
  ])('%s is refused', async (_, content, word) => {
    await expectFault(read(content), 'wrong-usage', 'a.tsv', word);
  });
});

describe('benchmarks', () => {
  const photo = Buffer.from('a photo whose bytes are longer in base64 than any index of a row is');
  const base64 = photo.toString('base64');

  test('multiple choice of VLMEvalKit, a picture named by the row that has it', async () => {
    const path = write(
      'MMBench_DEV_EN.tsv',
      [
        'index\timage\tquestion\thint\tA\tB\tC\tD\tcategory\tanswer',
        `241\t${base64}\tWhich?\tnan\tcat\tdog\tnan\t\tanimals\tB`,
        '1000241\t241\tWhich now?\tIt barks.\tdog\tcat\tbus\tsea\tanimals\tA',
      ].join('\n'),
    );
    const bench = await openBench(path, undefined);
    expect(bench.metric).toBe('choice');
    expect(bench.indices).toEqual(['241', '1000241']);
    const [one, two] = [await bench.read(0), await bench.read(1)];
    await bench.close();
    expect(one).toMatchObject({ options: { A: 'cat', B: 'dog' }, answers: ['B'], category: 'animals' });
    expect(one.prompt).toMatch(/^Which\?\nA\. cat\nB\. dog\nAnswer with/);
    expect(two.prompt).toMatch(/^It barks\.\nWhich now\?\nA\. dog\n/);
    for (const { photo: bytes } of [one, two])
      expect(Buffer.from(bytes as Uint8Array).equals(photo)).toBe(true);
  });

  test('answers that are a Python list, pictures that are files', async () => {
    const path = write(
      'TextVQA_VAL.tsv',
      `index\timage_path\tquestion\tanswer\n0\tpictures/a.jpg\tWhat is written?\t"['stop', ""it's""]"\n`,
    );
    const bench = await openBench(path, undefined);
    expect(bench.metric).toBe('vqa');
    expect(await bench.read(0)).toMatchObject({
      photo: join(folder, 'pictures', 'a.jpg'),
      answers: ['stop', "it's"],
    });
    await bench.close();
  });

  test('questions of one’s own, a JSON object a line', async () => {
    const lines = [
      { photo: 'a.jpg', question: 'What?', answers: ['this'], category: 'own' },
      { index: 'x', photo: '/tmp/b.jpg', question: 'Which?', answers: ['B'], options: { A: '1', B: '2' } },
    ];
    const path = write('mine.jsonl', lines.map((line) => JSON.stringify(line)).join('\n\n'));
    await expectFault(openBench(path, undefined), 'wrong-usage', 'mine.jsonl', '--metric', 'contains');
    const bench = await openBench(path, 'contains');
    expect(bench.indices).toEqual(['1', 'x']);
    expect(await bench.read(0)).toMatchObject({
      photo: join(folder, 'a.jpg'),
      prompt: 'What?',
      category: 'own',
    });
    expect(await bench.read(1)).toMatchObject({ photo: '/tmp/b.jpg', options: { A: '1', B: '2' } });
  });

  test.each([
    ['MME.tsv', 'yes-no'],
    ['POPE.tsv', 'yes-no'],
    ['SEEDBench_IMG.tsv', 'choice'],
    ['ScienceQA_VAL.tsv', 'choice'],
    ['DocVQA_VAL.tsv', 'anls'],
    ['InfoVQA_VAL.tsv', 'anls'],
    ['ChartQA_TEST.tsv', 'relaxed'],
    ['OCRBench.tsv', 'contains'],
    ['MMVet.tsv', 'collect'],
    ['mm-vet-v2.tsv', 'collect'],
  ])('%s is judged by %s', async (name, metric) => {
    const bench = await openBench(write(name, 'index\timage\tquestion\tanswer\n'), undefined);
    await bench.close();
    expect(bench.metric).toBe(metric);
  });

  test.each<[string, string, string, string[]]>([
    [
      'an index twice',
      'POPE.tsv',
      'index\timage\tquestion\n1\ta\tb\n1\ta\tb\n',
      ['POPE.tsv', 'index 1 twice'],
    ],
    ['no questions', 'POPE.tsv', 'index\timage\n', ['no column question']],
    ['no index in front', 'POPE.tsv', 'image\tindex\tquestion\n', ['first column is not index']],
    ['a line that is no JSON', 'a.jsonl', '{"photo"', ['line 1 is no JSON']],
    ['a line without a photo', 'a.jsonl', '{"question": "x"}', ['line 1', 'photo']],
  ])('%s is refused', async (_, name, content, words) => {
    await expectFault(openBench(write(name, content), 'contains'), 'wrong-usage', ...words);
  });

  test('a row without a photo is refused when it is its turn', async () => {
    const bench = await openBench(write('POPE.tsv', 'index\timage\tquestion\n5\t\tIs it?\n'), undefined);
    await expectFault(bench.read(0), 'wrong-usage', 'row 5 has no photo');
    await bench.close();
  });
});

describe('answers that are kept', () => {
  const identity: RunIdentity = {
    ...{ bench: 'a.tsv', bytes: 10, modifiedMs: 1, metric: 'vqa' },
    ...{ package: 'abc', maxTokens: 32, preprocess: '' },
  };
  const result = (index: string) => ({ index, answer: 'x\ny', score: 0.3, category: 'all' });

  test('are there again, but for a line that was cut off', async () => {
    const path = join(folder, 'runs', 'a.jsonl');
    const first = await openResults(path, identity);
    await first.add(result('1'));
    await first.add(result('2'));
    await first.close();
    const whole = readFileSync(path, 'utf8');
    appendFileSync(path, JSON.stringify(result('3')).slice(0, 20));
    const second = await openResults(path, identity);
    expect([...second.results.keys()]).toEqual(['1', '2']);
    expect(readFileSync(path, 'utf8')).toBe(whole);
    await second.add(result('3'));
    await second.close();
    const third = await openResults(path, identity);
    expect([...third.results.values()]).toEqual(['1', '2', '3'].map(result));
    await third.close();
  });

  test('of another run are not taken for this one’s', async () => {
    const path = join(folder, 'runs', 'a.jsonl');
    await expectFault(
      openResults(path, { ...identity, package: 'other' }),
      'wrong-usage',
      'a.jsonl',
      'another run',
    );
  });
});
