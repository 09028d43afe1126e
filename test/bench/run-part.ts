/** Child of the bench: measures one part and sends its figures to the parent. */
import type { Figure } from './figure.ts';

const part = process.argv[2]!;
const { measure } = (await import(`./${part}.ts`)) as {
  measure: (options: { readonly published: boolean }) => Promise<Figure[]>;
};
const published = process.argv.includes('--published');
process.send!(await measure({ published }), () => process.exit(0));
