/** Progress as a bar and in words: how much, how fast, how long still. */
import { formatBytes, type Progress } from "@infield/shared";
import { texts } from "./texts.ts";
import type { WorkState } from "./work.ts";

/** A running job with its cancel button. */
export function WorkProgress({
  work,
  label,
  cancel,
}: {
  work: WorkState;
  label: string;
  cancel: () => void;
}) {
  if (!work.running) return null;
  return (
    <div class="work">
      <p>{work.step ?? label}</p>
      <ProgressLine progress={work.progress} label={work.step ?? label} />
      <button type="button" onClick={cancel}>
        {texts.cancel}
      </button>
    </div>
  );
}

/** Bytes done of bytes to do. Without a total yet, a bar that only says that something happens. */
export function ProgressLine({ progress, label }: { progress: Progress | undefined; label: string }) {
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
