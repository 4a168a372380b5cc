import type { InputTree } from "@infield/shared/tree";
import { expect, it } from "vitest";
import { NO_TREE, withExecutable } from "./chosen-tree.ts";

it("programs without modes become executable, and not, without reading the tree again", () => {
  const input: InputTree = {
    ...NO_TREE.input,
    manifest: {
      entries: ["run", "text"].map((path) => ({
        ...{ kind: "file", path, mode: 0o644, uid: 0, gid: 0, size: 0, sha256: "0".repeat(64) },
      })),
    },
    report: { excluded: [], programs: ["run"] },
  };
  const modesOf = (executable: boolean) =>
    withExecutable({ ...NO_TREE, input }, executable).tree.manifest.entries.map((entry) =>
      entry.kind === "file" ? entry.mode : undefined,
    );
  expect(modesOf(true)).toEqual([0o755, 0o644]);
  expect(modesOf(false)).toEqual([0o644, 0o644]);
  expect(withExecutable({ ...NO_TREE, input }, true).input).toBe(input);
});
