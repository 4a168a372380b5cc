/**
 * One at a time: updates, roll-backs and holds all change what is installed, and wait for each
 * other.
 */

/**
 * `giveWay` is called whenever somebody comes to wait behind this work: it may break off, and take
 * another turn later.
 */
export type InTurn = <T>(work: () => Promise<T>, giveWay?: () => void) => Promise<T>;

export function createTurns(): InTurn {
  const yielding = new Set<() => void>();
  let last: Promise<unknown> = Promise.resolve();
  return (work, giveWay) => {
    for (const give of yielding) give();
    const turn = last.then(work, work).finally(() => giveWay && yielding.delete(giveWay));
    if (giveWay) yielding.add(giveWay);
    last = turn;
    return turn;
  };
}
