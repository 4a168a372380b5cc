/** A worker that codes groups of a delta. WebAssembly keeps its peak memory, which is why idle ones are closed. */
import { type EncodedGroup, type EncodedHead, type HeadPlan, InfieldError } from "@infield/shared";
import { isCodecError } from "@infield/wasm/codec";
import { loadCodec } from "@infield/wasm/web";
import { expose, transfer } from "comlink";
import { calmDown } from "./calm.ts";
import "./error-transfer.ts";

export interface EncoderApi {
  encodeGroup(
    base: Uint8Array,
    target: Uint8Array,
    onProgress: (fraction: number) => void,
  ): Promise<EncodedGroup>;
  encodeHead(head: HeadPlan): Promise<EncodedHead>;
  crc32(chunks: readonly Uint8Array[]): Promise<number>;
}

const api: EncoderApi = {
  async encodeGroup(base, target, onProgress) {
    const codec = await loadCodec();
    const report = calmDown(onProgress, (fraction) => fraction >= 1);
    const { record, memoryBytes } = translateErrors(() => codec.encodeGroup(base, target, report));
    return transfer({ record, memoryBytes }, [record.buffer]);
  },
  async encodeHead(head) {
    const codec = await loadCodec();
    const encoded = translateErrors(() => codec.encodeHead({ ...head, groups: [...head.groups] }));
    return transfer(encoded, [encoded.bytes.buffer]);
  },
  async crc32(chunks) {
    const codec = await loadCodec();
    return chunks.reduce((crc, chunk) => codec.crc32(chunk, crc), 0);
  },
};

/** The codec's encoder only ever refuses what this program should not have handed in. */
function translateErrors<T>(encode: () => T): T {
  try {
    return encode();
  } catch (error) {
    if (!isCodecError(error)) throw error;
    throw new InfieldError("internal", error.message, "report this as a defect", error);
  }
}

expose(api);
