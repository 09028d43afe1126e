/**
 * What the command line says, and where: results go to stdout, progress and errors to stderr. With `json` the result
 * is one JSON document and an error is one too, so that a script never has to read prose. Words of a model, of a manifest
 * or of a file's name never steer the terminal: in prose a control character is shown as `\u001b`, in JSON it is escaped
 * so, which is exact.
 */
import { AppError, printableText, toAppError } from '../../preload/contract/errors.ts';

export const exitCodes = { done: 0, failed: 1, wrongUsage: 2 } as const;

/** Redraws at most this often; a terminal gains nothing from more. */
const redrawMilliseconds = 100;
/** Without a terminal (a log file), one line per this share of the work. */
const logStep = 0.1;
const barWidth = 24;

export interface Terminal {
  readonly json: boolean;
  /** Aborted by Ctrl-C. A second Ctrl-C ends the process at once. */
  readonly signal: AbortSignal;
  /** Writes a piece of the result as it comes. */
  write(text: string): void;
  /** The whole result: `value` as JSON, or the lines of `text`. */
  result(value: unknown, text: string): void;
  /** A remark on stderr. */
  note(text: string): void;
  /**
   * Shows how far a job is, 0..1. Call `endProgress` before anything else is printed. `detail` changes all the time and
   * is shown where lines are drawn anew, not in a log.
   */
  progress(label: string, fraction: number, secondsLeft?: number | null, detail?: string): void;
  endProgress(): void;
}

export function openTerminal(options: { json: boolean }): Terminal {
  const abort = new AbortController();
  process.on('SIGINT', () => {
    if (abort.signal.aborted) process.exit(exitCodes.failed);
    abort.abort();
  });
  // A reader that closes early (`| head`) ends the program quietly.
  process.stdout.on('error', () => process.exit(exitCodes.failed));

  const bar = progressBar();
  return {
    json: options.json,
    signal: abort.signal,
    write: (text) => {
      if (!options.json) process.stdout.write(printableText(text));
    },
    result: (value, text) => {
      bar.end();
      process.stdout.write(printableText(options.json ? `${JSON.stringify(value, null, 2)}\n` : `${text}\n`));
    },
    note: (text) => {
      bar.end();
      process.stderr.write(`${printableText(text)}\n`);
    },
    progress: bar.show,
    endProgress: bar.end,
  };
}

/** Prints what went wrong in one line and gives the exit code. */
export function reportError(error: unknown, json: boolean): number {
  const known = toAppError(error);
  if (json) {
    const { code, message, details } = known;
    process.stdout.write(
      printableText(`${JSON.stringify({ error: { code, message, details } }, null, 2)}\n`),
    );
  }
  process.stderr.write(`inf-llava: ${known.message}\n`);
  if (known.code === 'internal' && process.env['INF_LLAVA_DEBUG'] !== undefined) {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  }
  return known.code === 'wrong-usage' ? exitCodes.wrongUsage : exitCodes.failed;
}

/** Parses a number of the command line; throws `wrong-usage` outside `least`..`most`. */
export function numberOption(name: string, least: number, most: number, whole = false) {
  return (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= least && value <= most) || (whole && !Number.isInteger(value))) {
      const kind = whole ? 'a whole number' : 'a number';
      throw new AppError('wrong-usage', `${name} takes ${kind} from ${least} to ${most}, not "${text}".`);
    }
    return value;
  };
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toPrecision(3)} ${units[unit]}`;
}

function formatSeconds(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  if (seconds < 3600) return `${Math.ceil(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}

function progressBar() {
  const live = process.stderr.isTTY === true;
  let drawnAt = 0;
  let drawn = false;
  let logged = { label: '', fraction: 0 };
  return {
    show(label: string, fraction: number, secondsLeft: number | null = null, detail = '') {
      const left = secondsLeft === null ? '' : `, ${formatSeconds(secondsLeft)} left`;
      const percent = `${Math.floor(fraction * 100)} %`.padStart(5);
      if (live) {
        const now = performance.now();
        if (now - drawnAt < redrawMilliseconds && fraction < 1) return;
        drawnAt = now;
        drawn = true;
        const filled = Math.round(fraction * barWidth);
        const bar = '#'.repeat(filled).padEnd(barWidth, '.');
        process.stderr.write(`\r\x1b[2K[${bar}]${percent}  ${label}${detail}${left}`);
      } else if (label !== logged.label || fraction >= logged.fraction + logStep) {
        logged = { label, fraction };
        process.stderr.write(`${percent}  ${label}${left}\n`);
      }
    },
    end() {
      if (drawn) process.stderr.write('\r\x1b[2K');
      drawn = false;
      logged = { label: '', fraction: 0 };
    },
  };
}
