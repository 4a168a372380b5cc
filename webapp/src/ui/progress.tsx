/** Progress as a bar and in words: how much, how fast, how much longer. */
import { formatBytes, type Progress } from "@infield/shared/base";
import { useLayoutEffect, useRef } from "preact/hooks";
import { texts } from "./texts.ts";
import type { WorkState } from "./work.ts";

interface WorkProgressProps {
  readonly work: WorkState;
  readonly label: string;
  readonly cancel: () => void;
}

/** A running job with its cancel button. */
export function WorkProgress(props: WorkProgressProps) {
  return props.work.running ? <RunningWork {...props} /> : null;
}

function RunningWork({ work, label, cancel }: WorkProgressProps) {
  return (
    <div class="work">
      <p>{work.step ?? label}</p>
      <ProgressLine progress={work.progress} label={work.step ?? label} />
      <button type="button" ref={useInheritedFocus()} onClick={cancel}>
        {texts.cancel}
      </button>
    </div>
  );
}

/**
 * Takes keyboard focus from the button that began the work, as that is gone or disabled, and later
 * passes it to the section.
 */
function useInheritedFocus() {
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const own = button.current;
    const section = own?.closest("section");
    const focused = document.activeElement;
    if (focused === document.body || focused?.matches(":disabled"))
      own?.focus({ preventScroll: true });
    return () => {
      if (document.activeElement === own) section?.focus({ preventScroll: true });
    };
  }, []);
  return button;
}

/**
 * Bytes done of a total. Until the total is known, the bar only shows that something is happening.
 */
export function ProgressLine({
  progress,
  label,
}: {
  progress: Progress | undefined;
  label: string;
}) {
  if (progress === undefined || progress.total === 0) return <progress aria-label={label} />;
  const { done, total, rate, remainingMs } = progress;
  const words = [
    `${formatBytes(done)} of ${formatBytes(total)}`,
    rate === undefined ? [] : texts.rate(formatBytes(Math.round(rate))),
    remainingMs === undefined ? [] : texts.remaining(remainingMs),
  ].flat();
  return (
    <>
      <progress aria-label={label} max={total} value={Math.min(done, total)} />
      <p class="quiet numbers">{words.join(" · ")}</p>
    </>
  );
}
