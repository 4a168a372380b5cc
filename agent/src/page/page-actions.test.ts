import type { Asker } from "@infield/shared/transfer";
import { expect, it } from "vitest";
import { type PageActions, type PageRequest, perform } from "./page-actions.ts";

/** Actions that only note what they are asked for. */
function noteActions() {
  const asked: [string, unknown][] = [];
  const actions = new Proxy({} as PageActions, {
    get:
      (_, name) =>
      (...args: unknown[]) =>
        void asked.push([String(name), args[0]]),
  });
  return { actions, asked };
}

it("every request of a page asks for its own action", async () => {
  const { actions, asked } = noteActions();
  const context = {
    ...{ page: { changed: () => {} }, asker: {} as Asker, onProgress: () => {} },
    signal: new AbortController().signal,
  };
  const peer = { host: "192.0.2.7", port: 7461 };
  const requests: PageRequest[] = [
    { type: "offer", id: 1, channel: "…", release: "…" },
    { type: "roll-back", id: 2, laptop: "a" },
    { type: "resume", id: 3, laptop: "b" },
    { type: "prune", id: 4, keep: 2 },
    { type: "repair", id: 5 },
    { type: "connect", id: 6, ...peer },
    { type: "disconnect", id: 7, ...peer },
    ...(["update-classroom", "look", "hold", "sleep", "wake"] as const).map((type, at) => ({
      ...{ type, id: 8 + at },
    })),
  ];
  for (const request of requests) await perform(request, actions, context);
  expect(asked).toEqual([
    ["offer", requests[0]],
    ["rollBack", "a"],
    ["resume", "b"],
    ["prune", 2],
    ["repair", undefined],
    ["connect", peer],
    ["disconnect", peer],
    ...["updateClassroom", "look", "hold", "sleep", "wake"].map((name) => [name, undefined]),
  ]);
});
