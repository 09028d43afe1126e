import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  id: string;
  nodes: { html: string; failureSummary?: string }[];
}

/** What axe finds on the page, as text; empty when it finds nothing. */
export async function violations(page: Page): Promise<string> {
  // A page with a strict content security policy takes no script from elsewhere; the test's own context does.
  const found = await page.evaluate(async (source) => {
    new Function(source)();
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
    return (await axe.run()).violations;
  }, axeSource);
  return found
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}\n${node.failureSummary ?? ''}`))
    .join('\n\n');
}
