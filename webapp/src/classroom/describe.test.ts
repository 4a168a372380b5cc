import type { Classroom, Laptop, Report } from "@infield/shared/transfer";
import { expect, test } from "vitest";
import {
  addressesByNetwork,
  describeLast,
  describeSeen,
  describeState,
  pickNotes,
  reasonNotToOrder,
  summarise,
} from "./describe.ts";

const self: Report = {
  id: "00000000000000aa",
  name: "desk",
  version: 12,
  state: "resting",
  teachers: ["00000000000000ff"],
};
const laptop: Laptop = { ...self, id: "00000000000000bb", name: "amina", unseenMs: 0, obeys: true };
const latest = { version: 13, urgent: false, date: "", treeBytes: 0, notes: {}, announced: true };
const reach = { port: 7461, addresses: [], peers: [] };
const room = (more: Partial<Classroom>): Classroom => ({
  type: "classroom",
  self,
  laptops: [],
  reach,
  latest,
  ...more,
});

test("every state is put into words", () => {
  const words = (more: Partial<Report>, newest: number | undefined = 13) =>
    describeState({ ...self, ...more }, newest);
  expect(words({ version: 13 })).toBe("Has the newest version");
  expect(words({})).toBe("Waiting for version 13");
  expect(words({ state: "fetching", target: 13 })).toBe("Fetching version 13");
  expect(words({ state: "building" })).toBe("Installing an update");
  expect(words({ state: "waiting", target: 13, waitsFor: "charger" })).toBe(
    "Will install version 13 when plugged in",
  );
  expect(words({ state: "waiting", target: 13, waitsFor: "hours" })).toBe(
    "Will install version 13 after its quiet hours",
  );
  expect(words({ state: "held" })).toBe("On hold");
  expect(words({ state: "held", target: 13 })).toBe(
    "Rolled back; waiting for a version newer than 13",
  );
  expect(describeState({ ...self, version: 0 }, undefined)).toBe("Waiting for its first version");
});

test("the summary counts this laptop too, and those that need attention", () => {
  expect(
    summarise(
      room({ self: { ...self, version: 13 }, laptops: [laptop, { ...laptop, state: "failed" }] }),
    ),
  ).toBe("1 of 3 laptops has version 13, 1 needs attention");
  expect(summarise({ type: "classroom", self, reach, laptops: [] })).toBe("");
});

test("a laptop that cannot be reached is not said to be updating", () => {
  expect(describeLast({ ...self, state: "fetching", target: 13 }, 13)).toBe("Cannot be reached");
  expect(describeLast({ ...self, state: "failed" }, 13)).toBe("Update failed");
});

test("a laptop takes orders if it is here and obeys this teacher; else it says why not", () => {
  expect(reasonNotToOrder(laptop)).toBeUndefined();
  expect(reasonNotToOrder({ ...laptop, unseenMs: 10 })).toContain("reached");
  expect(reasonNotToOrder({ ...laptop, obeys: false })).toContain("another teacher");
  expect(reasonNotToOrder({ ...laptop, obeys: false, teachers: [] })).toContain(
    "without a teacher key",
  );
});

test("absence is told in whole minutes once it has lasted one", () => {
  expect(describeSeen(0)).toBe("now");
  expect(describeSeen(42_000)).toBe("42 s ago");
  expect(describeSeen(754_000)).toBe("12 min ago");
});

test("notes are shown in the reader's language, or the nearest to it", () => {
  const notes = { en: "new", "fr-CA": "neuf" };
  expect(pickNotes(notes, ["km", "fr-FR"])).toEqual({ language: "fr-CA", text: "neuf" });
  expect(pickNotes(notes, ["fr", "en"])).toEqual({ language: "en", text: "new" });
  expect(pickNotes(notes, ["km"])).toEqual({ language: "en", text: "new" });
  expect(pickNotes({}, ["en"])).toBeUndefined();
});

test("each network of this laptop is shown with one address, the first", () => {
  const addresses = [
    { interface: "wlan0", host: "192.168.1.7" },
    { interface: "wlan0", host: "2001:db8::7" },
    { interface: "eth0", host: "10.0.0.2" },
  ];
  expect(addressesByNetwork({ port: 7461, addresses, peers: [] })).toEqual([
    { card: "wlan0", host: "192.168.1.7", port: 7461 },
    { card: "eth0", host: "10.0.0.2", port: 7461 },
  ]);
});
