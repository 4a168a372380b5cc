/**
 * The laptop's own command, run after every switch that is confirmed and after every way back
 * (`--on-switch`). Which version it was told of last is in the state, so it is told at the next
 * start what it missed: a power cut between the two, or a switch while no agent ran. At least once:
 * a power cut between its end and the note has it told again.
 */
import { InfieldError } from "@infield/shared/base";
import { runCommand, shellCommand } from "../host/command.ts";
import { errorCode } from "../host/file-source.ts";
import type { OnEvent } from "../laptop/events.ts";
import type { OpenRoot } from "../store/root/root.ts";
import { switchEnvironment } from "../store/root/switch.ts";
import { noteTold } from "../update/update.ts";

/** Seconds it may take: to build an initramfs takes a slow laptop minutes. */
const HOOK_SECONDS = 300;

export interface SwitchHook {
  /**
   * What is in use may have changed: tells the command, unless it knows. Returns at once, and never
   * throws.
   */
  poke(): void;
  /** Breaks the command off, which is told again at the next start. Resolves once it is gone. */
  stop(): Promise<void>;
}

/** A hook that begins now: what is in use already is no switch. Throws `no-space`, `io-failed`. */
export async function createSwitchHook(
  root: OpenRoot,
  command: string,
  onEvent: OnEvent,
): Promise<SwitchHook> {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  if (root.record.told === undefined) await note(root.state().current);

  function note(version: number): Promise<void> {
    return root.change((writable) => noteTold(writable, version));
  }

  async function tellAll(): Promise<void> {
    for (;;) {
      const { current, confirmed } = root.state();
      const from = root.record.told ?? 0;
      if (!confirmed || current === from || stopping.signal.aborted) return;
      const problem = await tell(from, current);
      if (stopping.signal.aborted) return;
      await note(current);
      onEvent(problem ?? { event: "told", from, version: current });
    }
  }

  /** Undefined when it ended well. The switch stays, whatever it says. */
  async function tell(from: number, version: number) {
    const reason = await runCommand({
      ...shellCommand(command),
      folder: root.path,
      environment: switchEnvironment(root, from, version),
      seconds: HOOK_SECONDS,
      signal: stopping.signal,
    }).catch((error: unknown) => `it could not be run (${errorCode(error) ?? "unknown"})`);
    return reason === undefined ? undefined : asProblem(hookFailed(version, reason));
  }

  return {
    poke() {
      running ??= tellAll()
        .catch((error: unknown) => {
          if (error instanceof InfieldError) onEvent(asProblem(error));
        })
        .finally(() => {
          running = undefined;
        });
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

function asProblem({ code, message, hint }: InfieldError) {
  return { event: "problem", code, message, hint } as const;
}

function hookFailed(version: number, reason: string): InfieldError {
  return new InfieldError(
    "hook-failed",
    `version ${version} is in use, and the command of --on-switch failed: ${reason}`,
    "run it by hand once it is mended; it is not run again for this switch",
  );
}
