/** What `npm run bench:delta` is asked for. */
import { parseArgs } from "node:util";
import { LEVEL_NAMES, type Level } from "@infield/shared/delta";

export interface Options {
  /**
   * A folder with PAIR/old and PAIR/new; none: the pinned pairs, fetched where they are not yet.
   */
  readonly folder?: string;
  readonly levels: readonly Level[];
  readonly json: boolean;
  /** Write the tables into the documents. */
  readonly write: boolean;
  /** Take what peers gave in an earlier run on the same trees. */
  readonly kept: boolean;
}

export const USAGE = `npm run bench:delta -- [FOLDER] [--level fast|default|best]… [--kept] [--json] [--write]

  FOLDER   holds PAIR/old and PAIR/new; without it the pinned pairs, which are fetched from public
           registries where they are missing
  --level  only this level of ours; may be given more than once
  --kept   results of peers from an earlier run on the same trees, where there are some; they are marked
  --json   everything measured, as JSON
  --write  the tables into docs/benchmarks.md and README.md`;

/** Throws for what nobody can mean. */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      level: { type: "string", multiple: true },
      kept: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
    },
  });
  const [folder, ...more] = positionals;
  if (more.length > 0) throw new Error("one folder is enough");
  const { level: named = [...LEVEL_NAMES], kept, json, write } = values;
  const unknown = named.find((name) => !LEVEL_NAMES.some((level) => level === name));
  if (unknown !== undefined) throw new Error(`there is no level ${unknown}`);
  const levels = LEVEL_NAMES.filter((level) => named.includes(level));
  return { ...(folder !== undefined && { folder }), levels, kept, json, write };
}
