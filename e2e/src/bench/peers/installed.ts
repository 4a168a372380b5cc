/** What is installed here, and in which version. */
import { execFileSync } from "node:child_process";
import { delimiter } from "node:path";
import { findOnPath } from "../../harness/find-on-path.ts";
import { keptFolder } from "../pairs/kept.ts";

/** Programs that `npm run bench:peers` built are found like installed ones. */
export function addBuiltPrograms(): void {
  process.env.PATH = [keptFolder("programs"), process.env.PATH ?? ""].join(delimiter);
}

/** The version of a Debian package, or what the program says itself. */
export function versionOf(program: string, ...args: readonly string[]): string {
  const ask = (name: string, ...more: readonly string[]) =>
    execFileSync(name, more, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  try {
    return `${program} ${ask("dpkg-query", "-W", "-f", "$" + "{Version}", program)}`;
  } catch {
    const said = ask(program, ...args);
    return `${program} ${/\d+(\.\d+)+/.exec(said)?.[0] ?? "of a version it does not say"}`;
  }
}

/** The first of these programs that is not there. */
export function findMissing(programs: readonly string[]): string | undefined {
  return programs.find((program) => findOnPath([program]) === undefined);
}
