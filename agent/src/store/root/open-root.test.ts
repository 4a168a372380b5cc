import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmod,
  chown,
  cp,
  lstat,
  mkdir,
  readdir,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startVolunteer, temporaryFolder, updateFrom, writeTree } from "../testing/volunteer.ts";
import { openRoot, readState } from "./open-root.ts";
import type { Root } from "./root.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const path = (...parts: string[]) => join(folder.path, ...parts);
const at = () => path("root");

beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

/** Makes a root with versions 1 and 2 installed, 2 in use. */
async function installTwo(into: string): Promise<void> {
  const path = (...parts: string[]) => join(into, ...parts);
  const volunteer = await startVolunteer(path("repository"));
  await volunteer.release(
    await writeTree(path("1"), { check: "#!/bin/sh\nexit 0\n", a: "one" }),
    [0],
  );
  await volunteer.release(
    await writeTree(path("2"), { check: "#!/bin/sh\nexit 0\n", a: "two" }),
    [1],
  );
  const root = await openRoot(path("root"), { create: true });
  await root.identity.pinChannel(volunteer.channel.id);
  for (const version of [1, 2]) {
    await updateFrom(root, volunteer, version);
  }
  await root.close();
}

async function reopen<T>(look: (root: Root) => T | Promise<T>): Promise<T> {
  const root = await openRoot(at());
  try {
    return await look(root);
  } finally {
    await root.close();
  }
}

