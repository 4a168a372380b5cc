/**
 * Connections to teachers who are looking: a query with the classroom flag says whose page is open. The laptop connects,
 * reports, takes orders, and lets go when the queries end.
 */
import type { Query } from "@infield/shared";
import type { Clock } from "./clock.ts";
import type { PeerLink } from "./peer-link.ts";

export interface Reporting {
  /** A teacher asked; `address` is where the query came from. */
  onQuery(query: Query, address: string): void;
  close(): void;
}

/** How often an open page asks; here because two numbers follow from it. */
export const CLASSROOM_QUERY_MS = 20_000;
/** Three queries in a row may be lost before a laptop takes the page for closed. */
const LOOKING_MS = 3 * CLASSROOM_QUERY_MS + 1_000;
/** Teachers at one time: a query is not signed, so somebody in the room could invent more. */
const MAX_TEACHERS = 4;

interface Teacher {
  link?: PeerLink;
  cancel: () => void;
}

export function createReporting(
  clock: Clock,
  dial: (address: string, port: number) => Promise<PeerLink>,
): Reporting {
  const teachers = new Map<string, Teacher>();

  function letGo(id: string): void {
    const teacher = teachers.get(id);
    teachers.delete(id);
    teacher?.cancel();
    teacher?.link?.close();
  }

  async function connect(id: string, teacher: Teacher, address: string, port: number): Promise<void> {
    try {
      const link = await dial(address, port);
      if (teachers.get(id) !== teacher) link.close();
      else teacher.link = link;
      await link.closed;
    } catch {
      // The next query is the next try.
    }
    if (teachers.get(id) === teacher) letGo(id);
  }

  return {
    onQuery({ sender }, address) {
      const { id, port } = sender;
      const known = teachers.get(id);
      known?.cancel();
      const cancel = clock.startTimer(LOOKING_MS, () => letGo(id));
      if (known) {
        known.cancel = cancel;
      } else if (teachers.size >= MAX_TEACHERS) {
        cancel();
      } else {
        const teacher: Teacher = { cancel };
        teachers.set(id, teacher);
        void connect(id, teacher, address, port);
      }
    },
    close() {
      for (const id of [...teachers.keys()]) letGo(id);
    },
  };
}
