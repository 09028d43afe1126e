/** How often `run` looks at characters: a measure of work that no machine's speed changes. `run` must be synchronous. */
export function countWork(run: () => void): number {
  let work = 0;
  const restore: (() => void)[] = [];
  const count = (owner: object, names: readonly string[]) => {
    for (const name of names) {
      const original = Reflect.get(owner, name) as (...input: unknown[]) => unknown;
      const counted = function (this: unknown, ...input: unknown[]) {
        work++;
        return original.apply(this, input);
      };
      Object.defineProperty(owner, name, { value: counted, configurable: true, writable: true });
      restore.push(() =>
        Object.defineProperty(owner, name, { value: original, configurable: true, writable: true }),
      );
    }
  };
  count(String.prototype, ['charCodeAt', 'codePointAt', 'charAt', 'indexOf', 'slice', 'substring']);
  count(RegExp.prototype, ['exec', 'test']);
  try {
    run();
  } finally {
    for (const undo of restore) undo();
  }
  return work;
}
