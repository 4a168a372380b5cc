/**
 * What a process costs, as Linux counts it in /proc: memory (proc_pid_smaps(5)), processor time,
 * and how often it is woken.
 */
import { readdirSync, readFileSync } from "node:fs";

/** Of a second, in which processor time is counted: the same on every Linux that runs Node. */
const TICKS = 100;

export interface Memory {
  /** Bytes: resident, its share of what several processes have resident, and what is its alone. */
  readonly rss: number;
  readonly pss: number;
  readonly uss: number;
}

export function readMemory(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const bytes = (field: string) =>
    Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(text)?.[1]) * 1024;
  return {
    rss: bytes("Rss"),
    pss: bytes("Pss"),
    uss: bytes("Private_Clean") + bytes("Private_Dirty"),
  };
}

/**
 * Every thread of the process gives the processor away when it has nothing to do, and so has been
 * woken as often.
 */
export function countWakings(pid: number): number {
  return readdirSync(`/proc/${pid}/task`)
    .map((thread) => readFileSync(`/proc/${pid}/task/${thread}/status`, "utf8"))
    .reduce(
      (total, status) => total + Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1]),
      0,
    );
}

/**
 * Seconds of processor time that the process, its threads included, has used; 0 for one that is
 * gone.
 */
export function readCpuSeconds(pid: number): number {
  try {
    // After the name, which may hold anything and ends with the last bracket; fields 14 and 15 of
    // proc_pid_stat(5).
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  } catch {
    return 0;
  }
}
