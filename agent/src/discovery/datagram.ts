/** What comes in from a group, before anybody gives it meaning. */

export interface Datagram {
  readonly bytes: Uint8Array;
  /**
   * Where it came from, link-local addresses with their scope: the only thing about a sender that
   * is not a claim.
   */
  readonly address: string;
  /** The group address it was sent to. */
  readonly group: string;
  /** Datagrams that came to this address since it was joined, this one included. */
  readonly received: number;
}
