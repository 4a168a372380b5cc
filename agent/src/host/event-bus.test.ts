import { expect, it } from "vitest";
import { EventBus } from "./event-bus.ts";

interface Facts {
  installed: [version: number];
  woken: [];
}

it("tells whoever listens at the time, with the details", () => {
  const bus = new EventBus<Facts>();
  const heard: number[] = [];
  bus.emit("installed", 1);
  const stop = bus.on("installed", (version) => heard.push(version));
  bus.on("woken", () => heard.push(-1));
  bus.emit("installed", 2);
  stop();
  bus.emit("installed", 3);
  expect(heard).toEqual([2]);
});

it("tells all of them although one stops listening meanwhile", () => {
  const bus = new EventBus<Facts>();
  const heard: string[] = [];
  const stop: () => void = bus.on("woken", () => stop());
  bus.on("woken", () => heard.push("second"));
  bus.emit("woken");
  expect(heard).toEqual(["second"]);
});

it("waits until all have followed, and then throws what one of them could not do", async () => {
  const bus = new EventBus<Facts>();
  const order: string[] = [];
  bus.on("installed", async () => {
    throw new Error("the disk is full");
  });
  bus.on("installed", async (version) => {
    await new Promise(setImmediate);
    order.push(`followed ${version}`);
  });
  await expect(bus.emitAndWait("installed", 2)).rejects.toThrow("the disk is full");
  expect(order).toEqual(["followed 2"]);
});
