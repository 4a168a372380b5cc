/**
 * Trials where only a boot shows whether a version works (docs/booting.md). `current` is what the
 * next boot leads to; the loader counts tries; `infield confirm`, at the end of a boot, concludes.
 */
import type { BootLoader } from "./boot-loader.ts";
import type { WritableRoot } from "./root.ts";
import type { StoreState } from "./state.ts";

/** A root on a laptop that boots from it. */
export type BootingRoot = WritableRoot & { readonly bootLoader: BootLoader };

export function isBooting(root: WritableRoot): root is BootingRoot {
  return root.bootLoader !== undefined;
}

/**
 * Has the loader boot `current` next, and fall back to where a rollback would lead: these two are
 * never removed.
 */
export async function orderBoots({ bootLoader, state }: BootingRoot): Promise<void> {
  const { current, previous } = state();
  if (current === 0) return;
  await bootLoader.order(previous === undefined ? [current] : [current, previous]);
}

/**
 * Whether `current` was tried as often as it may be, and this boot led elsewhere. A person who
 * chose another version in the loader's menu has used up no try.
 */
export async function hasFailedToBoot({ bootLoader, state }: BootingRoot): Promise<boolean> {
  const { current, versions }: StoreState = state();
  const { booted } = bootLoader;
  if (booted === current || !versions.includes(booted)) return false;
  return (await bootLoader.triesLeft(current)) === 0;
}
