import { Command } from 'commander';
import { printable } from '../../preload/contract/errors.ts';
import { familyOf, type ViewPlan } from '../../native-models/families/index.ts';
import type { Manifest } from '../../native-models/package/manifest.ts';
import type { OpenedPackage } from '../../native-models/package/open-package.ts';
import { packageFolder } from './package-folder.ts';
import { formatBytes, openTerminal } from './terminal.ts';

export function inspectCommand(): Command {
  return new Command('inspect')
    .argument('<package>', 'its folder, or its name in `models list`')
    .option('--json', 'print the manifest as JSON', false)
    .action(async (named: string, options: { json: boolean }) => {
      const terminal = openTerminal(options);
      const folder = await packageFolder(named, terminal);
      const { openPackage } = await import('../../native-models/package/open-package.ts');
      const opened = await openPackage(folder, { verify: true, signal: terminal.signal });
      terminal.result({ ...opened.manifest, contentSha256: opened.contentSha256 }, describe(opened));
    });
}

function describe({ manifest, contentSha256, path }: OpenedPackage): string {
  const { source, views, vision, language, files } = manifest;
  const kept = vision.cosine.keptInFloat32;
  const facts: [string, string][] = [
    ['name', manifest.name],
    ['source', `${source.checkpoint}; vision tower ${source.tower}`],
    ['licence', source.licence],
    ['family', describeNumbers(views)],
    ['a photo', describePlan(familyOf(manifest).plan(usualPhoto))],
    [
      'vision',
      `${vision.layersRun} layers, width ${vision.width}, ${vision.heads} heads, patch ${vision.patch}, ${vision.precision}`,
    ],
    [
      'cosine',
      `${vision.cosine.mean.toFixed(5)} mean, ${vision.cosine.worst.toFixed(5)} worst, against float32`,
    ],
    ...(kept.length > 0 ? [['in float32', kept.join(', ')] as [string, string]] : []),
    [
      'language',
      `${language.layers} layers, width ${language.width}, ${language.heads} heads (${language.keyValueHeads} key-value), ` +
        `${language.vocabulary} tokens, ${language.precision}`,
    ],
    ['context', `${language.contextTrained} tokens trained, ${language.contextLimit} at most`],
    ['stop ids', language.stopIds.join(', ')],
    ['content', `sha256 ${contentSha256}`],
  ];
  const outside = files['language.gguf']?.outside;
  if (outside) facts.push(['uses', `${path('language.gguf')}, where it lies`]);
  const lines = facts.map(([name, value]) => `${name.padEnd(12)}${printable(value)}`);
  const fileLines = Object.entries(files).map(
    ([name, { bytes, sha256 }]) => `  ${name.padEnd(22)}${formatBytes(bytes).padStart(9)}  sha256 ${sha256}`,
  );
  return [...lines, 'files, all as the manifest says:', ...fileLines].join('\n');
}

/** The numbers of a family by their names in the manifest. */
function describeNumbers({ family, ...numbers }: Manifest['views']): string {
  const facts = Object.entries(numbers).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return [family, ...facts].join(', ');
}

/** The shape of most cameras. */
const usualPhoto = { x: 0, y: 0, width: 4000, height: 3000 };

function describePlan({ views, rows }: ViewPlan): string {
  const count = (kind: string) => views.filter((view) => view.kind === kind).length;
  const kinds = ['local', 'global', 'base'].filter((kind) => count(kind) > 0);
  const sides = [...new Set(views.map(({ side }) => side))];
  const passes = `${views.length} encoder ${views.length === 1 ? 'pass' : 'passes'}`;
  const seen = kinds.map((kind) => `${count(kind)} ${kind}`).join(', ');
  return `of 4:3: ${passes} of ${sides.join(', ')} pixels (${seen}), ${rows} tokens`;
}
