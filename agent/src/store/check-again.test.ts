/**
 * A health check that cannot be run, for a reason that is not the version's: it is run once more
 * before the version is given up.
 */
import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { afterEach, expect, it, vi } from "vitest";
import { endTrial } from "./root/switch.ts";
import { useRoot } from "./testing/use-root.ts";
import { writeTree } from "./testing/volunteer.ts";

const laptop = useRoot(async ({ path, volunteer, update }) => {
  await volunteer.release(await writeTree(path("1"), { file: "one" }), [0]);
  await update(1);
  const check = { content: "#!/bin/sh\nexit 0\n", mode: 0o755 };
  const tree = await writeTree(path("2"), { file: "two", check });
  await volunteer.release(tree, [1], { path: "check", seconds: 20 });
});

/** Looking for the program fails until `pass` is called. */
function failToLook(code: string): () => void {
  const { realpath } = promises;
  const spy = vi.spyOn(promises, "realpath");
  spy.mockImplementation(async (path, ...more) => {
    if (String(path).endsWith("/check")) throw Object.assign(new Error(code), { code });
    return realpath(path, ...(more as []));
  });
  syncBuiltinESMExports();
  return pass;
}
function pass(): void {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
}
afterEach(pass);

it.each(["EIO", "EMFILE", "EAGAIN"])(
  "leaves the trial open, and ends it well once it can be run (%s)",
  async (code) => {
    failToLook(code);
    await expect(laptop.update(2)).rejects.toMatchObject({ code: "io-failed" });
    expect(laptop.root.state()).toMatchObject({ current: 2, confirmed: false });
    pass();
    await laptop.reopen();
    expect(laptop.root.state()).toMatchObject({ current: 2, confirmed: true });
    expect(laptop.root.state().held).toBeUndefined();
  },
);

it("gives the version up when it cannot be run at the second try either", async () => {
  failToLook("EIO");
  await expect(laptop.update(2)).rejects.toMatchObject({ code: "io-failed" });
  await expect(laptop.root.change(endTrial)).rejects.toMatchObject({ code: "io-failed" });
  await laptop.root.change(endTrial);
  expect(laptop.root.state()).toMatchObject({ current: 1, confirmed: true, held: 2 });
});

it("takes a program that is not there for the version's own fault", async () => {
  failToLook("ENOENT");
  await expect(laptop.update(2)).rejects.toMatchObject({ code: "health-failed" });
  expect(laptop.root.state()).toMatchObject({ current: 1, held: 2 });
});
