import { expect, test, vi } from 'vitest';

import { openTerminal } from '../../main/cli/terminal.ts';

test('an answer keeps its lines and columns and steers nothing', () => {
  const written: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  const terminal = openTerminal({ json: false });
  terminal.write('One\ttwo\n한글 😀 \u001b[2J\r\u009b1A\u202egnp.exe');
  write.mockRestore();
  expect(written).toEqual(['One\ttwo\n한글 😀 \\u001b[2J\\u000d\\u009b1A\\u202egnp.exe']);
});
