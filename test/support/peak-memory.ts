import { readFileSync } from 'node:fs';

/**
 * The most memory this process has had resident, in bytes. What `resourceUsage` says is on Linux never less than what the
 * parent had when it started this process.
 */
export function peakResidentBytes(): number {
  const kibibytes =
    process.platform === 'linux'
      ? Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1])
      : process.resourceUsage().maxRSS;
  return kibibytes * 1024;
}
