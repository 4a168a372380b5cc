/**
 * Connections to teachers who are looking: a query with the classroom flag says whose page is open.
 * The laptop connects, reports, takes orders, and lets go when the queries end.
 */
import type { Query } from "@infield/shared/announce";
import type { Clock } from "../timing/clock.ts";
import type { PeerLink } from "./peer-link.ts";

interface Reporting {
  /** A teacher asked; `address` is where the query came from. */
  onQuery(query: Query, address: string): void;
  /** Lets go of everybody, of those who are being dialled too, and dials nobody any more. */
  close(): void;
}

/** How often an open page asks; here because two numbers follow from it. */
export const CLASSROOM_QUERY_MS = 20_000;
/** Three queries in a row may be lost before a laptop takes the page for closed. */
export const LOOKING_MS = 3 * CLASSROOM_QUERY_MS + 1_000;
/**
 * Teachers at one time, one of each address: a query is not signed, so somebody in the room could
 * invent more. Whoever has given an order that was obeyed keeps the place; of the others, the one
 * who has held it longest makes way.
 */
const MAX_TEACHERS = 4;

interface Teacher {
  link?: PeerLink;
  cancel: () => void;
}

export function createTeacherLinks(
  clock: Clock,
  dial: (address: string, port: number, signal: AbortSignal) => Promise<PeerLink>,
): Reporting {
  /** By source address, in the order in which they came. */
  const teachers = new Map<string, Teacher>();
  const closing = new AbortController();

  function letGo(address: string): void {
    const teacher = teachers.get(address);
    teachers.delete(address);
    teacher?.cancel();
    teacher?.link?.close();
  }

  async function connect(teacher: Teacher, address: string, port: number): Promise<void> {
    try {
      const link = await dial(address, port, closing.signal);
      if (teachers.get(address) !== teacher) link.close();
      else teacher.link = link;
      await link.closed;
    } catch {
      // The next query is the next try.
    }
    if (teachers.get(address) === teacher) letGo(address);
  }

  /** False when everybody who holds a place has earned it. */
  function makeRoom(): boolean {
    if (teachers.size < MAX_TEACHERS) return true;
    const [longest] = [...teachers].find(([, { link }]) => !link?.hasOrdered) ?? [];
    if (longest !== undefined) letGo(longest);
    return longest !== undefined;
  }

  return {
    onQuery({ sender }, address) {
      const known = teachers.get(address);
      if (known) {
        known.cancel();
        known.cancel = clock.startTimer(LOOKING_MS, () => letGo(address));
      } else if (makeRoom()) {
        const teacher: Teacher = { cancel: clock.startTimer(LOOKING_MS, () => letGo(address)) };
        teachers.set(address, teacher);
        void connect(teacher, address, sender.port);
      }
    },
    close() {
      for (const address of [...teachers.keys()]) letGo(address);
      // Not waiting for anybody's hello or goodbye.
      closing.abort();
    },
  };
}
