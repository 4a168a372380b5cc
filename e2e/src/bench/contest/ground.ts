/** Before the clock starts: a pair in every form that some contender wants. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Pair } from "../pairs/pairs.ts";
import { unpackTree } from "../pairs/unpack.ts";
import type { Ground } from "./contender.ts";

/** Writes into `folder`, which is there and empty. */
export async function prepareGround({ old, next }: Pair, folder: string): Promise<Ground> {
  const [oldUnpacked, nextUnpacked] = [join(folder, "old.unpacked"), join(folder, "new.unpacked")];
  const archives = (await unpackTree(old, oldUnpacked)) + (await unpackTree(next, nextUnpacked));
  return {
    old,
    next,
    oldTar: packTar(old, join(folder, "old.tar")),
    nextTar: packTar(next, join(folder, "new.tar")),
    ...(archives > 0 && {
      unpacked: {
        oldTar: packTar(oldUnpacked, join(folder, "old.unpacked.tar")),
        nextTar: packTar(nextUnpacked, join(folder, "new.unpacked.tar")),
      },
    }),
  };
}

/** What stands for the ground's paths where commands are shown; longer paths come first. */
export function namesOf(ground: Ground): ReadonlyMap<string, string> {
  const names: [string | undefined, string][] = [
    [ground.unpacked?.oldTar, "OLD.tar"],
    [ground.unpacked?.nextTar, "NEW.tar"],
    [ground.oldTar, "OLD.tar"],
    [ground.nextTar, "NEW.tar"],
    [ground.old, "OLD"],
    [ground.next, "NEW"],
  ];
  return new Map(
    names.flatMap(([path, name]) => (path === undefined ? [] : [[path, name] as const])),
  );
}

function packTar(tree: string, file: string): string {
  const same = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"];
  execFileSync("tar", [...same, "-C", tree, "-cf", file, "."]);
  return file;
}
