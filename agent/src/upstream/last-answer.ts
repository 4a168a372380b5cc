/** What the server said last, kept in upstream.json over a restart and for a person to see. */
import type { InfieldError } from "@infield/shared/base";
import type { Latest } from "../http/http-repository.ts";
import { readUpstream, type UpstreamRecord, writeUpstream } from "../laptop/upstream-file.ts";

export class LastAnswer {
  readonly #root: string;
  readonly #url: string;
  readonly #onError: (error: unknown) => void;
  #latest: Latest | undefined;

  private constructor(root: string, url: URL, onError: (error: unknown) => void) {
    this.#root = root;
    this.#url = url.href;
    this.#onError = onError;
  }

  /**
   * What an earlier agent heard from the same address is known. Whatever cannot be read or written
   * goes to `onError`: what only informs must not stop what it informs of.
   */
  static async open(
    root: string,
    url: URL,
    onError: (error: unknown) => void,
  ): Promise<LastAnswer> {
    const answer = new LastAnswer(root, url, onError);
    const kept = await readUpstream(root).catch(() => undefined);
    if (kept?.url === url.href) answer.#latest = kept.latest;
    else await answer.#write({});
    return answer;
  }

  get latest(): Latest | undefined {
    return this.#latest;
  }

  /** The server has answered; kept with the next `note`. */
  hear(latest: Latest): void {
    this.#latest = latest;
  }

  /** `asked`: when, as an ISO date. `problem`: why nothing came of it. */
  async note(asked: string, problem?: InfieldError): Promise<void> {
    if (problem === undefined) return this.#write({ asked });
    const { code, message, hint } = problem;
    return this.#write({ asked, problem: { code, message, hint } });
  }

  async #write(what: Pick<UpstreamRecord, "asked" | "problem">): Promise<void> {
    const latest = this.#latest && { latest: this.#latest };
    await writeUpstream(this.#root, { url: this.#url, ...latest, ...what }).catch(this.#onError);
  }
}
