import { createSigningKey, signEnvelope, toBase64 } from "@infield/shared";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openRoot } from "../store/root.ts";
import { keepChannel } from "./channel-keeper.ts";
import { type ChannelFixture, createChannelFixture } from "./testing/channel-fixture.ts";

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
    const passedOn = { keys: [toBase64(heir.publicKey.bytes)], roles: { root: role, release: role } };
    const passed = { chain: [...chain.chain, next(2, passedOn, [key, heir])] };
    const fork = { chain: [...chain.chain, next(2, {}), next(3, {})] };

    const root = await openRoot(await fixture.makeRoot("laptop", 1));
    const keeper = await keepChannel(root);
    expect((await keeper.adopt(passed)).version).toBe(2);
    await expect(keeper.adopt(fork)).rejects.toMatchObject({ code: "bad-signature" });
    expect((await keeper.adopt(chain)).version).toBe(2);
    expect(keeper.current()?.release.keys.map((one) => one.id)).toEqual([heir.publicKey.id]);
    expect((await keepChannel(root)).current()?.version).toBe(2);
    await root.close();
  });
});
