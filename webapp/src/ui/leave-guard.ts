/** Asks before the page is closed while something runs that closing would stop. */

let running = 0;

/** Call when work begins, and the result when it ends. */
export function guardLeaving(): () => void {
  if (running++ === 0) addEventListener("beforeunload", ask);
  return () => {
    if (--running === 0) removeEventListener("beforeunload", ask);
  };
}

function ask(event: BeforeUnloadEvent): void {
  event.preventDefault();
}
