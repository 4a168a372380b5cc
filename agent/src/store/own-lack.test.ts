/**
 * A process that has too many files open finds nothing damaged for that: what passes must not cost
 * a blob, a channel or a pin.
 */
import { readChannel } from "@infield/shared/records";
import { afterEach, describe, expect, it } from "vitest";
import { isResourceShortage } from "../host/io-error.ts";
import { failToOpen, letOpen } from "../testing/fail-to-open.ts";
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

afterEach(letOpen);

describe.each(["EMFILE", "ENFILE", "ENOMEM"])("while nothing can be opened (%s)", (code) => {
  it.each(["channel.json", "/blobs/"])("nothing is said of %s", async (part) => {
    failToOpen((path) => path.includes(part), code);
    await expect(examine()).rejects.toSatisfy(isResourceShortage);
    letOpen();
    expect((await examine()).problems).toEqual([]);
  });

  it("a new identity is not made without the channel", async () => {
    const layout = layoutOf(laptop.root.path);
    failToOpen((path) => path.includes("channel.json"), code);
    await expect(replaceIdentity(layout)).rejects.toSatisfy(isResourceShortage);
    expect(await readIdentity(layout.identityFile)).toMatchObject({
      channel: laptop.volunteer.channel.id,
    });
  });
});

it("what the disk does not give is damaged", async () => {
  failToOpen((path) => path.includes("/blobs/"), "EIO");
  expect((await examine()).blobs.damaged).toHaveLength(1);
});