describe("a root", () => {
  it("is changed by one at a time, and a failed change does not stop the next", async () => {
    const root = await openRoot(at(), { create: true });
    const seen: string[] = [];
    const change = (name: string, end: () => void = () => {}) =>
      root.change(async (writable) => {
        seen.push(`${name} begins`);
        await writable.reload();
        seen.push(`${name} ends`);
        end();
      });
    const failing = change("first", () => {
      throw new Error("as an update that fails");
    });
    await Promise.allSettled([failing, change("second"), change("third")]);
    expect(seen).toEqual(
      ["first", "second", "third"].flatMap((name) => [`${name} begins`, `${name} ends`]),
    );
    await root.close();
  });

  it("is made once, with an identity only its owner may read", async () => {
    const made = await openRoot(at(), { create: true });
    const { laptopId, token } = made.identity;
    const key = await made.identity.teacherKey();
    await made.close();
    expect((await stat(path("root/identity.json"))).mode & 0o777).toBe(0o600);
    await reopen(async (root) => {
      expect([root.identity.laptopId, root.identity.token]).toEqual([laptopId, token]);
      expect((await root.identity.teacherKey()).publicKey.id).toBe(key.publicKey.id);
      expect(root.state()).toEqual({ current: 0, versions: [], confirmed: false, highest: 0 });
    });
  });

  it("pins one channel for good", async () => {
    const root = await openRoot(at(), { create: true });
    await root.identity.pinChannel("a".repeat(64));
    await root.identity.pinChannel("a".repeat(64));
    await expect(root.identity.pinChannel("b".repeat(64))).rejects.toMatchObject({
      code: "unknown-channel",
    });
    await root.close();
    expect((await readState(at())).channel).toBe("a".repeat(64));
  });

  it("is not made out of a folder that holds something else, nor found where there is none", async () => {
    await writeTree(at(), { "my thesis": "important" });
    await expect(openRoot(at(), { create: true })).rejects.toMatchObject({ code: "not-a-root" });
    await expect(openRoot(path("nowhere"))).rejects.toMatchObject({ code: "not-a-root" });
    await expect(readState(path("nowhere"))).rejects.toMatchObject({ code: "not-a-root" });
    await expect(lstat(path("nowhere"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  it.skipIf(process.getuid?.() !== 0)(
    "is not made in, nor opened with, a folder that belongs to somebody else (giving one away needs root)",
    async () => {
      await mkdir(at());
      await chown(at(), 65534, 65534);
      const refusal = {
        code: "wrong-user",
        message: expect.stringContaining("belongs to user 65534"),
        hint: expect.stringContaining("sudo -u '#65534' infield"),
      };
      await expect(openRoot(at(), { create: true })).rejects.toMatchObject(refusal);
      expect(await readdir(at())).toEqual([]);
      await chown(at(), 0, 0);
      await (await openRoot(at(), { create: true })).close();
      await mkdir(path("root/repository"));
      await chown(path("root/repository"), 65534, 65534);
      await expect(openRoot(at())).rejects.toMatchObject(refusal);
    },
  );

  it("is worked on by one process at a time, whatever path it is reached by", async () => {
    const root = await openRoot(at(), { create: true });
    await symlink(at(), path("alias"));
    await expect(openRoot(path("alias"))).rejects.toMatchObject({ code: "root-busy" });
    await root.close();
    await (await openRoot(path("alias"))).close();
  });

  it("is written to though it is reached by a link", async () => {
    await (await openRoot(at(), { create: true })).close();
    await symlink(at(), path("alias"));
    const root = await openRoot(path("alias"));
    await root.change((writable) => writable.save({ ...root.record, highest: 7 }));
    await root.close();
    expect((await readState(at())).state.highest).toBe(7);
  });

  it("is free again after its process was killed", async () => {
    await (await openRoot(at(), { create: true })).close();
    const lock = new URL("./lock.ts", import.meta.url).href;
    const script = `const { lockRoot } = await import(${JSON.stringify(lock)}); await lockRoot(${JSON.stringify(at())}); console.log("locked"); setInterval(() => {}, 1e6);`;
    const child = spawn(
      process.execPath,
      ["--import", "tsx", "--input-type=module", "-e", script],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    await once(child.stdout, "data");
    await expect(openRoot(at())).rejects.toMatchObject({ code: "root-busy" });
    child.kill("SIGKILL");
    await once(child, "exit");
    await (await openRoot(at())).close();
  });
});

describe("opening a root after a crash", () => {
  let template: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeAll(async () => {
    template = await temporaryFolder();
    await installTwo(template.path);
  });
  beforeEach(() =>
    cp(join(template.path, "root"), at(), { recursive: true, verbatimSymlinks: true }),
  );
  afterAll(() => template.remove());

  it("drops staging and trash, also what only its owner's root could remove", async () => {
    for (const name of ["staging/3/tree/d", "trash/1-x/tree/d"]) {
      await mkdir(path("root", name), { recursive: true });
      await writeFile(path("root", name, "half"), "half");
      await chmod(path("root", name), 0o555);
    }
    await reopen(() => {});
    const names = await readdir(at());
    expect(names).not.toContain("staging");
    expect(names).not.toContain("trash");
  });

  it("points `current` at the best confirmed version when it dangles or is gone", async () => {
    await rm(path("root/current"));
    expect(await reopen((root) => root.state().current)).toBe(2);
    await rm(path("root/versions/2"), { recursive: true });
    expect(await reopen((root) => root.state())).toMatchObject({
      current: 1,
      versions: [1],
      confirmed: true,
    });
    expect(await readlink(path("root/current"))).toBe("versions/1/tree");
  });

  it("rebuilds a state that is lost or damaged", async () => {
    for (const damage of [
      () => rm(path("root/state.json")),
      () => writeFile(path("root/state.json"), '{"inf'),
    ]) {
      await damage();
      expect(await reopen((root) => root.state())).toEqual({
        current: 2,
        previous: 1,
        versions: [1, 2],
        confirmed: true,
        highest: 2,
      });
    }
  });

  it.each([
    ["concludes a trial that has a try left", { triesLeft: 1 }, 2],
    ["goes back when the tries are used up", { triesLeft: 0 }, 1],
    ["goes back when the check fails now", { triesLeft: 1, health: { path: "a", seconds: 5 } }, 1],
    [
      "confirms when the check passes now",
      { triesLeft: 1, health: { path: "check", seconds: 5 } },
      2,
    ],
  ])("%s", async (_, trial, expected) => {
    const state = {
      infield: "state 1",
      confirmed: [1],
      highest: 2,
      trial: { version: 2, ...trial },
    };
    await writeFile(path("root/state.json"), JSON.stringify(state));
    const after = await reopen((root) => root.state());
    expect(after).toMatchObject({ current: expected, confirmed: true });
    expect(after.held).toBe(expected === 1 ? 2 : undefined);
    expect((await reopen((root) => root.record)).trial).toBeUndefined();
  });

  it("forgets a trial that was never switched to", async () => {
    const state = {
      infield: "state 1",
      confirmed: [1, 2],
      highest: 3,
      trial: { version: 3, triesLeft: 2 },
    };
    await writeFile(path("root/state.json"), JSON.stringify(state));
    expect(await reopen((root) => root.state())).toMatchObject({ current: 2, confirmed: true });
  });
});
