/** Long-running work that a person started: its progress, its failure, and a way to cancel it. */
import { type InfieldError, isAbort, type Progress, trackProgress } from "@infield/shared/base";
import { useEffect, useRef, useState } from "preact/hooks";
import { guardLeaving } from "./leave-guard.ts";
import { toInfieldError } from "./to-infield-error.ts";

/**
 * Reports bytes done and in total; `step` names what is being done. A new step starts a new bar.
 */
export type ReportProgress = (done: number, total: number, step?: string) => void;
export type Job = (signal: AbortSignal, report: ReportProgress) => Promise<void>;

export interface WorkState {
  readonly running: boolean;
  readonly progress?: Progress;
  readonly step?: string;
  readonly error?: InfieldError;
}
export interface Work extends WorkState {
  /** Runs a job; cancels one that is still running. */
  start(job: Job): void;
  cancel(): void;
}

const IDLE: WorkState = { running: false };

export function useWork(): Work {
  const [state, setState] = useState(IDLE);
  const current = useRef<AbortController>(undefined);
  useEffect(() => () => current.current?.abort(), []);
  return {
    ...state,
    start(job) {
      current.current?.abort();
      const controller = new AbortController();
      current.current = controller;
      const show = (next: WorkState) => {
        if (current.current === controller) setState(next);
      };
      void runJob(job, controller.signal, show);
    },
    cancel: () => current.current?.abort(),
  };
}

/** Runs one job to its end and shows its states; an abort is not a failure. */
export async function runJob(
  job: Job,
  signal: AbortSignal,
  show: (state: WorkState) => void,
  now: () => number = () => performance.now(),
): Promise<void> {
  const leave = guardLeaving();
  let ended = false;
  // A worker's last progress message may arrive after its result.
  const showRunning = (state: WorkState) => {
    if (!ended) show(state);
  };
  const end = (state: WorkState) => {
    ended = true;
    show(state);
  };
  show({ running: true });
  try {
    await job(signal, reportTo(showRunning, now));
    end(IDLE);
  } catch (error) {
    end(isAbort(error) ? IDLE : { running: false, error: toInfieldError(error) });
  } finally {
    leave();
  }
}

function reportTo(show: (state: WorkState) => void, now: () => number): ReportProgress {
  let track = trackProgress(0, now);
  let key = "";
  return (done, total, step) => {
    if (key !== `${step} ${total}`) {
      key = `${step} ${total}`;
      track = trackProgress(total, now);
    }
    show({ running: true, progress: track(done), ...(step !== undefined && { step }) });
  };
}
