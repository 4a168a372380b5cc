/**
 * A filesystem's limit of links to one file, met on a real one: ext4 gives a file 65,000 names
 * (ext4(5)).
 */
import { execFileSync } from "node:child_process";
import { closeSync, ftruncateSync, linkSync, mkdirSync, openSync } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openRoot } from "./root/open-root.ts";
import {
  openTestTree,
  startVolunteer,
  temporaryFolder,
  updateFrom,
  writeTree,
} from "./testing/volunteer.ts";

const MOST_LINKS = 65_000;
const IMAGE_BYTES = 24 * 1024 * 1024;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const disk = () => join(folder.path, "disk");

beforeEach(async () => {
  folder = await temporaryFolder();
  await mkdir(disk());
});
afterEach(async () => {
  unmount();
  await folder.remove();
});

/** False where this user may not mount, or has no ext4. */
function mount(): boolean {
  try {
    const image = `${disk()}.img`;
    const fd = openSync(image, "w");
    ftruncateSync(fd, IMAGE_BYTES);
    closeSync(fd);
    execFileSync("mkfs.ext4", ["-q", image], { stdio: "ignore" });
    execFileSync("mount", ["-o", "loop", image, disk()], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function unmount(): void {
  try {
    execFileSync("umount", [disk()], { stdio: "ignore" });
  } catch {
    // Was not mounted.
  }
}

it("a file that has all the links its filesystem allows is copied (skipped without root and mkfs.ext4)", async ({
  skip,
}) => {
  if (!mount()) skip();
  const volunteer = await startVolunteer(join(folder.path, "repository"));
  const one = { same: "as often as can be\n", changes: "one" };
  await volunteer.release(await writeTree(join(folder.path, "1"), one), [0]);
  await volunteer.release(await writeTree(join(folder.path, "2"), { ...one, changes: "two" }), [1]);
  const root = await openRoot(join(disk(), "root"), { create: true });
  await root.identity.pinChannel(volunteer.channel.id);
  await updateFrom(root, volunteer, 1);
  const same = join(root.path, "versions/1/tree/same");
  mkdirSync(join(disk(), "links"));
  for (let link = 1; link < MOST_LINKS; link++) linkSync(same, join(disk(), "links", String(link)));
  expect((await stat(same)).nlink).toBe(MOST_LINKS);

  await updateFrom(root, volunteer, 2);
  expect((await stat(join(root.path, "current/same"))).nlink).toBe(1);
  expect((await openTestTree(join(root.path, "current/."))).manifest).toEqual(
    (await openTestTree(join(folder.path, "2"))).manifest,
  );
  await root.close();
});
