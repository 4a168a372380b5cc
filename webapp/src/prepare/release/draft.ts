/** What a volunteer fills in about a release, and how it goes into the release record. */
import { MAX_DATA_FORMAT } from "@infield/shared/base";
import type { ReleaseRequest } from "./sign.ts";

/** Seconds a health check may take: enough to start a desktop program on the slowest laptop. */
export const HEALTH_SECONDS = 60;

export interface Draft {
  readonly notes: string;
  readonly urgent: boolean;
  readonly fullInstall: boolean;
  readonly healthPath: string;
  /** As typed; empty: none. Undefined until somebody types: the same as in the release before. */
  readonly dataFormat: string | undefined;
}
export const EMPTY_DRAFT: Draft = {
  notes: "",
  urgent: false,
  fullInstall: false,
  healthPath: "",
  dataFormat: undefined,
};

/** The details of a release; `dataFormat` is what `isDataFormat` accepts. */
export function detailsOf(
  { notes, urgent, healthPath }: Draft,
  dataFormat: string,
): ReleaseRequest["details"] {
  const text = notes.trim();
  const path = healthPath.trim();
  return {
    urgent,
    notes: text === "" ? {} : { [document.documentElement.lang]: text },
    ...(path !== "" && { health: { path, seconds: HEALTH_SECONDS } }),
    ...(dataFormat !== "" && { dataFormat: Number(dataFormat) }),
  };
}

/** Nothing, or a whole number within bounds. */
export function isDataFormat(typed: string): boolean {
  return typed === "" || (/^\d{1,7}$/.test(typed) && Number(typed) <= MAX_DATA_FORMAT);
}
