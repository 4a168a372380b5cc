import { peerFailed } from "@infield/shared/transfer";
import { expect, it } from "vitest";
import type { Source } from "../discovery/source.ts";
import { createBans } from "../peers/bans.ts";
import { createLinks } from "../peers/links.ts";
import { createFakeClock } from "../testing/fake-clock.ts";
import { fakeLink, idOf } from "../testing/fake-link.ts";
import { PieceSources } from "./piece-sources.ts";

it("whoever is connected at its other address is dialled after everybody who is not", async () => {
  const clock = createFakeClock(() => 0);
  const links = createLinks();
  links.add(fakeLink(1).link);
  const source = (number: number, address: string): Source => ({
    address,
    port: 7461,
    id: idOf(number),
  });
  const sources = [source(1, "fe80::1%lab"), source(2, "192.0.2.2"), source(3, "192.0.2.3")];
  const dialled: string[] = [];
  const pieceSources = new PieceSources({
    ...{ clock, links, bans: createBans(clock), signal: new AbortController().signal },
    sources: () => sources,
    async dial({ id }) {
      dialled.push(id);
      throw peerFailed("is not there");
    },
  });
  const nobodyKnows = pieceSources.ask(async () => {
    throw peerFailed("does not know");
  });
  await expect(nobodyKnows).rejects.toMatchObject({ code: "peer-failed" });
  expect(dialled).toEqual([2, 3, 1].map(idOf));
});
