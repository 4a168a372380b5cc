/**
 * A process that has too many files open finds nothing damaged for that: what passes must not cost
 * a blob, a channel or a pin.
 */
import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { readChannel } from "@infield/shared/records";
import { afterEach, describe, expect, it, vi } from "vitest";
import { isResourceShortage } from "../host/io-error.ts";
import { examineStore } from "./repair/examine.ts";
import { readIdentity, replaceIdentity } from "./root/identity.ts";
import { layoutOf } from "./root/layout.ts";
import { useRoot } from "./testing/use-root.ts";
import { writeTree } from "./testing/volunteer.ts";

const laptop = useRoot(async ({ path, volunteer, root, update }) => {
  await volunteer.release(await writeTree(path("1"), { file: "one" }), [0]);
  const { chain } = await readChannel(volunteer.repository);
  await root.change((writable) => writable.repository.writeChain(chain));
  await update(1);
});
const examine = () => examineStore(laptop.root, laptop.root.identity.channel);

/** Opening what has `part` in its path fails, for every module. */
function failToOpen(part: string, code: string): void {
  const { open } = promises;
  vi.spyOn(promises, "open").mockImplementation(async (path, ...more) => {
    if (String(path).includes(part)) throw Object.assign(new Error(code), { code });
    return open(path, ...more);
  });
  syncBuiltinESMExports();
}
afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

describe.each(["EMFILE", "ENFILE", "ENOMEM"])("while nothing can be opened (%s)", (code) => {
  it.each(["channel.json", "/blobs/"])("nothing is said of %s", async (part) => {
    failToOpen(part, code);
    await expect(examine()).rejects.toSatisfy(isResourceShortage);
    vi.restoreAllMocks();
    syncBuiltinESMExports();
    expect((await examine()).problems).toEqual([]);
  });

  it("a new identity is not made without the channel", async () => {
    const layout = layoutOf(laptop.root.path);
    failToOpen("channel.json", code);
    await expect(replaceIdentity(layout)).rejects.toSatisfy(isResourceShortage);
    expect(await readIdentity(layout.identityFile)).toMatchObject({
      channel: laptop.volunteer.channel.id,
    });
  });
});

it("what the disk does not give is damaged", async () => {
  failToOpen("/blobs/", "EIO");
  expect((await examine()).blobs.damaged).toHaveLength(1);
});
