/** How large this process's one wasm instance has become. It never shrinks, so that this is its peak. */
import { initSync } from "../../../wasm/pkg/infield_codec.js";

/** Call after `loadCodec()`: the generated code then answers with the instance there is, whatever it is given. */
export function codecMemoryBytes(): number {
  return initSync({ module: new ArrayBuffer(0) }).memory.buffer.byteLength;
}
