import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** A folder of this test file's own, deleted after its last test. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'inf-llava-'));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
