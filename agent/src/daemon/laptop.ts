/** What a laptop knows of itself: its root, its channel, its classroom. Most parts use these. */
import type { PublicKey, SigningKey } from "@infield/shared/records";
import { EventBus } from "../host/event-bus.ts";
import { type AddressBook, openAddressBook } from "../laptop/address-book.ts";
import type { OnEvent } from "../laptop/events.ts";
import { createLaptopStatus, type LaptopStatus } from "../laptop/status.ts";
import { tellUpdateSteps } from "../laptop/update-events.ts";
import { Classroom } from "../page/classroom.ts";
import { loadTeachers } from "../page/orders.ts";
import { type ChannelKeeper, keepChannel } from "../store/root/channel-keeper.ts";
import { layoutOf } from "../store/root/layout.ts";
import type { OpenRoot } from "../store/root/root.ts";
import { createRejectedDeltas, type RejectedDeltas } from "../stragglers/rejected-deltas.ts";
import { type Clock, systemClock } from "../timing/clock.ts";
import type { Endings } from "./endings.ts";
import type { AgentBus, AgentFacts } from "./facts.ts";
import type { AgentOptions } from "./options.ts";
import { createSwitchHook } from "./switch-hook.ts";

export interface Laptop {
  readonly root: OpenRoot;
  readonly clock: Clock;
  readonly bus: AgentBus;
  readonly keeper: ChannelKeeper;
  readonly status: LaptopStatus;
  readonly classroom: Classroom;
  readonly book: AddressBook;
  readonly rejectedDeltas: RejectedDeltas;
  /** What this laptop gives orders with. */
  readonly teacherKey: SigningKey;
  /** Whose orders it obeys. */
  readonly teachers: readonly PublicKey[];
  readonly onEvent: OnEvent;
}

/** Throws `key-invalid`, `unknown-channel`, `no-space`, `io-failed`. */
export async function openLaptop(
  root: OpenRoot,
  options: AgentOptions,
  endings: Endings,
): Promise<Laptop> {
  const { onEvent } = options;
  const clock = systemClock;
  const bus = new EventBus<AgentFacts>();
  const teachers = loadTeachers(options.teachers);
  if (options.channel !== undefined) await root.identity.pinChannel(options.channel);
  const ids = teachers.map((key) => key.id);
  const status = createLaptopStatus(root, options.name, ids);
  const classroom = new Classroom(clock, onEvent);
  status.onChange(() => bus.emit("shown"));
  classroom.onChange(() => bus.emit("shown"));
  endings.add(tellUpdateSteps(status, clock, onEvent));
  if (options.onSwitch) {
    const hook = await createSwitchHook(root, options.onSwitch, onEvent);
    endings.add(hook.stop);
    bus.on("stored", hook.poke);
  }
  return {
    ...{ root, clock, bus, status, classroom, teachers, onEvent },
    keeper: await keepChannel(root),
    book: await openAddressBook(layoutOf(root.path).peersFile),
    rejectedDeltas: createRejectedDeltas(),
    teacherKey: await root.identity.teacherKey(),
  };
}
