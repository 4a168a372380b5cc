import type { Codec } from "./codec.ts";

export async function loadCodec(): Promise<Codec> {
  throw new Error("not built yet");
}
