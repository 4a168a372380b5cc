/** Going back, holding and going on, as a person at this laptop or a teacher of it wants. */
import { InfieldError } from "@infield/shared/base";
import type { Envelope } from "@infield/shared/records";
import { tellProblem } from "../laptop/events.ts";
import { verifyOrder } from "../page/orders.ts";
import { hold, type RollBackOptions, resume, rollBack } from "../update/update.ts";
import { tellStored } from "./facts.ts";
import type { Laptop } from "./laptop.ts";

type VersionsOptions = Pick<Laptop, "root" | "bus" | "status" | "teachers" | "onEvent">;

export class Versions {
  readonly #laptop: VersionsOptions;

  constructor(laptop: VersionsOptions) {
    this.#laptop = laptop;
  }

  /** Throws what `rollBack` of the update throws. */
  async rollBack(how: RollBackOptions): Promise<void> {
    const { root, bus, status, onEvent } = this.#laptop;
    bus.emit("interrupt");
    await root.change(async (writable) => {
      const left = root.state().current;
      const version = await rollBack(writable, how);
      onEvent({ event: "rolled-back", version, left });
      status.set({ state: "resting" });
      await tellStored(bus);
    });
  }

  /** Lifts every hold, and asks for what is newer. */
  async resume(): Promise<void> {
    const { root, bus, status, onEvent } = this.#laptop;
    await root.change(async (writable) => {
      await resume(writable);
      onEvent({ event: "resumed", version: root.state().current });
      status.set({ state: "resting" });
      await tellStored(bus);
    });
    bus.emit("ask", false);
  }

  hold(): Promise<void> {
    const { root, bus, status, onEvent } = this.#laptop;
    return root.change(async (writable) => {
      await hold(writable);
      onEvent({ event: "held", version: root.state().current });
      status.set({ state: "resting" });
      await tellStored(bus);
    });
  }

  /**
   * Carries out what a teacher ordered over a connection with this challenge. Throws `not-allowed`,
   * and what the order itself throws.
   */
  async obey(envelope: Envelope, challenge: string): Promise<void> {
    const { root, teachers, onEvent } = this.#laptop;
    try {
      const { laptopId } = root.identity;
      const { command, force } = verifyOrder(envelope, teachers, laptopId, challenge);
      await (command === "roll-back" ? this.rollBack({ force }) : this.resume());
    } catch (error) {
      if (error instanceof InfieldError) tellProblem(onEvent, error);
      throw error;
    }
  }
}
