/** Asks before the page is left while something runs that leaving would end. */

let running = 0;

/** Call when work begins; call the result when it has ended. */
export function guardLeaving(): () => void {
  if (running++ === 0) addEventListener("beforeunload", ask);
  return () => {
    if (--running === 0) removeEventListener("beforeunload", ask);
  };
}

function ask(event: BeforeUnloadEvent): void {
  event.preventDefault();
}
