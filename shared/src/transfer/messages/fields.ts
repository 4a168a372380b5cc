/** Fields that several messages have, with their bounds. */
import * as v from "valibot";
import { MAX_HOST_CHARS } from "../../announce/peer-address.ts";
import { MAX_NAME_CHARS, MAX_VERSION } from "../../base/limits.ts";
import { Count } from "../../records/parse.ts";

export const RequestId = Count(0, 0xffff_ffff);
/** A laptop's or a key's. */
export const Id8 = v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/));
export const Name = v.pipe(v.string(), v.maxLength(MAX_NAME_CHARS));
export const Version = Count(0, MAX_VERSION);
export const Host = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_HOST_CHARS));
export const Port = Count(1, 65_535);
/** 16 random bytes in hex, used once. */
export const Challenge = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/));
/** An error's code; ours have at most twenty characters. */
export const Code = v.pipe(v.string(), v.maxLength(40));
export const Sentence = v.pipe(v.string(), v.maxLength(1000));
/** A laptop that crawls may claim any number that can be held exactly. */
export const Milliseconds = v.pipe(
  v.number(),
  v.finite(),
  v.minValue(0),
  v.maxValue(Number.MAX_SAFE_INTEGER),
);
