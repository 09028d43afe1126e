/** Child of the bench: measures one part and sends its figures to the parent. */
import type { Figure } from './figure.ts';

const part = process.argv[2]!;
const { measure } = (await import(`./${part}.ts`)) as { measure: () => Promise<Figure[]> };
process.send!(await measure(), () => process.exit(0));
