/**
 * Connections to teachers who have their page open, as a query with the classroom flag says. The
 * laptop connects, reports and takes orders, and hangs up when the queries end.
 */
import type { Query } from "@infield/shared/announce";
import type { Clock } from "../timing/clock.ts";
import type { PeerLink } from "./peer-link.ts";

interface Reporting {
  /** A teacher asked; `address` is where the query came from. */
  onQuery(query: Query, address: string): void;
  /** Hangs up on everybody, also on those being dialled, and dials nobody any more. */
  close(): void;
}

/** How often an open page asks. */
export const CLASSROOM_QUERY_MS = 20_000;
/** Three queries in a row may be lost before the page counts as closed. */
export const LOOKING_MS = 3 * CLASSROOM_QUERY_MS + 1_000;
/**
 * Teachers at a time, one for each address: queries are not signed, so somebody in the room could
 * invent more. A teacher whose order was obeyed stays; of the others, the one that came first makes
 * way.
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

  function hangUp(address: string): void {
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
    if (teachers.get(address) === teacher) hangUp(address);
  }

  /** False when every place is held by a teacher who has earned it. */
  function makeWay(): boolean {
    if (teachers.size < MAX_TEACHERS) return true;
    const [longest] = [...teachers].find(([, { link }]) => !link?.hasOrdered) ?? [];
    if (longest !== undefined) hangUp(longest);
    return longest !== undefined;
  }

  return {
    onQuery({ sender }, address) {
      const known = teachers.get(address);
      if (known) {
        known.cancel();
        known.cancel = clock.startTimer(LOOKING_MS, () => hangUp(address));
      } else if (makeWay()) {
        const teacher: Teacher = { cancel: clock.startTimer(LOOKING_MS, () => hangUp(address)) };
        teachers.set(address, teacher);
        void connect(teacher, address, sender.port);
      }
    },
    close() {
      for (const address of [...teachers.keys()]) hangUp(address);
      // Waits for nobody's hello or goodbye.
      closing.abort();
    },
  };
}
