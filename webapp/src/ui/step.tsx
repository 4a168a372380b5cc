/** One step of a sequence: a number, a heading, and either what to do or why it has to wait. */
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { texts } from "./texts.ts";

interface StepProps {
  readonly number: number;
  readonly title: string;
  /** Done steps are marked, so that people see where they are. */
  readonly done?: boolean;
  /** What has to be done first; without it, the step is open. */
  readonly waiting?: string | undefined;
  readonly children?: ComponentChildren;
}

export function Step({ number, title, done = false, waiting, children }: StepProps) {
  const id = useId();
  const state = waiting === undefined ? (done ? "done" : "open") : "waiting";
  return (
    <section class={`step ${state}`} aria-labelledby={id} tabIndex={-1}>
      <span class="number" role="img" aria-label={texts.step(number)}>
        {state === "done" ? "✓" : number}
      </span>
      <h2 id={id}>{title}</h2>
      <div class="body">{waiting === undefined ? children : <p class="quiet">{waiting}</p>}</div>
    </section>
  );
}
