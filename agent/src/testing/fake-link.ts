/**
 * A connection to a neighbour that is not there: it only ends, when a test or its owner says so.
 */
import type { PeerLink } from "../peers/peer-link.ts";

/** The laptop id of neighbour number so-and-so. */
export const idOf = (number: number) => number.toString(16).padStart(16, "0");

export function fakeLink(number: number) {
  let end = () => {};
  const closed = new Promise<void>((resolve) => {
    end = resolve;
  });
  const link = { id: idOf(number), address: "192.0.2.7", close: () => end(), closed } as PeerLink;
  return { link, end: () => end(), closed };
}
