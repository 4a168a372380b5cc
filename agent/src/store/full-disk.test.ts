import { execFileSync } from "node:child_process";
import { appendFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { rollBack, type UpdateHooks } from "../update/update.ts";
import { prune } from "./prune/prune.ts";
import { openRoot } from "./root/open-root.ts";
import type { OpenRoot } from "./root/root.ts";
import {
  noteSteps,
  openTestTree,
  startVolunteer,
  temporaryFolder,
  updateFrom,
  type Volunteer,
  writeTree,
} from "./testing/volunteer.ts";

const MiB = 1024 * 1024;

/** A small filesystem of its own; undefined where this user may not mount one. */
function mount(folder: string, megabytes: number): boolean {
  try {
    execFileSync(
      "mount",
      ["-t", "tmpfs", "-o", `size=${megabytes}m,nr_inodes=200`, "tmpfs", folder],
      {
        stdio: "ignore",
      },
    );
    return true;
  } catch {
    return false;
  }
}

async function mayMount(): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), "infield-mount-"));
  const mounted = mount(folder, 1);
  if (mounted) execFileSync("umount", [folder]);
  await rm(folder, { recursive: true });
  return mounted;
}

const allowed = await mayMount();

describe.skipIf(!allowed)(
  `a full disk${allowed ? "" : " (skipped: mounting a tmpfs needs root)"}`,
  () => {
    let folder: Awaited<ReturnType<typeof temporaryFolder>>;
    let volunteer: Volunteer;
    let root: OpenRoot;
    const disk = () => join(folder.path, "disk");
    const filler = () => join(disk(), "filler");

    beforeAll(async () => {
      folder = await temporaryFolder();
      volunteer = await startVolunteer(join(folder.path, "repository"));
      const one = { kept: noise(1, 2 * MiB) };
      await volunteer.release(await writeTree(join(folder.path, "1"), one), [0]);
      await volunteer.release(
        await writeTree(join(folder.path, "2"), { ...one, added: noise(2, 2 * MiB) }),
        [1],
      );
      await mkdir(disk());
    });
    beforeEach(async () => {
      mount(disk(), 12);
      root = await openRoot(join(disk(), "root"), { create: true });
      await root.identity.pinChannel(volunteer.channel.id);
      await update(1);
    });
    afterEach(async () => {
      await root.close();
      execFileSync("umount", [disk()]);
    });
    afterAll(() => folder.remove());

    const update = (target: number, change: Partial<UpdateHooks> = {}) =>
      updateFrom(root, volunteer, target, change);

    /** Leaves about so many bytes free. */
    async function fillDisk(freeBytes: number): Promise<void> {
      await rm(filler(), { force: true });
      const { bavail, bsize } = await statfs(disk());
      await writeFile(filler(), new Uint8Array(bavail * bsize - freeBytes));
    }

    /** Until nothing is left. */
    function fillUp(): void {
      try {
        for (;;) appendFileSync(filler(), new Uint8Array(4096));
      } catch {
        // Full now.
      }
    }

    async function expectStillOne(): Promise<void> {
      expect(root.state()).toMatchObject({ current: 1, versions: [1], confirmed: true });
      const [installed, wanted] = await Promise.all([
        openTestTree(join(root.path, "current/.")),
        openTestTree(join(folder.path, "1")),
      ]);
      expect(installed.manifest).toEqual(wanted.manifest);
    }

    async function expectTwoAfterTidying(): Promise<void> {
      await rm(filler());
      await update(2);
      expect(root.state()).toMatchObject({ current: 2, previous: 1 });
    }

    it("is noticed before a byte is fetched, and said with what is missing and what could go", async () => {
      // As after a hand-over of a release that never came to be.
      await writeFile(root.repository.blobFile("f".repeat(64)), noise(3, MiB));
      await fillDisk(2.5 * MiB);
      const steps: string[] = [];
      await expect(update(2, noteSteps(steps))).rejects.toMatchObject({
        code: "no-space",
        message: expect.stringMatching(/^version 2 needs 1\.\d MB more on the disk/),
        hint: `\`infield prune --root ${root.path}\` frees 1.0 MB (1 blob); free the rest elsewhere`,
      });
      expect(steps).toEqual([]);
      await expectStillOne();
      await root.change((writable) => prune(writable, 0));
      await fillDisk(3.5 * MiB);
      await expect(update(2)).rejects.toMatchObject({
        code: "no-space",
        hint: "nothing of Infield's may go: free that much elsewhere",
      });
      await expectTwoAfterTidying();
    });

    it("that fills up before a snapshot is built is noticed then", async () => {
      const fill = ({ state }: { state: string }) => {
        if (state === "building") fillUp();
      };
      await expect(update(2, { onStep: fill })).rejects.toMatchObject({
        code: "no-space",
        message: expect.stringContaining("lacks"),
      });
      await expectStillOne();
      await expectTwoAfterTidying();
    });

    it("that fills up while a blob comes in breaks nothing, and what came is kept", async () => {
      const stopped = update(2, { onStep: (step) => (step.progress?.done ?? 0) > MiB && fillUp() });
      await expect(stopped).rejects.toMatchObject({
        code: "no-space",
        message: expect.stringContaining("became full"),
      });
      await expectStillOne();
      expect(await readdir(join(root.path, "incoming"))).toHaveLength(1);
      await expectTwoAfterTidying();
    });

    it("of which no inode is left does not keep a laptop from going back either", async () => {
      await update(2);
      await root.close();
      await mkdir(join(disk(), "many"));
      const fill = async (number: number): Promise<void> =>
        writeFile(join(disk(), "many", String(number)), "").then(() => fill(number + 1));
      await expect(fill(0)).rejects.toMatchObject({ code: "ENOSPC" });
      root = await openRoot(join(disk(), "root"));
      expect(await root.change(rollBack)).toBe(1);
      expect(root.state()).toMatchObject({ current: 1, held: 2 });
    });

    it("does not keep a laptop from going back, nor from being opened, nor from making room", async () => {
      await update(2);
      await root.close();
      fillUp();
      root = await openRoot(join(disk(), "root"));
      expect(await root.change(rollBack)).toBe(1);
      expect(root.state()).toMatchObject({ current: 1, held: 2, confirmed: true });
      expect(await readdir(root.path)).not.toContain("ballast");
      expect((await root.change((writable) => prune(writable, 0))).versions).toEqual([2]);
      expect(root.state().versions).toEqual([1]);
      await root.close();
      await rm(filler());
      root = await openRoot(join(disk(), "root"));
      expect(await readdir(join(root.path, "ballast"))).toHaveLength(4);
    });
  },
);

/** Bytes that do not compress, the same each time (xorshift32). */
function noise(seed: number, bytes: number): Uint8Array {
  let x = seed * 2_654_435_761;
  return Uint8Array.from({ length: bytes }, () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x;
  });
}
