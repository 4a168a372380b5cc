/** The requests of a swarm that are not answered yet, by piece. */
import type { Member, OutstandingRequest } from "./member.ts";

export class RequestBook {
  readonly #byPiece = new Map<number, Set<OutstandingRequest>>();

  add(request: OutstandingRequest): void {
    const { index, member } = request;
    member.requests.add(request);
    this.#byPiece.set(index, (this.#byPiece.get(index) ?? new Set()).add(request));
  }

  /** An answer came, or will not come; false for a request that is not in the book any more. */
  remove(request: OutstandingRequest): boolean {
    const requests = this.#byPiece.get(request.index);
    requests?.delete(request);
    if (requests?.size === 0) this.#byPiece.delete(request.index);
    return request.member.requests.delete(request);
  }

  /** Those for one piece: one, or two while a second member takes over. */
  ofPiece(index: number): Iterable<OutstandingRequest> {
    return this.#byPiece.get(index) ?? [];
  }

  isRequested(index: number): boolean {
    return this.#byPiece.has(index);
  }

  /** Requests that are waited for: without the cancelled ones, which hold nothing up any more. */
  count(): number {
    let count = 0;
    for (const requests of this.#byPiece.values())
      for (const { cancelledAt } of requests) if (cancelledAt === undefined) count++;
    return count;
  }

  /** A request that another has left unanswered for `stalledMs`, for a piece that `member` has. */
  findStalled(member: Member, now: number, stalledMs: number): OutstandingRequest | undefined {
    for (const [first, second] of this.#byPiece.values()) {
      if (first === undefined || second !== undefined || first.member === member) continue;
      if (now - first.askedAt >= stalledMs && member.has(first.index)) return first;
    }
    return undefined;
  }

  cancelAll(): void {
    for (const requests of this.#byPiece.values()) for (const { cancel } of requests) cancel();
  }
}
