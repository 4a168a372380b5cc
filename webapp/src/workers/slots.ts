/** A counting semaphore: so many may work at a time, the others wait in a queue. */

export interface Slots {
  /** Waits for a slot. An abort leaves the queue; throws its reason. */
  acquire(signal: AbortSignal | undefined): Promise<void>;
  /** The slot passes to the next in the queue, or is free. */
  release(): void;
}

export function createSlots(size: number): Slots {
  const queue: (() => void)[] = [];
  let taken = 0;

  function enqueue(signal: AbortSignal | undefined): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const leave = () => {
        queue.splice(queue.indexOf(begin), 1);
        reject(signal?.reason);
      };
      const begin = () => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      queue.push(begin);
      signal?.addEventListener("abort", leave, { once: true });
    });
  }

  return {
    async acquire(signal) {
      signal?.throwIfAborted();
      if (taken >= size) return enqueue(signal);
      taken++;
    },
    release() {
      const next = queue.shift();
      if (next) next();
      else taken--;
    },
  };
}
