/** Publishing: the release record and its announcement, signed together. */
export { checkHealth, composeRelease, type NewRelease } from "./compose.ts";
