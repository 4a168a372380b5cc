/** Where commands speak to a person or a program: results on stdout, everything else on stderr. */
import { InfieldError, isAbort } from "@infield/shared/base";
import { createProgressLine, type ProgressLine } from "./progress-line.ts";

/** What a command found or did: `data` for `--json`, `text` for people. */
export interface Outcome {
  readonly data: object;
  readonly text: string;
  /** 3: the answer is no; 1: it failed, as `data` and `text` say. */
  readonly exitCode?: 1 | 3;
}

export interface Terminal {
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** A line on stdout. */
  print(line: string): void;
  /** Something to know that is no failure, on stderr. */
  note(message: string, hint: string): void;
  /** Runs work with a progress line on stderr, wiped however the work ends. */
  withProgress<T>(work: (update: ProgressLine["update"]) => Promise<T>): Promise<T>;
}

export function openTerminal(signal: AbortSignal): Terminal {
  process.stdout.on("error", onOutputError);
  process.stderr.on("error", () => {});
  return {
    signal,
    print: (line) => process.stdout.write(`${printable(line)}\n`),
    note: (message, hint) => process.stderr.write(formatMessage(message, hint)),
    async withProgress(work) {
      const line = createProgressLine(process.stderr, () => performance.now());
      try {
        return await work(line.update);
      } finally {
        line.end();
      }
    },
  };
}

/** Says on the right stream how a command failed; the exit code it calls for. */
export function reportFailure(error: unknown, json: boolean): number {
  const { code, message, hint, exitCode } = describeFailure(error);
  if (json) process.stdout.write(`${JSON.stringify({ error: { code, message, hint } })}\n`);
  else process.stderr.write(formatMessage(formatSentence(message, code), hint));
  if (code === "internal" && process.env.INFIELD_DEBUG) console.error(error);
  return exitCode;
}

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly exitCode: number;
}

function describeFailure(error: unknown): Failure {
  if (isAbort(error)) {
    return { code: "cancelled", message: "cancelled", hint: "nothing was changed", exitCode: 130 };
  }
  if (error instanceof InfieldError) {
    const { code, message, hint } = error;
    return { code, message, hint, exitCode: code === "usage" ? 2 : 1 };
  }
  const reason = error instanceof Error ? error.message : String(error);
  const hint =
    "this is a defect in Infield: run it again with INFIELD_DEBUG=1 and report what it prints";
  return { code: "internal", message: reason, hint, exitCode: 1 };
}

/** With the code, by which docs/errors.md is searched; "cancelled" says it all already. */
function formatSentence(message: string, code: string): string {
  return code === "cancelled" ? message : `${message} (${code})`;
}

function formatMessage(message: string, hint: string): string {
  return printable(`infield: ${message}\n  ${hint}\n`);
}

/** Names come from trees and channels: their control characters must not steer the terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (char) => (char === "\n" ? char : "\ufffd"));
}

/**
 * A reader that has seen enough (`infield … | head`) is no failure; a full disk behind `> file` is.
 */
function onOutputError(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") return;
  const sentence = formatSentence(`the output cannot be written, ${error.code}`, "io-failed");
  process.stderr.write(formatMessage(sentence, "free some space"));
  process.exitCode = 1;
}
