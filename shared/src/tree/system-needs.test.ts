import { expect, it } from "vitest";
import type { Entry } from "./entry.ts";
import { createManifest } from "./manifest.ts";
import { describeSystemNeeds, needsSystem } from "./system-needs.ts";

const OWNER = { uid: 0, gid: 0 };
const sha256 = "0".repeat(64);
const file = (path: string, mode: number, more: object = {}): Entry => ({
  ...{ kind: "file", path, mode, ...OWNER, size: 0, sha256 },
  ...more,
});
const dir = (path: string, mode: number): Entry => ({ kind: "dir", path, mode, ...OWNER });

it("a tree that its own user can read, and nothing more, needs no root", () => {
  const tree = createManifest([
    file("a", 0o400),
    dir("b", 0o500),
    { kind: "link", path: "c", target: "a", ...OWNER },
  ]);
  expect(needsSystem(tree)).toBe(false);
  expect(describeSystemNeeds(tree)).toBe("");
});

it("everything that needs root is counted, by why", () => {
  const capability = { xattrs: [{ name: "security.capability", value: "AAAA" }] };
  const label = { xattrs: [{ name: "security.selinux", value: "AAAA" }] };
  const tree = createManifest([
    file("cap", 0o755, capability),
    file("label", 0o755, label),
    file("group", 0o755, { gid: 5 }),
    file("mode-000", 0),
    dir("no-list", 0o311),
    dir("no-enter", 0o644),
    file("su", 0o4755),
    file("sg", 0o2755),
  ]);
  expect(needsSystem(tree)).toBe(true);
  expect(describeSystemNeeds(tree)).toBe(
    "2 setuid files, 1 file with capabilities, 1 SELinux label, 1 path of another owner, " +
      "3 paths that only root can read",
  );
});
