// Loaded into every process of the program under test: on SIGUSR2 it appends what keeps its event loop alive, by kind, as one line.
import { appendFileSync } from 'node:fs';

process.on('SIGUSR2', () => {
  const counts = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  appendFileSync(process.env.INF_LLAVA_SOAK_REPORT, `${JSON.stringify({ pid: process.pid, counts })}\n`);
});
