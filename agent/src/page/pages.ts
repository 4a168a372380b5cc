/** The open pages. While there is one, the classroom is asked to report, now and every so often. */

import { CLASSROOM_QUERY_MS } from "../peers/teacher-links.ts";
import type { Clock } from "../timing/clock.ts";
import type { PageLink } from "./page-actions.ts";

export interface Pages {
  open(page: PageLink): void;
  close(page: PageLink): void;
  /** Something that pages show has changed. */
  changed(): void;
  anyOpen(): boolean;
  stop(): void;
}

export function createPages(clock: Clock, askClassroom: () => void): Pages {
  const pages = new Set<PageLink>();
  let cancel: (() => void) | undefined;

  function ask(): void {
    askClassroom();
    cancel = clock.startTimer(CLASSROOM_QUERY_MS, ask);
  }
  function stop(): void {
    cancel?.();
    cancel = undefined;
  }
  return {
    open(page) {
      pages.add(page);
      stop();
      ask();
    },
    close(page) {
      pages.delete(page);
      if (pages.size === 0) stop();
    },
    changed() {
      for (const page of pages) page.changed();
    },
    anyOpen: () => pages.size > 0,
    stop,
  };
}
