import promises from "node:fs/promises";
import { join } from "node:path";
import { toBase64 } from "@infield/shared/base";
import { type Chain, createSigningKey, signEnvelope } from "@infield/shared/records";
import type { Asker } from "@infield/shared/transfer";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { takeOver } from "../../page/hand-over.ts";
import { type ChannelFixture, createChannelFixture } from "../../testing/channel-fixture.ts";
import { failToOpen, letOpen } from "../../testing/fail-to-open.ts";
import { systemClock } from "../../timing/clock.ts";
import { keepChannel } from "./channel-keeper.ts";
import { openRoot } from "./open-root.ts";

let fixture: ChannelFixture;
beforeAll(async () => {
  fixture = await createChannelFixture([{}]);
});
afterAll(() => fixture.remove());

describe("the kept channel", () => {
  it("is not led away by a longer chain that a key signed which was taken out", async () => {
    const { key, chain } = fixture;
    const heir = createSigningKey();
    const first = JSON.parse(chain.chain[0]?.body ?? "");
    const next = (version: number, changes: object, signers = [key]) =>
      signEnvelope("channel", JSON.stringify({ ...first, version, ...changes }), signers);
    const role = { keys: [heir.publicKey.id], threshold: 1 };
    const passedOn = {
      keys: [toBase64(heir.publicKey.bytes)],
      roles: { root: role, release: role },
    };
    const passed = { chain: [...chain.chain, next(2, passedOn, [key, heir])] };
    const fork = { chain: [...chain.chain, next(2, {}), next(3, {})] };

    const root = await openRoot(await fixture.makeRoot("laptop", 1));
    const keeper = await keepChannel(root);
    const adopt = (offered: Chain) => root.change((writable) => keeper.adopt(writable, offered));
    expect((await adopt(passed)).version).toBe(2);
    await expect(adopt(fork)).rejects.toMatchObject({ code: "bad-signature" });
    expect((await adopt(chain)).version).toBe(2);
    expect(keeper.current()?.release.keys.map((one) => one.id)).toEqual([heir.publicKey.id]);
    expect((await keepChannel(root)).current()?.version).toBe(2);
    await root.close();
  });
});

describe("what cannot be read now", () => {
  /** As when the process has too many files open. */
  const failToRead = (unreadable: string) => failToOpen((path) => path === unreadable, "EMFILE");
  afterEach(letOpen);

  it("is not taken for a channel that is not there: a shorter one would take its place", async () => {
    const root = await openRoot(await fixture.makeRoot("busy", 1));
    const file = join(root.repository.path, "channel.json");
    failToRead(file);
    await expect(keepChannel(root)).rejects.toMatchObject({ code: "unreadable-file" });
    letOpen();
    expect((await keepChannel(root)).current()?.id).toBe(fixture.channel.id);
    // Damaged or gone it is fetched again.
    await promises.writeFile(file, "{");
    expect((await keepChannel(root)).current()).toBeUndefined();
    await promises.rm(file);
    expect((await keepChannel(root)).current()).toBeUndefined();
    await root.close();
  });

  it("is not taken for a release that is not there: another one would take its place", async () => {
    const root = await openRoot(await fixture.makeRoot("busy again", 1));
    const keeper = await keepChannel(root);
    const [first] = fixture.releases;
    const offer = { channel: JSON.stringify(fixture.chain), release: JSON.stringify(first?.file) };
    failToRead(join(root.repository.path, "releases/1.json"));
    const offered = root.change((writable) =>
      takeOver(
        { root: writable, keeper, clock: systemClock },
        offer,
        {} as Asker,
        () => {},
        new AbortController().signal,
      ),
    );
    await expect(offered).rejects.toMatchObject({ code: "unreadable-file" });
    await root.close();
  });
});
