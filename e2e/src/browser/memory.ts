/**
 * What a browser that this process started has needed so far. Linux only: it is read from /proc
 * (proc_pid_status(5)).
 */
import { readdirSync, readFileSync } from "node:fs";

/**
 * Peak bytes of resident memory: of the largest page with its workers, and of the browser itself,
 * which keeps Blobs.
 */
export interface BrowserPeaks {
  readonly pageBytes: number;
  readonly browserBytes: number;
}

export function readBrowserPeaks(): BrowserPeaks {
  const peaks = listDescendants(process.pid).flatMap(readPeak);
  const largest = (isPage: boolean) =>
    Math.max(0, ...peaks.filter((peak) => peak.isPage === isPage).map((peak) => peak.bytes));
  return { pageBytes: largest(true), browserBytes: largest(false) };
}

function listDescendants(ancestor: number): number[] {
  const parents = new Map(
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        const parent = /^PPid:\s+(\d+)/m.exec(readStatus(Number(name)))?.[1];
        return parent === undefined ? [] : [[Number(name), Number(parent)] as const];
      }),
  );
  const descends = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === ancestor || descends(parents.get(pid)));
  return [...parents.keys()].filter((pid) => pid !== ancestor && descends(pid));
}

function readPeak(pid: number): { isPage: boolean; bytes: number }[] {
  const kibibytes = /^VmHWM:\s+(\d+)/m.exec(readStatus(pid))?.[1];
  const command = read(`/proc/${pid}/cmdline`);
  if (kibibytes === undefined || !/chrom/i.test(command)) return [];
  return [{ isPage: command.includes("--type=renderer"), bytes: Number(kibibytes) * 1024 }];
}

const readStatus = (pid: number) => read(`/proc/${pid}/status`);

/** A process may end while it is looked at. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
