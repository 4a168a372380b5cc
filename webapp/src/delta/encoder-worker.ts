/**
 * A worker that encodes groups of a delta. WebAssembly never gives memory back, so idle workers are
 * closed.
 */
import { InfieldError } from "@infield/shared/base";
import type {
  EncodedGroup,
  EncodedHeader,
  GroupSide,
  HeaderPlan,
  Level,
} from "@infield/shared/delta";
import { isCodecError } from "@infield/wasm/codec";
import { loadCodec } from "@infield/wasm/web";
import { expose, transfer } from "comlink";
import { throttle } from "../workers/throttle.ts";
import "../workers/error-transfer.ts";

export interface EncoderApi {
  encodeGroup(
    base: GroupSide,
    target: GroupSide,
    level: Level,
    onProgress: (fraction: number) => void,
  ): Promise<{ record: Blob } & Omit<EncodedGroup, "record">>;
  encodeHeader(header: HeaderPlan): Promise<EncodedHeader>;
}

const api: EncoderApi = {
  async encodeGroup(base, target, level, onProgress) {
    const codec = await loadCodec();
    const report = throttle(onProgress, (fraction) => fraction >= 1);
    const { record, ...needs } = translateErrors(() =>
      codec.encodeGroup(base, target, level, report),
    );
    return { record: new Blob([new Uint8Array(record)]), ...needs };
  },
  async encodeHeader(header) {
    const codec = await loadCodec();
    const encoded = translateErrors(() =>
      codec.encodeHeader({ ...header, groups: [...header.groups] }),
    );
    return transfer(encoded, [encoded.bytes.buffer]);
  },
};

/** The encoder only ever refuses input that this program should not have given it. */
function translateErrors<T>(encode: () => T): T {
  try {
    return encode();
  } catch (error) {
    if (!isCodecError(error)) throw error;
    throw new InfieldError("internal", error.message, "report this as a defect", error);
  }
}

expose(api);
