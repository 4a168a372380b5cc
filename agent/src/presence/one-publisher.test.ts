import { expect, it } from "vitest";
import { OnePublisher } from "./one-publisher.ts";
import type { Publisher } from "./publisher.ts";
import type { Service } from "./service.ts";

const service = (release: number): Service => ({
  ...{ instance: "desk 1", port: 7461, txt: [`v=${release}`] },
});

function setUp() {
  const done: string[] = [];
  const errors: unknown[] = [];
  const publisher = (name: string): Publisher => ({
    publish: async ({ txt }) => void done.push(`${name} tells ${txt}`),
    withdraw: async () => void done.push(`${name} says goodbye`),
    close: async () => void done.push(`${name} ends`),
  });
  const one = new OnePublisher((error) => void errors.push(error));
  return { done, errors, one, publisher, open: (name: string) => async () => publisher(name) };
}

it("the next publisher tells what the one before told, once that has ended", async () => {
  const { done, errors, one, open } = setUp();
  void one.tell(service(1));
  void one.replace(open("avahi"));
  await one.replace(open("ciao"));
  await one.tell(undefined);
  await one.close();
  expect(done).toEqual([
    ...["avahi tells v=1", "avahi ends", "ciao tells v=1"],
    ...["ciao says goodbye", "ciao ends"],
  ]);
  expect(errors).toEqual([]);
});

it("a publisher that cannot be opened or ended does not stop the next", async () => {
  const { done, errors, one, publisher, open } = setUp();
  await one.tell(service(1));
  await one.replace(async () => ({
    ...publisher("avahi"),
    close: () => Promise.reject(new Error("the daemon is gone")),
  }));
  await one.replace(() => Promise.reject(new Error("no daemon")));
  await one.replace(open("ciao"));
  expect(done).toEqual(["avahi tells v=1", "ciao tells v=1"]);
  expect(errors).toEqual([new Error("no daemon")]);
});

it("once closed, nobody takes over", async () => {
  const { done, one, open } = setUp();
  await one.tell(service(1));
  await one.close();
  await one.replace(open("ciao"));
  expect(done).toEqual([]);
});
