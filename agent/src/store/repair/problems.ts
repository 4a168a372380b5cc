/** What a doctor says is wrong with a root, and what a repair does about it, in sentences. */
import { CHANNEL_FILE, releasePath } from "@infield/shared/records";
import type { Difference } from "../../tree/differences.ts";
import type { Store } from "../root/root.ts";
import { bestConfirmed } from "../root/state.ts";
import type { Findings } from "./findings.ts";

/** Something that is not as it should be: what, as a sentence, and what a repair does about it. */
export interface Problem {
  readonly what: string;
  readonly remedy: string;
  /** Of which installed version, if of one. */
  readonly version?: number;
}

export function listProblems(store: Store, found: Findings): Problem[] {
  const { current, versions } = store.state();
  const problems: Problem[] = [];
  if (found.stateLost) {
    problems.push({
      what: "state.json is damaged or gone",
      remedy:
        "it is rebuilt from what is installed: what is in use counts as confirmed, and nothing is held",
    });
  }
  const best = bestConfirmed(store.record, versions);
  if (!versions.includes(current) && best !== 0) {
    problems.push({
      what:
        current === 0
          ? "`current` is gone"
          : `\`current\` names version ${current}, which is not there`,
      remedy: `it is pointed at version ${best}`,
    });
  }
  for (const { version, sound, differences } of found.versions) {
    if (sound) continue;
    problems.push({
      version,
      what: `version ${version} is damaged: ${describeDamage(differences)}`,
      remedy: "what is wrong is replaced by files that have the signed hashes",
    });
  }
  if (found.channelDamaged) {
    problems.push({
      what: `${CHANNEL_FILE} is damaged or gone`,
      remedy: "it is taken from the repository given with --from, or from a neighbour",
    });
  }
  for (const version of found.damagedReleases) {
    problems.push({
      what: `${releasePath(version)} is damaged`,
      remedy: "it is taken from the installed version or another repository, or removed",
    });
  }
  for (const blob of found.blobs.damaged) {
    problems.push({
      what: `blob ${blob.slice(0, 12)}… is damaged`,
      remedy: "its wrong pieces are fetched again, or it is given up",
    });
  }
  return problems;
}

function describeDamage(differences: readonly Difference[]): string {
  if (differences.length === 0) return "its record or manifest is not what was signed";
  return differences.length === 1 ? "1 path differs" : `${differences.length} paths differ`;
}
