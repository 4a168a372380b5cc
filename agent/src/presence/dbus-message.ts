/**
 * Messages of D-Bus as bytes (D-Bus Specification 0.43, "Type System" and "Message Protocol"): as
 * much of it as a client of avahi-daemon needs, which is strings, numbers and arrays of them.
 */

export type Value = string | number | boolean | Uint8Array | readonly Value[];

export interface Call {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  /** One type a value, as `["i", "aay"]`. */
  readonly types?: readonly string[];
  readonly values?: readonly Value[];
}

export interface Message {
  readonly type: number;
  readonly fields: Readonly<Partial<Record<FieldName, Value>>>;
  /** Throws `RangeError` when it is not as its signature says. */
  body(): Value[];
}

export const MESSAGE = { call: 1, reply: 2, error: 3, signal: 4 } as const;

type FieldName = (typeof FIELDS)[number];
const FIELDS = [
  ...[
    "",
    "path",
    "interface",
    "member",
    "error",
    "replySerial",
    "destination",
    "sender",
    "signature",
  ],
  "unixFds",
] as const;
const FIXED_BYTES = 16;
/** Bytes of one message: answers of avahi-daemon have some hundred. */
const MAX_MESSAGE_BYTES = 64 * 1024;
const NO_AUTO_START = 2;

/** A call that starts no service which does not run. */
export function formatCall(serial: number, call: Call): Buffer {
  const { types = [], values = [] } = call;
  const body = new Writer();
  types.forEach((type, index) => void body.write(type, values[index] ?? ""));
  const head = new Writer();
  for (const byte of ["l".charCodeAt(0), MESSAGE.call, NO_AUTO_START, 1]) head.write("y", byte);
  head.write("u", body.bytes.length);
  head.write("u", serial);
  head.array(8, () => {
    const fields = [
      [1, "o", call.path],
      [2, "s", call.interface],
      [3, "s", call.member],
      [6, "s", call.destination],
      [8, "g", types.join("")],
    ] as const;
    for (const [code, type, value] of fields) {
      head.align(8);
      head.write("y", code);
      head.write("g", type);
      head.write(type, value);
    }
  });
  head.align(8);
  return Buffer.from([...head.bytes, ...body.bytes]);
}

/**
 * The first message of `bytes` and where it ends; undefined when it is not whole. Throws
 * `RangeError` for what is none.
 */
export function readMessage(bytes: Buffer): { message: Message; end: number } | undefined {
  if (bytes.length < FIXED_BYTES) return undefined;
  if (bytes[0] !== "l".charCodeAt(0) && bytes[0] !== "B".charCodeAt(0))
    throw new RangeError("no message");
  const little = bytes[0] === "l".charCodeAt(0);
  const u32 = (at: number) => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const [bodyBytes, fieldBytes] = [u32(4), u32(12)];
  const bodyStart = FIXED_BYTES + Math.ceil(fieldBytes / 8) * 8;
  const end = bodyStart + bodyBytes;
  if (end > MAX_MESSAGE_BYTES)
    throw new RangeError("a message larger than a client of avahi-daemon gets");
  if (bytes.length < end) return undefined;
  const fields = readFields(bytes.subarray(0, FIXED_BYTES + fieldBytes), little);
  const signature = String(fields.signature ?? "");
  const body = () => {
    const reader = new Reader(bytes.subarray(bodyStart, end), 0, little);
    return splitTypes(signature).map((type) => reader.read(type));
  };
  return { message: { type: bytes[1] ?? 0, fields, body }, end };
}

function readFields(bytes: Buffer, little: boolean): Partial<Record<FieldName, Value>> {
  const fields: Partial<Record<FieldName, Value>> = {};
  const reader = new Reader(bytes, FIXED_BYTES, little);
  while (reader.at < bytes.length) {
    reader.align(8);
    const name = FIELDS[Number(reader.read("y"))];
    const value = reader.read(String(reader.read("g")));
    if (name) fields[name] = value;
  }
  return fields;
}

/** `iaay` is two types, `i` and `aay`. */
function splitTypes(signature: string): string[] {
  return signature.match(/a*[^a]/g) ?? [];
}

/** Bytes a value of the type is aligned to. */
function alignmentOf(type: string): number {
  return { y: 1, g: 1, q: 2 }[type] ?? 4;
}

class Writer {
  readonly bytes: number[] = [];

  align(to: number): void {
    while (this.bytes.length % to !== 0) this.bytes.push(0);
  }

  /**
   * An array whose elements `write` adds; its length comes first, and does not count the gap before
   * the first of them.
   */
  array(alignment: number, write: () => void): void {
    this.write("u", 0);
    const lengthAt = this.bytes.length - 4;
    this.align(alignment);
    const start = this.bytes.length;
    write();
    this.bytes.splice(lengthAt, 4, ...littleEndian(this.bytes.length - start, 4));
  }

  write(type: string, value: Value): void {
    this.align(alignmentOf(type));
    if (type.startsWith("a")) {
      const elements = value instanceof Uint8Array ? [...value] : Array.isArray(value) ? value : [];
      const element = type.slice(1);
      this.array(alignmentOf(element), () => {
        for (const one of elements) this.write(element, one);
      });
    } else if (type === "s" || type === "o" || type === "g") {
      const text = Buffer.from(String(value));
      this.write(type === "g" ? "y" : "u", text.length);
      this.bytes.push(...text, 0);
    } else {
      this.bytes.push(...littleEndian(Number(value), alignmentOf(type)));
    }
  }
}

function littleEndian(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, index) => (value >> (8 * index)) & 255);
}

/** Reads beyond the end throw `RangeError`. */
class Reader {
  readonly #bytes: Buffer;
  readonly #little: boolean;
  at: number;

  constructor(bytes: Buffer, at: number, little: boolean) {
    this.#bytes = bytes;
    this.at = at;
    this.#little = little;
  }

  align(to: number): void {
    this.at = Math.ceil(this.at / to) * to;
  }

  read(type: string): Value {
    this.align(alignmentOf(type));
    if (type === "s" || type === "o" || type === "g")
      return this.#text(Number(this.read(type === "g" ? "y" : "u")));
    if (type.startsWith("a")) return this.#elements(type.slice(1));
    const number = this.#number(type);
    return type === "b" ? number !== 0 : number;
  }

  #number(type: string): number {
    const [bytes, at] = [this.#bytes, this.at];
    this.at += alignmentOf(type);
    if (type === "y") return bytes.readUInt8(at);
    if (type === "q") return this.#little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
    if (type === "i") return this.#little ? bytes.readInt32LE(at) : bytes.readInt32BE(at);
    if (type === "u" || type === "b")
      return this.#little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
    throw new RangeError(`a type that a client of avahi-daemon does not get: ${type}`);
  }

  #text(length: number): string {
    const end = this.at + length;
    if (end >= this.#bytes.length) throw new RangeError("a text beyond its message");
    const text = this.#bytes.toString("utf8", this.at, end);
    this.at = end + 1;
    return text;
  }

  #elements(type: string): Value[] {
    const length = Number(this.read("u"));
    this.align(alignmentOf(type));
    const end = this.at + length;
    const elements: Value[] = [];
    while (this.at < end) elements.push(this.read(type));
    return elements;
  }
}
