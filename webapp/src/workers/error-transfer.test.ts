import { InfieldError, isAbort } from "@infield/shared/base";
import { expose, wrap } from "comlink";
import { expect, test } from "vitest";
import "./error-transfer.ts";

async function throwThroughComlink(error: unknown): Promise<unknown> {
  const { port1, port2 } = new MessageChannel();
  expose(
    {
      fail() {
        throw error;
      },
    },
    port1,
  );
  const remote = wrap<{ fail(): void }>(port2);
  port1.start();
  port2.start();
  const caught = await remote.fail().catch((thrown: unknown) => thrown);
  port1.close();
  port2.close();
  return caught;
}

test("code and hint of an error survive the way out of a worker", async () => {
  const caught = await throwThroughComlink(
    new InfieldError("archive-damaged", "it breaks off", "copy it again"),
  );
  expect(caught).toBeInstanceOf(InfieldError);
  expect(caught).toMatchObject({
    code: "archive-damaged",
    message: "it breaks off",
    hint: "copy it again",
  });
});

test("an abort is still one on the other side", async () => {
  expect(isAbort(await throwThroughComlink(new DOMException("stop", "AbortError")))).toBe(true);
});

test("anything else arrives as an error with its message", async () => {
  expect(await throwThroughComlink(new RangeError("too far"))).toMatchObject({
    name: "RangeError",
    message: "too far",
  });
  expect(await throwThroughComlink("just text")).toMatchObject({ message: "just text" });
});
