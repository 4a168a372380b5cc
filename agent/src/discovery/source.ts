/** A neighbour that announced something, as its packet tells where it is. */
export interface Source {
  readonly address: string;
  readonly port: number;
  /** The laptop id it calls itself by. */
  readonly id: string;
}
