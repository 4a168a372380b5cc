import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openRoot } from "./root/open-root.ts";
import type { OpenRoot } from "./root/root.ts";
import {
  openTestTree,
  startVolunteer,
  temporaryFolder,
  updateFrom,
  type Volunteer,
  writeTree,
} from "./testing/volunteer.ts";

const CHILD = fileURLToPath(new URL("./testing/killed-update.ts", import.meta.url));
const HEALTH = { path: "check", seconds: 20 };
/** More than an update has changes of names: a loop that reaches it is broken. */
const ENOUGH = 200;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let volunteer: Volunteer;
const path = (...parts: string[]) => join(folder.path, ...parts);

beforeEach(async () => {
  folder = await temporaryFolder();
  volunteer = await startVolunteer(path("repository"));
  const old = { check: "#!/bin/sh\nexit 0\n", same: "same", "d/changes": "one", gone: "gone" };
  await volunteer.release(await writeTree(path("1"), old), [0], HEALTH);
  await volunteer.release(
    await writeTree(path("2"), { check: old.check, same: "same", "d/changes": "two", new: "new" }),
    [1],
    HEALTH,
  );
});
afterEach(() => folder.remove());

it("an update that is killed before any of its steps leaves the old or the new version, and can be taken up", {
  timeout: 300_000,
}, async () => {
  await installFirst(path("template"));
  let survived = 0;
  let killed = true;
  for (let call = 1; killed; call++) {
    expect(call).toBeLessThan(ENOUGH);
    const root = path(`root-${call}`);
    await cp(path("template"), root, { recursive: true, verbatimSymlinks: true });
    killed = (await runKilled(root, call)) === "SIGKILL";
    await expectWhole(root);
    await finish(root);
    survived++;
  }
  expect(survived).toBeGreaterThan(10);
});

async function installFirst(at: string): Promise<void> {
  const root = await openRoot(at, { create: true });
  await root.identity.pinChannel(volunteer.channel.id);
  await update(root, 1);
  await root.close();
}

function update(root: OpenRoot, target: number): Promise<void> {
  return updateFrom(root, volunteer, target);
}

async function runKilled(root: string, call: number): Promise<NodeJS.Signals | null> {
  const args = ["--import", "tsx", CHILD, root, path("repository"), "2", String(call)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] });
  const [code, signal] = await once(child, "exit");
  if (signal === null) expect(code).toBe(0);
  return signal;
}

/** What programs find right after the power is back, before Infield runs again. */
async function expectWhole(root: string): Promise<number> {
  const found = (await openTestTree(join(root, "current/."))).manifest;
  const wanted = await Promise.all(
    [1, 2].map(async (version) => (await openTestTree(path(`${version}`))).manifest),
  );
  const version =
    1 + wanted.findIndex((manifest) => JSON.stringify(manifest) === JSON.stringify(found));
  expect(version, "neither the old nor the new tree").toBeGreaterThan(0);
  return version;
}

async function finish(at: string): Promise<void> {
  const root = await openRoot(at);
  expect(root.state().current).toBe(await expectWhole(at));
  expect(root.state().confirmed).toBe(true);
  if (root.state().current === 1) await update(root, 2);
  expect(root.state()).toEqual({
    current: 2,
    previous: 1,
    versions: [1, 2],
    confirmed: true,
    highest: 2,
  });
  expect(await expectWhole(at)).toBe(2);
  await root.close();
}
