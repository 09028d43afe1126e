#!/usr/bin/env node
// `inf-llava ...`: the same as `npm run -s cli -- ...`, from any folder.
process.argv.splice(2, 0, 'main/cli/index.ts');
await import('../bootstrap.mjs');
