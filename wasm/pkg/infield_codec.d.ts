/* tslint:disable */
/* eslint-disable */

export class DeltaFile {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    /**
     * For each kind of bytes its name, stored length and plain length.
     */
    break_down(): Array<any>;
    check_base(manifest_bytes: number, tree_id: Uint8Array | number[]): void;
    /**
     * For each group its target length, stored length and span count.
     */
    groups(): Float64Array;
    static open(read_delta: Function, delta_bytes: number, memory_limit_bytes: number): DeltaFile;
    open_group(index: number, read_base: Function): RecordReader;
    open_skeleton(read_base: Function): RecordReader;
    /**
     * For each span of all groups its file, offset and length.
     */
    spans(): Float64Array;
    /**
     * For each kind of work its name and how much there is.
     */
    work(): Array<any>;
    readonly base_manifest_bytes: number;
    readonly base_tree_id_prefix: Uint8Array;
    readonly format_version: number;
    readonly memory_bytes: number;
    readonly target_tree_id: Uint8Array;
}

/**
 * A part of a delta file, and the memory that a decoder needs for it.
 */
export class Encoded {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Gives the bytes away and is empty afterwards.
     */
    take(): Uint8Array;
    /**
     * The lowest version whose decoders read it.
     */
    readonly format_version: number;
    readonly memory_bytes: number;
}

export class RecordReader {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Fills `into` and returns how many bytes were read: fewer than asked for only at the end.
     * Allocates no array for each chunk, as JavaScript would collect those only after tens of
     * megabytes.
     */
    read(into: Uint8Array): number;
}

export class Sha256 {
    free(): void;
    [Symbol.dispose](): void;
    digest(): Uint8Array;
    constructor();
    update(bytes: Uint8Array | number[]): void;
}

export class Unpacker {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Undefined for a format that is not known.
     */
    static open(format: string): Unpacker | undefined;
    /**
     * Bytes read and written; or one number, -1 for damage and -2 where it takes too much memory.
     */
    step(input: Uint8Array | number[], output: Uint8Array, is_last: boolean): Int32Array;
}

export function decode_bsdiff40(base: Uint8Array | number[], patch: Uint8Array | number[], max_target_bytes: number): Uint8Array;

export function encode_bsdiff40(base: Uint8Array | number[], target: Uint8Array | number[], listener?: Function | null): Uint8Array;

/**
 * `base_parts` and `target_parts` are the lengths of what each side is made of, `level` is an
 * index of `levels` in `codec.ts`.
 */
export function encode_group(level: number, base: Uint8Array | number[], base_parts: Float64Array | number[], target: Uint8Array | number[], target_parts: Float64Array | number[], listener?: Function | null): Encoded;

/**
 * `groups` has three numbers for each group: target length, stored length, span count. `spans` has
 * three for each span: file, offset, length.
 */
export function encode_header(base_tree_id: Uint8Array | number[], target_tree_id: Uint8Array | number[], base_manifest: Uint8Array | number[], skeleton: Uint8Array | number[], groups: Float64Array | number[], spans: Float64Array | number[], groups_memory_bytes: number, groups_format_version: number): Encoded;

export type InitInput = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;

export interface InitOutput {
    readonly memory: WebAssembly.Memory;
    readonly __wbg_deltafile_free: (a: number, b: number) => void;
    readonly __wbg_encoded_free: (a: number, b: number) => void;
    readonly __wbg_recordreader_free: (a: number, b: number) => void;
    readonly __wbg_sha256_free: (a: number, b: number) => void;
    readonly __wbg_unpacker_free: (a: number, b: number) => void;
    readonly decode_bsdiff40: (a: number, b: number, c: number, d: number, e: number) => [number, number, number, number];
    readonly deltafile_base_manifest_bytes: (a: number) => number;
    readonly deltafile_base_tree_id_prefix: (a: number) => [number, number];
    readonly deltafile_break_down: (a: number) => [number, number, number];
    readonly deltafile_check_base: (a: number, b: number, c: number, d: number) => [number, number];
    readonly deltafile_format_version: (a: number) => number;
    readonly deltafile_groups: (a: number) => [number, number];
    readonly deltafile_memory_bytes: (a: number) => number;
    readonly deltafile_open: (a: any, b: number, c: number) => [number, number, number];
    readonly deltafile_open_group: (a: number, b: number, c: any) => [number, number, number];
    readonly deltafile_open_skeleton: (a: number, b: any) => [number, number, number];
    readonly deltafile_spans: (a: number) => [number, number];
    readonly deltafile_target_tree_id: (a: number) => [number, number];
    readonly deltafile_work: (a: number) => [number, number, number];
    readonly encode_bsdiff40: (a: number, b: number, c: number, d: number, e: number) => [number, number, number, number];
    readonly encode_group: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number) => [number, number, number];
    readonly encode_header: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number, k: number, l: number, m: number, n: number) => [number, number, number];
    readonly encoded_format_version: (a: number) => number;
    readonly encoded_memory_bytes: (a: number) => number;
    readonly encoded_take: (a: number) => [number, number];
    readonly recordreader_read: (a: number, b: any) => [number, number, number];
    readonly sha256_digest: (a: number) => [number, number];
    readonly sha256_new: () => number;
    readonly sha256_update: (a: number, b: number, c: number) => void;
    readonly unpacker_open: (a: number, b: number) => number;
    readonly unpacker_step: (a: number, b: number, c: number, d: number, e: number, f: any, g: number) => [number, number];
    readonly __wbindgen_exn_store: (a: number) => void;
    readonly __externref_table_alloc: () => number;
    readonly __wbindgen_externrefs: WebAssembly.Table;
    readonly __wbindgen_malloc: (a: number, b: number) => number;
    readonly __wbindgen_free: (a: number, b: number, c: number) => void;
    readonly __externref_table_dealloc: (a: number) => void;
    readonly __wbindgen_realloc: (a: number, b: number, c: number, d: number) => number;
    readonly __wbindgen_start: () => void;
}

export type SyncInitInput = BufferSource | WebAssembly.Module;

/**
 * Instantiates the given `module`, which can either be bytes or
 * a precompiled `WebAssembly.Module`.
 *
 * @param {{ module: SyncInitInput }} module - Passing `SyncInitInput` directly is deprecated.
 *
 * @returns {InitOutput}
 */
export function initSync(module: { module: SyncInitInput } | SyncInitInput): InitOutput;

/**
 * If `module_or_path` is {RequestInfo} or {URL}, makes a request and
 * for everything else, calls `WebAssembly.instantiate` directly.
 *
 * @param {{ module_or_path: InitInput | Promise<InitInput> }} module_or_path - Passing `InitInput` directly is deprecated.
 *
 * @returns {Promise<InitOutput>}
 */
export default function __wbg_init (module_or_path?: { module_or_path: InitInput | Promise<InitInput> } | InitInput | Promise<InitInput>): Promise<InitOutput>;
