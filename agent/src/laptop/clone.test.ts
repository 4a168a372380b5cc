/** Roots that are copied with their machine's image. */
import { cp, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readMachineIds } from "../host/machine-ids.ts";
import { openRoot, readState } from "../store/root/open-root.ts";
import { temporaryFolder } from "../store/testing/volunteer.ts";
import { noteClone, renewClone, sealRoot } from "./clone.ts";

const HERE = ["00000000000000aa", "00000000000000ab"];
const THERE = ["00000000000000ba"];
const CHANNEL = "c".repeat(64);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const at = (name: string) => join(folder.path, name);
const identityOf = async (root: string) =>
  JSON.parse(await readFile(join(at(root), "identity.json"), "utf8"));

beforeEach(async () => {
  folder = await temporaryFolder();
  const root = await openRoot(at("root"), { create: true });
  await root.identity.pinChannel(CHANNEL);
  await root.identity.teacherKey();
  await root.close();
});
afterEach(() => folder.remove());

describe("a root", () => {
  it("stays the same laptop on its machine, also with another card", async () => {
    const before = await identityOf("root");
    for (const ids of [HERE, HERE, [HERE[1] ?? "", "00000000000000ac"], []])
      expect(await renewClone(at("root"), ids)).toBeUndefined();
    expect(await identityOf("root")).toEqual(before);
    expect((await stat(at("root/machine.json"))).mode & 0o777).toBe(0o600);
  });

  it("copied to another machine becomes a laptop of its own, with keys of its own, in its channel", async () => {
    await renewClone(at("root"), HERE);
    const before = await identityOf("root");
    await cp(at("root"), at("copy"), { recursive: true });
    expect(await renewClone(at("copy"), THERE)).toBe(before.laptopId);
    const { laptopId, token, channel, teacherKey } = await identityOf("copy");
    expect([laptopId, token]).not.toContain(before.laptopId);
    expect(token).not.toBe(before.token);
    expect({ channel, teacherKey }).toEqual({ channel: CHANNEL, teacherKey: undefined });
    expect(await renewClone(at("copy"), THERE)).toBeUndefined();
    expect(await identityOf("root")).toEqual(before);
  });

  it("that was sealed becomes another laptop wherever it starts, once", async () => {
    await renewClone(at("root"), HERE);
    await writeFile(at("root/peers.json"), "{}");
    const before = await identityOf("root");
    const root = await openRoot(at("root"));
    await sealRoot(root.path);
    await root.close();
    const sealed = await identityOf("root");
    expect(Object.values(sealed)).not.toContain(before.token);
    expect(sealed).toMatchObject({ channel: CHANNEL });
    expect(sealed.teacherKey).toBeUndefined();
    await expect(stat(at("root/peers.json"))).rejects.toMatchObject({ code: "ENOENT" });
    for (const ids of [HERE, []]) {
      await cp(at("root"), at("copy"), { recursive: true });
      expect(await renewClone(at("copy"), ids)).toBe(sealed.laptopId);
      expect(await renewClone(at("copy"), ids)).toBeUndefined();
    }
  });

  it("whose twin was heard takes another id at its next start, and keeps its keys", async () => {
    await renewClone(at("root"), HERE);
    const before = await identityOf("root");
    await noteClone(at("root"));
    expect(await renewClone(at("root"), HERE)).toBe(before.laptopId);
    const after = await identityOf("root");
    expect(after).toEqual({ ...before, laptopId: after.laptopId });
    expect((await readState(at("root"))).laptopId).not.toBe(before.laptopId);
  });

  it("is noted anew where machine.json is damaged", async () => {
    await writeFile(at("root/machine.json"), "{");
    expect(await renewClone(at("root"), HERE)).toBeUndefined();
    expect(JSON.parse(await readFile(at("root/machine.json"), "utf8"))).toMatchObject({
      ids: HERE,
    });
  });

  it("is none yet: nothing is noted", async () => {
    expect(await renewClone(at("nowhere"), HERE)).toBeUndefined();
    await expect(stat(at("nowhere"))).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("a machine", () => {
  it("is told by its cards and its board, but not by bridges, drawn addresses and placeholders", async () => {
    const card = async (name: string, address: string, type: string, isDevice: boolean) => {
      const path = at(`sys/class/net/${name}`);
      await mkdir(isDevice ? join(path, "device") : path, { recursive: true });
      await writeFile(join(path, "address"), `${address}\n`);
      await writeFile(join(path, "addr_assign_type"), `${type}\n`);
    };
    await card("eth0", "02:00:00:00:00:01", "0", true);
    await card("wlan0", "02:00:00:00:00:02", "3", true);
    await card("br0", "02:00:00:00:00:03", "0", false);
    await card("usb0", "00:00:00:00:00:00", "0", true);
    await mkdir(at("sys/class/dmi/id"), { recursive: true });
    await writeFile(at("sys/class/dmi/id/product_uuid"), "03000200-0400-0500-0006-000700080009\n");
    expect(readMachineIds(at("sys"))).toHaveLength(1);
    await writeFile(at("sys/class/dmi/id/product_uuid"), "4c4c4544-0031-3410-8052-b4c04f4a3632\n");
    expect(readMachineIds(at("sys"))).toHaveLength(2);
    expect(readMachineIds(at("nowhere"))).toEqual([]);
  });
});
