/** Deltas for stragglers: made here where both versions are, or prepared by an open page. */
import { isOnMains } from "../host/power.ts";
import { createDeltaMaker, type DeltaMaker } from "../stragglers/delta-maker.ts";
import { makeBetween } from "../stragglers/make-delta.ts";
import { createWantedDeltas, type WantedDeltas } from "../stragglers/wanted-deltas.ts";
import type { Endings } from "./endings.ts";
import type { Laptop } from "./laptop.ts";
import type { AgentOptions } from "./options.ts";

export interface Deltas {
  /** What a page could prepare. */
  readonly wanted: WantedDeltas;
  readonly maker: DeltaMaker;
}

export function startDeltas(laptop: Laptop, options: AgentOptions, endings: Endings): Deltas {
  const { root, clock, bus, keeper, classroom, teacherKey, onEvent } = laptop;
  const wanted = createWantedDeltas({
    ...{ root, clock, channel: keeper.current },
    laptops: () => classroom.laptops(teacherKey.publicKey.id),
  });
  const maker = createDeltaMaker({
    ...{ root, clock, onEvent },
    isOnMains: options.isOnMains ?? isOnMains,
    make: (from, to, signal) => makeBetween({ root, signal }, from, to),
    isPrepared: wanted.isPrepared,
  });
  endings.add(maker.stop);
  bus.on("stored", maker.follow);
  bus.on("stored", wanted.refresh);
  return { wanted, maker };
}
