/** What a laptop says of itself. */
import * as v from "valibot";
import { MAX_TREE_BYTES } from "../../base/limits.ts";
import { Code, Id8, Milliseconds, Name, Sentence, Version } from "./fields.ts";

/**
 * Bytes of an update under way: those fetched and those built, each no more than a tree. JSON has
 * no infinity.
 */
const Amount = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(2 * MAX_TREE_BYTES));

export const ProgressSchema = v.object({
  done: Amount,
  total: Amount,
  rate: v.optional(Amount),
  remainingMs: v.optional(Milliseconds),
});

/**
 * What a laptop is doing. `waiting`: for a better moment to take `target`. `held`: rolled back, and
 * not taking the same release again.
 */
const StateSchema = v.picklist([
  "resting",
  "waiting",
  "fetching",
  "building",
  "checking",
  "failed",
  "held",
]);
export type LaptopState = v.InferOutput<typeof StateSchema>;

/**
 * What a laptop that is `waiting` waits for: its charger, somebody to open its lid, or the end of
 * its quiet hours.
 */
export const WaitsForSchema = v.picklist(["charger", "lid", "hours"]);

export const ReportSchema = v.object({
  id: Id8,
  name: Name,
  /** The current version; 0 when nothing is installed. */
  version: Version,
  /** The version a rollback would lead to, if there is one. */
  previous: v.optional(Version),
  state: StateSchema,
  /** The release it is on its way to; when held, the one it left. */
  target: v.optional(Version),
  progress: v.optional(ProgressSchema),
  waitsFor: v.optional(WaitsForSchema),
  /** What went wrong, for people. */
  problem: v.optional(v.object({ code: Code, message: Sentence, hint: Sentence })),
  /** Ids of the teacher keys it takes orders from. */
  teachers: v.pipe(v.array(Id8), v.maxLength(16)),
});
export type Report = v.InferOutput<typeof ReportSchema>;
