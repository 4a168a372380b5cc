import fs from "node:fs";
import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import type { ReleaseRecord } from "@infield/shared/records";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { resume, rollBack } from "../../update/update.ts";
import { openRoot } from "../root/open-root.ts";
import type { OpenRoot } from "../root/root.ts";
import { startVolunteer, temporaryFolder, updateFrom, writeTree } from "../testing/volunteer.ts";
import { hasSnapshot } from "./retire.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let root: OpenRoot;
let second: ReleaseRecord;
const at = (...parts: string[]) => join(folder.path, "root/versions/2", ...parts);

/** A root at version 1 that was at 2, which still lies there. */
beforeEach(async () => {
  folder = await temporaryFolder();
  const volunteer = await startVolunteer(join(folder.path, "volunteer"));
  await volunteer.release(await writeTree(join(folder.path, "1"), { file: "one" }), [0]);
  second = (await volunteer.release(await writeTree(join(folder.path, "2"), { file: "two" }), [1]))
    .record;
  root = await openRoot(join(folder.path, "root"), { create: true });
  await root.identity.pinChannel(volunteer.channel.id);
  for (const version of [1, 2]) await updateFrom(root, volunteer, version);
  await root.change(rollBack);
  await root.change(resume);
});
afterEach(async () => {
  await root.close();
  await folder.remove();
});

describe("a snapshot that was left", () => {
  it("is there as long as it is sound", async () => {
    expect(await root.change((writable) => hasSnapshot(writable, second))).toBe(true);
  });

  it.each<[string, () => Promise<void>]>([
    ["a file was changed", () => promises.writeFile(at("tree/file"), "too")],
    ["a file is gone", () => promises.rm(at("tree/file"))],
    ["its manifest is gone", () => promises.rm(at("manifest"))],
    ["its manifest breaks off", () => promises.writeFile(at("manifest"), "infield-tr")],
    ["its folder is gone", () => promises.rm(at(), { recursive: true })],
  ])("is not there any more when %s, and makes room", async (_, damage) => {
    await damage();
    expect(await root.change((writable) => hasSnapshot(writable, second))).toBe(false);
    expect(root.state().versions).toEqual([1]);
    expect(await promises.readdir(join(folder.path, "root/versions"))).toEqual(["1"]);
  });

  it.runIf(process.platform === "linux")(
    "stays when its manifest cannot be read now (only Linux has a file that answers EIO)",
    async () => {
      await promises.rename(at("manifest"), at("aside"));
      await promises.symlink("/proc/self/mem", at("manifest"));
      await expect(root.change((writable) => hasSnapshot(writable, second))).rejects.toMatchObject({
        code: "io-failed",
      });
      await promises.rename(at("aside"), at("manifest"));
      expect(await root.change((writable) => hasSnapshot(writable, second))).toBe(true);
    },
  );

  it.each(["EIO", "EACCES", "EMFILE"])(
    "stays when one of its files cannot be read now (%s)",
    async (code) => {
      const { openSync } = fs;
      vi.spyOn(fs, "openSync").mockImplementation((path, ...more) => {
        if (path === at("tree/file")) throw Object.assign(new Error(code), { code });
        return openSync(path, ...more);
      });
      // Seen by every module that imports it by name.
      syncBuiltinESMExports();
      const found = root.change((writable) => hasSnapshot(writable, second));
      await expect(found).rejects.toMatchObject({
        code: "io-failed",
        message: expect.stringContaining("file"),
      });
      vi.restoreAllMocks();
      syncBuiltinESMExports();
      expect(await root.change((writable) => hasSnapshot(writable, second))).toBe(true);
    },
  );
});
