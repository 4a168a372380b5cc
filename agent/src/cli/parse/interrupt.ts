/** Ctrl-C, as an AbortSignal. */

/**
 * Aborts at the first SIGINT or SIGTERM, so that work can clean up behind itself. The handlers are
 * gone after that: a second Ctrl-C meets the system's own and ends the process at once.
 */
export function listenForInterrupt(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => controller.abort());
  return controller.signal;
}
