/** What a page, a command or a teacher of ours can have this laptop do. */
import { InfieldError } from "@infield/shared/base";
import type { Envelope, PublicKey, SigningKey } from "@infield/shared/records";
import { type Order, peerFailed, type Report } from "@infield/shared/transfer";
import type { OnEvent } from "../laptop/events.ts";
import type { LaptopStatus } from "../laptop/status.ts";
import type { Classroom } from "../page/classroom.ts";
import { takeOver } from "../page/hand-over.ts";
import { signOrder, verifyOrder } from "../page/orders.ts";
import type { PageActions } from "../page/page-actions.ts";
import { prune } from "../store/prune/prune.ts";
import { repairFrom } from "../store/repair/doctor.ts";
import type { ChannelKeeper } from "../store/root/channel-keeper.ts";
import type { OpenRoot } from "../store/root/root.ts";
import type { WantedDeltas } from "../stragglers/wanted-deltas.ts";
import type { Clock } from "../timing/clock.ts";
import { hold, type RollBackOptions, resume, rollBack } from "../update/update.ts";
import type { Neighbourhood } from "./neighbourhood.ts";

export interface ActionsOptions {
  readonly root: OpenRoot;
  readonly clock: Clock;
  readonly keeper: ChannelKeeper;
  readonly status: LaptopStatus;
  readonly classroom: Classroom;
  readonly teacherKey: SigningKey;
  /** Whose orders are obeyed. */
  readonly teachers: readonly PublicKey[];
  /** Undefined while no channel is followed. */
  neighbourhood(): Neighbourhood | undefined;
  readonly wanted: WantedDeltas;
  /** The repository, or what is installed, has changed. Only within a change. */
  onStored(): Promise<void>;
  /** Something that pages show has changed. */
  onPicture(): void;
  /** Resolves once this laptop may sleep. */
  sleep(): Promise<void>;
  wake(): void;
  readonly onEvent: OnEvent;
}

interface Actions extends Omit<PageActions, "classroom"> {
  /**
   * Carries out what a teacher ordered over a connection. Throws `not-allowed`, and what the order
   * itself throws.
   */
  obey(order: Envelope, challenge: string): Promise<void>;
}

/**
 * From a laptop's answer to its report of the effect, which it sends first: long enough for a
 * crowded channel.
 */
const EFFECT_MS = 20_000;

export function createActions(options: ActionsOptions): Actions {
  const { root, clock, keeper, status, classroom, onEvent } = options;
  const { laptopId } = root.identity;

  function neighbours(): Neighbourhood {
    const neighbourhood = options.neighbourhood();
    if (neighbourhood) return neighbourhood;
    throw new InfieldError(
      "unknown-channel",
      "this laptop follows no channel yet",
      "hand a release over first, or start the agent with --channel",
    );
  }

  async function goBack(how: RollBackOptions): Promise<void> {
    options.neighbourhood()?.updater.interrupt();
    await root.change(async (writable) => {
      const left = root.state().current;
      const version = await rollBack(writable, how);
      onEvent({ event: "rolled-back", version, left });
      status.set({ state: "resting" });
      await options.onStored();
    });
  }

  async function goOn(): Promise<void> {
    await root.change(async (writable) => {
      await resume(writable);
      onEvent({ event: "resumed", version: root.state().current });
      status.set({ state: "resting" });
      await options.onStored();
    });
    options.neighbourhood()?.ask(false);
  }

  /**
   * Has another laptop do it, by an order for its connection's challenge. `done` is not enough:
   * anybody on the way may say it and keep the order, so the laptop's report has to show what it
   * did.
   */
  async function order(
    what: Pick<Order, "command" | "force">,
    laptop: string,
    signal: AbortSignal,
  ): Promise<void> {
    const link = classroom.linkTo(laptop);
    const before = classroom.reportOf(laptop);
    if (link === undefined) throw peerFailed("is not connected now");
    await link.asker.giveOrder(signOrder(options.teacherKey, what, laptop, link.challenge), signal);
    const shows = ({ version, state }: Report) =>
      what.command === "roll-back" ? version !== before?.version : state !== "held";
    await classroom.until(laptop, shows, EFFECT_MS, signal);
  }

  return {
    async offer(offer, asker, onProgress, signal) {
      options.neighbourhood()?.updater.interruptFetch();
      await root.change(async (writable) => {
        await takeOver({ root: writable, keeper, clock }, offer, asker, onProgress, signal);
        await options.onStored();
      });
    },
    prepareDelta: (page, pair, preparing) => options.wanted.prepare(page, pair, preparing),
    async offerDelta({ to, delta }, asker, onProgress, signal) {
      await root.change((writable) =>
        options.wanted.take(writable, { to, blob: delta }, asker, onProgress, signal),
      );
      options.onPicture();
    },
    updateClassroom: async () => neighbours().updateFromRepository(),
    look: async () => neighbours().look(),
    rollBack: (laptop, how, signal) =>
      laptop === laptopId
        ? goBack(how)
        : order({ command: "roll-back", ...(how.force && { force: true }) }, laptop, signal),
    resume: (laptop, signal) =>
      laptop === laptopId ? goOn() : order({ command: "resume" }, laptop, signal),
    hold: () =>
      root.change(async (writable) => {
        await hold(writable);
        onEvent({ event: "held", version: root.state().current });
        status.set({ state: "resting" });
        await options.onStored();
      }),
    prune: (keep) => root.change(async (writable) => void (await prune(writable, keep))),
    repair: (from, signal) =>
      root.change(async (writable) => {
        const { current } = root.state();
        const contents =
          current === 0 ? undefined : options.neighbourhood()?.contents(current, signal);
        try {
          await repairFrom(writable, from, { signal, others: contents ? [contents] : [] });
        } finally {
          contents?.close();
        }
        status.set({ state: "resting" });
        await options.onStored();
      }),
    connect: (peer, signal) => neighbours().peers.connect(peer, signal),
    async disconnect(peer) {
      await neighbours().peers.disconnect(peer);
    },
    sleep: options.sleep,
    wake: async () => options.wake(),
    async obey(envelope, challenge) {
      try {
        const { command, force } = verifyOrder(envelope, options.teachers, laptopId, challenge);
        await (command === "roll-back" ? goBack({ force }) : goOn());
      } catch (error) {
        if (error instanceof InfieldError) {
          onEvent({ event: "problem", code: error.code, message: error.message, hint: error.hint });
        }
        throw error;
      }
    },
  };
}
