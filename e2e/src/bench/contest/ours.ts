/** Our own command line, at each of its levels. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Level } from "@infield/shared/delta";
import { compareFolders } from "../../trees/compare-folders.ts";
import type { Contender } from "./contender.ts";

const INFIELD = fileURLToPath(new URL("../../../../agent/bin/infield.js", import.meta.url));

export function ourLevels(levels: readonly Level[]): Contender[] {
  return levels.map(ours);
}

function ours(level: Level): Contender {
  return {
    name: `Infield, ${level}`,
    ours: true,
    programs: [],
    version: () => "this checkout",
    suits: () => true,
    create({ old, next }, work, meter) {
      const delta = join(work, "delta");
      meter.run(
        process.execPath,
        INFIELD,
        "delta",
        "create",
        old,
        next,
        "-o",
        delta,
        "--level",
        level,
      );
      return statSync(delta).size;
    },
    apply({ old, next }, work, meter) {
      const out = join(work, "out");
      meter.run(process.execPath, INFIELD, "delta", "apply", old, join(work, "delta"), "-o", out);
      return compareFolders(next, out);
    },
  };
}
