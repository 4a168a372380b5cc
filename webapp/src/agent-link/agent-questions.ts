/**
 * What the agent asks back while a request runs: the bytes of what it was offered. Its questions do
 * not say which request they belong to, so only one request at a time may be asked about.
 */
import { InfieldError } from "@infield/shared/base";
import { failedAnswer, type Request, type Wire } from "@infield/shared/transfer";

export type RequestHandler = (request: Request, wire: Wire) => Promise<void>;

export class AgentQuestions {
  #handler: RequestHandler | undefined;
  #ended: Promise<unknown> | undefined;

  /** The end of the request that is being asked about; undefined when there is none. */
  get busy(): Promise<unknown> | undefined {
    return this.#ended;
  }

  /** Has `handler` answer until `request` has ended. Returns `request`, to be waited for. */
  answerDuring(request: Promise<void>, handler: RequestHandler): Promise<void> {
    const ended = request.finally(() => {
      this.#handler = undefined;
      this.#ended = undefined;
    });
    this.#handler = handler;
    this.#ended = ended.catch(() => {});
    return ended;
  }

  answer(request: Request, wire: Wire): void {
    if (this.#handler) void this.#handler(request, wire);
    else void wire.send(failedAnswer(request.id, notServing()));
  }
}

function notServing(): InfieldError {
  return new InfieldError(
    "unknown-release",
    "this page is not handing anything over",
    "hand it over again",
  );
}
