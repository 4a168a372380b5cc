/**
 * Many small reads at a time, so that 50,000 small files do not wait for each other; never more
 * than `lanes`.
 */

/**
 * Runs `task` on every item. After the first failure nothing new is begun; it is thrown when all
 * begun tasks have ended.
 */
export async function forEachConcurrently<T>(
  items: Iterable<T>,
  lanes: number,
  task: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  let failed = false;
  const runLane = async () => {
    for (let next = queue.next(); !failed && !next.done; next = queue.next()) {
      await task(next.value).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  const results = await Promise.allSettled(Array.from({ length: lanes }, runLane));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}
