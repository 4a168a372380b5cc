import { expect, it } from "vitest";
import { createTurns } from "./turns.ts";

it("turns come one after another, whatever becomes of the one before", async () => {
  const inTurn = createTurns();
  const order: string[] = [];
  const failing = inTurn(async () => {
    order.push("begins");
    await Promise.resolve();
    order.push("fails");
    throw new Error("on purpose");
  });
  const next = inTurn(async () => order.push("next"));
  await expect(failing).rejects.toThrow("on purpose");
  await next;
  expect(order).toEqual(["begins", "fails", "next"]);
});

it("whoever gives way hears of each that comes to wait, until its own turn is over", async () => {
  const inTurn = createTurns();
  let end = () => {};
  let asked = 0;
  const long = inTurn(
    () =>
      new Promise<void>((resolve) => {
        end = resolve;
      }),
    () => {
      asked++;
    },
  );
  expect(asked).toBe(0);
  const waiting = [inTurn(async () => {}), inTurn(async () => {})];
  expect(asked).toBe(2);
  await Promise.resolve();
  end();
  await Promise.all([long, ...waiting]);
  await inTurn(async () => {});
  expect(asked).toBe(2);
});
