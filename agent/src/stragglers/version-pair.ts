/** Two versions that a delta leads between. */
export interface VersionPair {
  readonly from: number;
  readonly to: number;
}

export function pairName({ from, to }: VersionPair): string {
  return `${from} ${to}`;
}
