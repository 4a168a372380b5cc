/** Trees named on the command line, opened with progress, and what they cannot record said. */
import type { Recorded, SourceTree } from "@infield/shared/tree";
import { openTree } from "../../tree/open-tree.ts";
import type { Terminal } from "../output/terminal.ts";
import type { Input } from "../parse/commands.ts";

/** Paths named in a note. */
const NAMED = 3;

/** What the command line asks to be recorded. */
export function recordedBy(
  input: Pick<Input<"delta create">, "owners" | "times" | "selinux" | "no-xattrs">,
): Recorded {
  const { owners, times, selinux } = input;
  return { owners, times, selinux, xattrs: !input["no-xattrs"] };
}

/** `name`: what the progress line calls it. Throws what `openTree` throws. */
export async function readTree(
  path: string,
  name: string,
  recorded: Recorded,
  terminal: Terminal,
): Promise<SourceTree> {
  const leftOut = new Map<string, string[]>();
  let missing: string | undefined;
  const tree = await terminal.withProgress((update) =>
    openTree(path, {
      ...recorded,
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
  if (recorded.xattrs !== false) noteLeftOut(name, leftOut, missing, terminal);
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
    const more = paths.length > NAMED ? ` and ${paths.length - NAMED} more` : "";
    terminal.note(
      `${attribute} of ${paths.length} paths of ${name} is left out: ${paths.slice(0, NAMED).join(", ")}${more}`,
      attribute === "security.selinux"
        ? "say --selinux to record labels"
        : "laptops cannot be given it; say --no-xattrs to leave out all attributes",
    );
  }
}
