import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

// One name, one meaning: what two modules of the program export under one name, somebody will take for the same thing.

const root = join(import.meta.dirname, '..');

const modules = ['main', 'preload', 'renderer', 'native-models'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts'))
    .map((entry) => join(entry.parentPath, entry.name)),
);

/** The texts of the window in each language are one module, written once for each. */
const moduleName = (path: string) =>
  relative(root, path)
    .replaceAll('\\', '/')
    .replace(/^renderer\/i18n\/(en|ko)\//, 'renderer/i18n/');

/** Names that a module declares and exports, not those it passes on. */
function exportedNames(path: string): string[] {
  const { statements } = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest);
  return statements.flatMap((statement) => {
    const isExported =
      ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    if (!isExported) return [];
    const declarations = ts.isVariableStatement(statement)
      ? statement.declarationList.declarations
      : [statement as ts.DeclarationStatement];
    return declarations.flatMap(({ name }) => (name && ts.isIdentifier(name) ? [name.text] : []));
  });
}

test('no two modules export different things under one name', () => {
  const owners = new Map<string, Set<string>>();
  for (const path of modules) {
    for (const name of exportedNames(path))
      owners.set(name, (owners.get(name) ?? new Set()).add(moduleName(path)));
  }
  expect(owners.size).toBeGreaterThan(500);
  const shared = [...owners]
    .filter(([, { size }]) => size > 1)
    .map(([name, paths]) => [name, ...paths].join(' '));
  expect(shared).toEqual([]);
});
