/** Figures in documents stand between two markers, so that a program can renew them. */
import { readFileSync, writeFileSync } from "node:fs";

/**
 * Replaces what stands between `<!-- NAME -->` and `<!-- /NAME -->`. Throws where a marker is
 * missing.
 */
export function writeBetween(file: string, name: string, text: string): void {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const whole = readFileSync(file, "utf8");
  const [from, to] = [whole.indexOf(begin), whole.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${file} has no ${begin} … ${end}`);
  writeFileSync(file, `${whole.slice(0, from + begin.length)}\n${text}\n${whole.slice(to)}`);
}
