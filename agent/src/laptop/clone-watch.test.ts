import { expect, it } from "vitest";
import { CloneWatch } from "./clone-watch.ts";
import type { AgentEvent } from "./events.ts";

it("a packet with our id from an address that is none of ours is told once, and noted", () => {
  const events: AgentEvent[] = [];
  let noted = 0;
  const watch = new CloneWatch({
    ownAddresses: () => ["192.0.2.1", "fe80::1"],
    noteClone: async () => void noted++,
    onEvent: (event) => void events.push(event),
  });
  for (const own of ["192.0.2.1", "fe80::1%eth0"]) watch.hear(own);
  expect(events).toEqual([]);
  for (const other of ["192.0.2.2", "192.0.2.3"]) watch.hear(other);
  expect(events).toEqual([{ event: "clone", address: "192.0.2.2" }]);
  expect(noted).toBe(1);
});
