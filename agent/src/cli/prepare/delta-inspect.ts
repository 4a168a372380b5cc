/** `infield delta inspect FILE` */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { formatBytes, toHex } from "@infield/shared/base";
import type { DeltaInfo } from "@infield/wasm/codec";
import { loadCodec } from "@infield/wasm/node";
import { toDeltaError } from "../../delta/codec-failure.ts";
import { unreadableFile } from "../../host/file-source.ts";
import { toIoError } from "../../host/io-error.ts";
import { alignColumns } from "../output/table.ts";
import type { Outcome } from "../output/terminal.ts";
import type { Input } from "../parse/commands.ts";
import { checkDeltaFile } from "../parse/input-file.ts";

export async function runDeltaInspect({ FILE }: Input<"delta inspect">): Promise<Outcome> {
  const { info, bytes } = await readInfo(FILE);
  return { data: toData(FILE, info, bytes), text: toText(info, bytes) };
}

async function readInfo(path: string): Promise<{ info: DeltaInfo; bytes: number }> {
  await checkDeltaFile(path, "give a file that `infield delta create` made");
  const codec = await loadCodec();
  const file = openDelta(path);
  try {
    const { size } = fstatSync(file);
    return {
      info: codec.readHeader((offset, length) => readExactly(file, offset, length), size),
      bytes: size,
    };
  } catch (error) {
    throw toIoError(toDeltaError(error), `read ${JSON.stringify(path)}`);
  } finally {
    closeSync(file);
  }
}

function openDelta(path: string): number {
  try {
    return openSync(path, "r");
  } catch (cause) {
    throw unreadableFile(path, cause);
  }
}

function readExactly(file: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const count = readSync(file, bytes, done, length - done, offset + done);
    if (count === 0) break;
    done += count;
  }
  return bytes.subarray(0, done);
}

function toData(file: string, info: DeltaInfo, bytes: number): object {
  return {
    file,
    bytes,
    formatVersion: info.formatVersion,
    basePrefix: toHex(info.baseTreeIdPrefix),
    target: toHex(info.targetTreeId),
    decoderBytes: info.memoryBytes,
    work: info.work,
    baseManifestBytes: info.baseManifestBytes,
    groups: info.groups.map((group) => ({
      storedBytes: group.storedBytes,
      targetBytes: group.targetBytes,
    })),
    parts: info.streams,
  };
}

function toText(info: DeltaInfo, bytes: number): string {
  const carried = info.groups.reduce((total, group) => total + group.targetBytes, 0);
  const facts = [
    ["format", String(info.formatVersion)],
    ["base tree", `${toHex(info.baseTreeIdPrefix)}…`],
    ["target tree", toHex(info.targetTreeId)],
    ["groups", `${info.groups.length}, giving ${formatBytes(carried)}`],
    ["decoder memory", formatBytes(info.memoryBytes)],
    [
      "work",
      info.work.map(({ name, count }) => `${count.toLocaleString("en")} ${name}`).join(", "),
    ],
  ];
  const parts = info.streams.map(({ name, storedBytes, plainBytes }) => [
    name,
    String(storedBytes),
    String(plainBytes),
  ]);
  const table = [["part", "bytes", "unpacked"], ...parts, ["all", String(bytes), ""]];
  return [...alignColumns(facts), "", ...alignColumns(table, [1, 2])].join("\n");
}
