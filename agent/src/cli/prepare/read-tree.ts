/** Trees named on the command line, opened with progress, and what they cannot record said. */
import {
  type ExcludeChoice,
  type InputTree,
  makeExecutable,
  type Recorded,
} from "@infield/shared/tree";
import { openTree } from "../../tree/open-tree.ts";
import type { Terminal } from "../output/terminal.ts";
import type { Input } from "../parse/commands.ts";
import { namePaths, notePrograms } from "./tree-report.ts";

/** How trees are read. */
export interface ReadOptions extends Recorded {
  readonly excludes: ExcludeChoice;
  readonly partition: number | undefined;
  /** Programs of an input without modes become executable. */
  readonly makesExecutable: boolean;
}

/** What the command line asks for; the same of every command that reads trees. */
export function readOptionsOf(
  input: Omit<Input<"delta apply">, "OLD" | "FILE" | "output">,
): ReadOptions {
  const { owners, times, selinux, exclude } = input;
  return {
    ...{ owners, times, selinux, xattrs: !input["no-xattrs"] },
    excludes: { patterns: exclude, defaults: !input["no-default-excludes"] },
    partition: input.partition,
    makesExecutable: input.executable === "auto",
  };
}

/** `name`: what the progress line calls it. Throws what `openTree` throws. */
export async function readTree(
  path: string,
  name: string,
  options: ReadOptions,
  terminal: Terminal,
): Promise<InputTree> {
  const leftOut = new Map<string, string[]>();
  let missing: string | undefined;
  const tree = await terminal.withProgress((update) =>
    openTree(path, {
      ...options,
      signal: terminal.signal,
      onProgress: ({ doneBytes, totalBytes }) => update(`reading ${name}`, doneBytes, totalBytes),
      onLeftOut(at, attribute) {
        leftOut.set(attribute, [...(leftOut.get(attribute) ?? []), at]);
      },
      onNoXattrs(program) {
        missing = program;
      },
    }),
  );
  // Whoever said --no-xattrs knows.
  if (options.xattrs !== false) noteLeftOut(name, leftOut, missing, terminal);
  if (options.makesExecutable) return makeExecutable(tree);
  notePrograms(name, tree.report, terminal);
  return tree;
}

function noteLeftOut(
  name: string,
  leftOut: ReadonlyMap<string, readonly string[]>,
  missing: string | undefined,
  terminal: Terminal,
): void {
  if (missing !== undefined)
    terminal.note(
      `capabilities and other extended attributes of ${name} were not read: ${missing} is missing`,
      "install it (Debian: package attr) and try again, or give --no-xattrs if there are none",
    );
  for (const [attribute, paths] of leftOut) {
    terminal.note(
      `${attribute} of ${paths.length} paths of ${name} is left out: ${namePaths(paths)}`,
      attribute === "security.selinux"
        ? "say --selinux to record labels"
        : "laptops cannot be given it; say --no-xattrs to leave out all attributes",
    );
  }
}
