/**
 * The page's requests that the agent has not finished: numbered, with progress, and failed together
 * when the link is lost.
 */
import { ERROR_CODES, type ErrorCode, InfieldError, type Progress } from "@infield/shared/base";
import type { Report } from "@infield/shared/transfer";

interface Pending {
  resolve(): void;
  reject(error: unknown): void;
  onProgress?: ((progress: Progress) => void) | undefined;
}

export interface Requests {
  /**
   * A new number, and a promise of the request's end. An abort only stops waiting: the protocol has
   * no message to cancel a request.
   */
  begin(
    signal?: AbortSignal,
    onProgress?: (progress: Progress) => void,
  ): { readonly id: number; readonly ended: Promise<void> };
  done(id: number): void;
  progress(id: number, progress: Progress): void;
  failed(id: number, error: InfieldError): void;
  /** The link is lost. */
  failAll(error: InfieldError): void;
}

export function createRequests(): Requests {
  const pending = new Map<number, Pending>();
  let lastId = 0;
  return {
    begin(signal, onProgress) {
      const id = ++lastId;
      const ended = new Promise<void>((resolve, reject) => {
        pending.set(id, { resolve, reject, onProgress });
        signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
      }).finally(() => pending.delete(id));
      return { id, ended };
    },
    done: (id) => pending.get(id)?.resolve(),
    progress: (id, progress) => pending.get(id)?.onProgress?.(progress),
    failed: (id, error) => pending.get(id)?.reject(error),
    failAll(error) {
      for (const request of [...pending.values()]) request.reject(error);
    },
  };
}

/**
 * An agent's `failed` answer as an error. Even if this page does not know its code, its message can
 * be shown.
 */
export function toError(answer: { code: string; message: string; hint: string }): InfieldError {
  const code: ErrorCode = isErrorCode(answer.code) ? answer.code : "internal";
  return new InfieldError(code, answer.message, answer.hint);
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}

/** Progress as a message carries it. A field without a value is left out. */
export function toProgress({
  done,
  total,
  rate,
  remainingMs,
}: NonNullable<Report["progress"]>): Progress {
  return {
    done,
    total,
    ...(rate !== undefined && { rate }),
    ...(remainingMs !== undefined && { remainingMs }),
  };
}
