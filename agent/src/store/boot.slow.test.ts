/**
 * A laptop that boots from its root: what the agent and the boot loader's own script
 * (`service/boot/loader.sh`) agree on. Its loader is played here, as grub.cfg has it.
 */
import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, it } from "vitest";
import { resume, rollBack } from "../update/update.ts";
import { confirmBoot } from "./root/switch.ts";
import { useRoot } from "./testing/use-root.ts";
import { writeTree } from "./testing/volunteer.ts";

const LOADER = fileURLToPath(new URL("../../service/boot/loader.sh", import.meta.url));
const HEALTH = { path: "check", seconds: 20 };

/** Versions 1 to 5, of which 1 and 2 were installed before the laptop booted from them. */
const laptop = useRoot(async ({ path, volunteer, update }) => {
  for (const version of [1, 2, 3, 4, 5]) {
    const works = version === 4 ? 1 : 0;
    const tree = await writeTree(path(`${version}`), {
      check: `#!/bin/sh\nexit ${works}\n`,
      vmlinuz: `kernel ${version}`,
      "initrd.img": "initramfs",
    });
    await volunteer.release(tree, [version - 1, 2], HEALTH);
  }
  for (const version of [1, 2]) await update(version);
});
const { path, update } = laptop;

beforeEach(async () => {
  await rm(path("run"), { recursive: true, force: true });
  await mkdir(path("run/boot/infield"), { recursive: true });
  await writeFile(path("run/version"), "2\n");
  await mkdir(path("root/boot"));
  await writeFile(path("root/boot/loader"), path("loader"));
  await writeFile(path("loader"), `#!/bin/sh\nINFIELD_RUN=${path("run")} exec ${LOADER} "$@"\n`);
  await chmod(path("loader"), 0o755);
  await laptop.reopen();
});

async function environment(): Promise<Map<string, string>> {
  const text = await readFile(path("run/boot/infield/grubenv"), "utf8");
  const lines = text.split("\n").filter((line) => line.includes("="));
  return new Map(lines.map((line) => line.split("=") as [string, string]));
}

async function order(): Promise<string | undefined> {
  return (await environment()).get("order");
}

/** What GRUB does: the first that has a try left, which it takes. Undefined: none has. */
async function load(): Promise<number | undefined> {
  const known = await environment();
  const chosen = known
    .get("order")
    ?.split(" ")
    .find((version) => known.get(`left_${version}`) !== "0");
  if (chosen === undefined) return undefined;
  const file = path("run/boot/infield/grubenv");
  const left = Number(known.get(`left_${chosen}`));
  const text = await readFile(file, "utf8");
  await writeFile(file, text.replace(`left_${chosen}=${left}`, `left_${chosen}=${left - 1}`));
  await writeFile(path("run/version"), `${chosen}\n`);
  return Number(chosen);
}

const confirm = () => laptop.root.change(confirmBoot);

/** A boot that comes up. */
async function boot(): Promise<number | undefined> {
  const version = await load();
  await laptop.reopen();
  await confirm();
  return version;
}

describe("a laptop that boots from its root", () => {
  it("tells the loader which versions to boot, and gives it their kernels", async () => {
    expect(await order()).toBe("2 1");
    expect((await readdir(path("run/boot/infield"))).sort()).toEqual(["1", "2", "grubenv"]);
    expect(await readFile(path("run/boot/infield/2/linux"), "utf8")).toBe("kernel 2");
  });

  it("leaves a new version on trial until a boot of it comes to its end", async () => {
    await update(3);
    expect(laptop.root.state()).toMatchObject({ current: 3, confirmed: false });
    expect(await order()).toBe("3 2");
    await laptop.reopen();
    expect(laptop.root.state()).toMatchObject({ current: 3, confirmed: false });
    expect(await boot()).toBe(3);
    expect(laptop.root.state()).toMatchObject({ current: 3, confirmed: true, previous: 2 });
    expect((await environment()).get("left_3")).toBe("3");
  });

  it("goes back, and holds, when a new version did not come up three times", async () => {
    await update(3);
    expect([await load(), await load(), await load()]).toEqual([3, 3, 3]);
    expect(await boot()).toBe(2);
    expect(laptop.root.state()).toMatchObject({ current: 2, confirmed: true, held: 3 });
    expect(await order()).toBe("2");
    expect(await boot()).toBe(2);
  });

  it("does not give a version up while it has tries, whatever was chosen in the menu", async () => {
    await update(3);
    await load();
    await writeFile(path("run/version"), "2\n");
    await laptop.reopen();
    expect(laptop.root.state()).toMatchObject({ current: 3, confirmed: false });
    expect((await environment()).get("left_3")).toBe("2");
    expect(await boot()).toBe(3);
  });

  it("takes back a version that comes up and fails its health check", async () => {
    await update(4);
    expect(await load()).toBe(4);
    await laptop.reopen();
    await expect(confirm()).rejects.toMatchObject({ code: "health-failed" });
    expect(laptop.root.state()).toMatchObject({ current: 2, held: 4 });
    expect(await order()).toBe("2");
    expect(await boot()).toBe(2);
  });

  it("leaves a confirmed version that comes up no more, and stops when none does", async () => {
    const loads = [];
    for (let count = 0; count < 3; count++) loads.push(await load());
    expect(loads).toEqual([2, 2, 2]);
    expect(await boot()).toBe(1);
    expect(laptop.root.state()).toMatchObject({ current: 1, held: 2 });
    expect(laptop.root.record.confirmed).toEqual([1]);
    for (let count = 0; count < 3; count++) expect(await load()).toBe(1);
    expect(await load()).toBeUndefined();
  });

  it("takes a newer version over one that was never booted, and keeps what it runs", async () => {
    await update(3);
    await update(5);
    expect(await order()).toBe("5 2");
    expect(laptop.root.state().versions).toEqual([2, 5]);
    expect(await boot()).toBe(5);
  });

  it("boots the earlier version after a rollback, and keeps the one that it still runs", async () => {
    await update(3);
    await boot();
    expect(await laptop.root.change((writable) => rollBack(writable, {}))).toBe(2);
    expect(await order()).toBe("2");
    await laptop.root.change(resume);
    await update(5);
    expect(laptop.root.state().versions).toContain(3);
    expect(await boot()).toBe(5);
  });

  it("switches to nothing when the loader cannot be told", async () => {
    await rm(path("run/boot/infield"), { recursive: true });
    await expect(update(3)).rejects.toMatchObject({ code: "boot-loader-failed" });
    expect(laptop.root.state()).toMatchObject({ current: 2, confirmed: true });
    expect(laptop.root.state().held).toBeUndefined();
  });

  it("has nothing to confirm where it was not booted from here", async () => {
    await rm(path("run/version"));
    await laptop.reopen();
    await expect(confirm()).rejects.toMatchObject({ code: "not-booted" });
    await update(3);
    expect(laptop.root.state()).toMatchObject({ current: 3, confirmed: true });
  });
});
