/** What a page, or a command, can have this laptop do. */
import type { Sleep } from "../laptop/sleep.ts";
import { takeOver } from "../page/hand-over.ts";
import type { PageActions } from "../page/page-actions.ts";
import { prune } from "../store/prune/prune.ts";
import { repairFrom } from "../store/repair/doctor.ts";
import type { WantedDeltas } from "../stragglers/wanted-deltas.ts";
import { tellStored } from "./facts.ts";
import { giveOrder } from "./give-order.ts";
import type { Laptop } from "./laptop.ts";
import type { Neighbourhood } from "./neighbourhood.ts";
import type { Versions } from "./versions.ts";

export interface ActionsOptions
  extends Omit<Laptop, "book" | "rejectedDeltas" | "teachers" | "onEvent"> {
  readonly versions: Versions;
  readonly neighbourhood: Neighbourhood;
  readonly wanted: WantedDeltas;
  readonly sleep: Sleep;
}

type Actions = Omit<PageActions, "classroom">;

export function createActions(options: ActionsOptions): Actions {
  const { versions, neighbourhood, wanted, sleep } = options;
  const isOwn = (laptop: string) => laptop === options.root.identity.laptopId;
  return {
    offer: (...offered) => takeOffer(options, ...offered),
    prepareDelta: wanted.prepare,
    offerDelta: (...offered) => takeDelta(options, ...offered),
    updateClassroom: async () => neighbourhood.updateFromRepository(),
    look: () => neighbourhood.look(),
    rollBack: (laptop, how, signal) =>
      isOwn(laptop)
        ? versions.rollBack(how)
        : giveOrder(
            options,
            { command: "roll-back", ...(how.force && { force: true }) },
            laptop,
            signal,
          ),
    resume: (laptop, signal) =>
      isOwn(laptop) ? versions.resume() : giveOrder(options, { command: "resume" }, laptop, signal),
    hold: () => versions.hold(),
    prune: (keep) => options.root.change(async (writable) => void (await prune(writable, keep))),
    repair: (from, signal) => repair(options, from, signal),
    connect: async (peer, signal) => neighbourhood.peers().connect(peer, signal),
    disconnect: async (peer) => void (await neighbourhood.peers().disconnect(peer)),
    sleep: sleep.sleep,
    wake: async () => sleep.wake(),
  };
}

async function takeOffer(
  { root, bus, keeper, clock, neighbourhood }: ActionsOptions,
  ...[offer, asker, onProgress, signal]: Parameters<Actions["offer"]>
): Promise<void> {
  neighbourhood.interruptFetch();
  await root.change(async (writable) => {
    await takeOver({ root: writable, keeper, clock }, offer, asker, onProgress, signal);
    await tellStored(bus);
  });
}

async function takeDelta(
  { root, bus, wanted }: ActionsOptions,
  ...[{ to, delta }, asker, onProgress, signal]: Parameters<Actions["offerDelta"]>
): Promise<void> {
  await root.change((writable) =>
    wanted.take(writable, { to, blob: delta }, asker, onProgress, signal),
  );
  bus.emit("shown");
}

async function repair(
  { root, bus, status, neighbourhood }: ActionsOptions,
  from: Parameters<Actions["repair"]>[0],
  signal: AbortSignal,
): Promise<void> {
  await root.change(async (writable) => {
    const { current } = root.state();
    const contents = current === 0 ? undefined : neighbourhood.contents(current, signal);
    try {
      await repairFrom(writable, from, { signal, others: contents ? [contents] : [] });
    } finally {
      contents?.close();
    }
    status.set({ state: "resting" });
    await tellStored(bus);
  });
}
