import { expect, it } from "vitest";
import { AvahiPublisher, publishByAvahi } from "./avahi.ts";
import { AVAHI } from "./avahi-group.ts";
import type { Bus } from "./dbus.ts";
import { type Call, MESSAGE, type Message } from "./dbus-message.ts";
import { BusError } from "./pending-calls.ts";
import type { Service } from "./service.ts";

const OWNER = ":1.7";
const GROUP = "/Client1/EntryGroup1";

/** A bus with an avahi-daemon that says yes to everything, unless `refuse` throws. */
function fakeBus(refuse: (call: Call) => void = () => {}) {
  const calls: Call[] = [];
  const listeners = new Set<(signal: Message) => void>();
  const bus: Bus = {
    async call(call) {
      calls.push(call);
      refuse(call);
      if (call.member === "EntryGroupNew") return [GROUP];
      return call.member === "GetNetworkInterfaceIndexByName" ? [3] : [];
    },
    onSignal(listen) {
      listeners.add(listen);
      return () => void listeners.delete(listen);
    },
    closed: new Promise(() => {}),
    close: () => {},
  };
  const signal = (part: string, path: string, state: number, sender = OWNER) => {
    const fields = { sender, member: "StateChanged", interface: `${AVAHI}.${part}`, path };
    for (const listen of listeners)
      listen({ type: MESSAGE.signal, fields, body: () => [state, ""] });
  };
  return {
    ...{ bus, signal, listeners },
    /** What was called since the last time. */
    members: () => calls.splice(0).map(({ member }) => member),
    names: () =>
      calls.flatMap(({ member, values }) => (member === "AddService" ? values?.[3] : [])),
  };
}

const service = (release: number, more: Partial<Service> = {}): Service => ({
  ...{ instance: "desk 1", port: 7461, txt: [`v=${release}`], ...more },
});

async function publishOn({ bus }: ReturnType<typeof fakeBus>, errors: unknown[] = []) {
  return publishByAvahi({ bus, owner: OWNER, onError: (error) => void errors.push(error) });
}

it("a new release changes the TXT record alone; a new port takes the service back first", async () => {
  const daemon = fakeBus();
  const publisher = await publishOn(daemon);
  expect(publisher).toBeInstanceOf(AvahiPublisher);
  daemon.members();
  await publisher.publish(service(1));
  expect(daemon.members()).toEqual(["AddService", "Commit"]);
  await publisher.publish(service(2));
  expect(daemon.members()).toEqual(["UpdateServiceTxt"]);
  await publisher.publish(service(2, { port: 7500 }));
  expect(daemon.members()).toEqual(["Reset", "AddService", "Commit"]);
  await publisher.withdraw();
  await publisher.close();
  expect(daemon.members()).toEqual(["Reset", "Free"]);
  expect(daemon.listeners.size).toBe(0);
});

it("a daemon that runs again is told again; what others say is not listened to", async () => {
  const daemon = fakeBus();
  const publisher = await publishOn(daemon);
  await publisher.publish(service(1));
  daemon.members();
  daemon.signal("Server", "/", 2, ":1.9");
  daemon.signal("EntryGroup", "/Client9/EntryGroup9", 3);
  await publisher.withdraw();
  expect(daemon.members()).toEqual(["Reset"]);
  await publisher.publish(service(1));
  daemon.members();
  daemon.signal("Server", "/", 2);
  await publisher.close();
  expect(daemon.members()).toEqual(["Reset", "AddService", "Commit", "Free"]);
});

it("a taken name is given up for the next, and after nine it is an error", async () => {
  const daemon = fakeBus();
  const errors: unknown[] = [];
  const publisher = await publishOn(daemon, errors);
  await publisher.publish(service(1));
  for (let time = 0; time < 9; time++) daemon.signal("EntryGroup", GROUP, 3);
  await publisher.close();
  expect(daemon.names()).toEqual([
    "desk 1",
    ...[2, 3, 4, 5, 6, 7, 8, 9].map((number) => `desk 1 #${number}`),
  ]);
  expect(errors).toEqual([new Error("9 names are taken")]);
});

it("a name that the daemon itself has already is given up too", async () => {
  let isFirst = true;
  const daemon = fakeBus(({ member }) => {
    if (member !== "AddService" || !isFirst) return;
    isFirst = false;
    throw new BusError(`${AVAHI}.CollisionError`, "Local name collision");
  });
  const publisher = await publishOn(daemon);
  await publisher.publish(service(1));
  expect(daemon.names()).toEqual(["desk 1", "desk 1 #2"]);
});
