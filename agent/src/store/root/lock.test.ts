import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../testing/volunteer.ts";
import { isLocked, lockRoot } from "./lock.ts";

const CONTEND = fileURLToPath(new URL("../testing/contend.ts", import.meta.url));
const LOCK = new URL("./lock.ts", import.meta.url).href;
const ownNetwork = spawnSync("unshare", ["-n", "true"]).status === 0;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let root: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  root = join(folder.path, "root");
  await mkdir(root);
});
afterEach(() => folder.remove());

/** A process that takes the lock and keeps it until it is killed. */
async function holdInProcess(...wrapper: string[]) {
  const script = `const { lockRoot } = await import(${JSON.stringify(LOCK)}); await lockRoot(${JSON.stringify(root)}); console.log("locked"); setInterval(() => {}, 1e6);`;
  const [program = "", ...args] = [
    ...wrapper,
    process.execPath,
    "--import",
    "tsx",
    "--input-type=module",
    "-e",
    script,
  ];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return async () => {
    child.kill("SIGKILL");
    await once(child, "exit");
  };
}

describe("the lock of a root", () => {
  it("is held by one, who leaves nothing behind when it is given back", async () => {
    const unlock = await lockRoot(root);
    expect(await isLocked(root)).toBe(true);
    await expect(lockRoot(root)).rejects.toMatchObject({ code: "root-busy" });
    await unlock();
    expect(await isLocked(root)).toBe(false);
    expect(await readdir(root)).toEqual([]);
  });

  it("is free again after kill -9, and the dead socket is removed by the next who comes", async () => {
    const kill = await holdInProcess();
    await expect(lockRoot(root)).rejects.toMatchObject({ code: "root-busy" });
    await kill();
    expect(await isLocked(root)).toBe(false);
    const unlock = await lockRoot(root);
    expect(await readdir(root)).toHaveLength(1);
    await unlock();
  });

  it.skipIf(!ownNetwork)(
    `is seen from another network namespace${ownNetwork ? "" : " (skipped: making one needs root and unshare)"}`,
    async () => {
      const kill = await holdInProcess("unshare", "-n");
      expect(await isLocked(root)).toBe(true);
      await expect(lockRoot(root)).rejects.toMatchObject({ code: "root-busy" });
      await kill();
      await (await lockRoot(root))();
    },
  );

  it("works in a root whose path is longer than a socket's may be", async () => {
    root = join(root, "a long name ".repeat(10), "b".repeat(100));
    await mkdir(root, { recursive: true });
    const unlock = await lockRoot(root);
    expect(await isLocked(root)).toBe(true);
    await expect(lockRoot(root)).rejects.toMatchObject({ code: "root-busy" });
    await unlock();
  });

  it("is never held by two of many who come at the same time, and by one of them most of the time", async () => {
    const children = [1, 2, 3].map(() =>
      spawn(process.execPath, ["--import", "tsx", CONTEND, root, "40"], {
        stdio: ["ignore", "pipe", "inherit"],
      }),
    );
    const ends = children.map(async (child) => {
      const [said, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
      expect(code).toBe(0);
      return Number(said);
    });
    const got = (await Promise.all(ends)).reduce((sum, count) => sum + count, 0);
    expect(got).toBeGreaterThan(10);
    expect(await readdir(root)).toEqual([]);
  });
});
