import { arch, availableParallelism, freemem, release, totalmem } from 'node:os';
import type {
  AppDescription,
  EngineStatus,
  ModelPackage,
  Settings,
  StorageUse,
} from '../../preload/contract/api.ts';

export interface DiagnosticFacts {
  readonly app: AppDescription;
  readonly settings: Settings;
  readonly engine: EngineStatus;
  readonly packages: readonly ModelPackage[];
  readonly storage: StorageUse;
}

/**
 * What helps to understand a fault, as text to be copied: versions, machine, settings and sizes. Nothing of photos,
 * questions, answers, names or paths; of the system prompt only whether there is one.
 */
export function diagnosticText({ app, settings, engine, packages, storage }: DiagnosticFacts): string {
  const { systemPrompt, packageId, hubEndpoint, ...plain } = settings;
  const used = packages.find(({ id }) => id === (engine.packageId ?? packageId));
  const sections: [title: string, facts: Readonly<Record<string, unknown>>][] = [
    ['Program', { version: app.version, host: app.host, ...app.versions }],
    [
      'Machine',
      {
        platform: `${app.platform} ${release()} ${arch()}`,
        processors: availableParallelism(),
        memory: `${gigabytes(freemem())} free of ${gigabytes(totalmem())}`,
        languages: app.languages.join(', '),
      },
    ],
    [
      'Settings',
      {
        ...plain,
        sampling: JSON.stringify(plain.sampling),
        systemPrompt: systemPrompt ? 'changed' : 'own',
        hub: hubEndpoint === null ? 'public' : 'another',
      },
    ],
    [
      'Model',
      {
        state: engine.state,
        device: engine.device ?? 'none',
        memory: engine.residentBytes === null ? 'none' : gigabytes(engine.residentBytes),
        error: engine.error?.code ?? 'none',
        package: used ? `${used.id} ${used.kind} ${used.visionPrecision}/${used.languagePrecision}` : 'none',
        packages: packages.length,
        unusable: packages.filter(({ error }) => error !== null).length,
      },
    ],
    ['Storage', Object.fromEntries(storage.areas.map(({ area, bytes }) => [area, gigabytes(bytes)]))],
    ['Notices', Object.fromEntries(app.notices.map(({ code }) => [code, 'yes']))],
  ];
  return sections
    .map(([title, facts]) =>
      [title, ...Object.entries(facts).map(([name, value]) => `  ${name}: ${value}`)].join('\n'),
    )
    .join('\n');
}

const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(2)} GiB`;
