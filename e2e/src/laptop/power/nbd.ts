/**
 * Serves a disk to QEMU by the NBD protocol (github.com/NetworkBlockDevice/nbd, doc/proto.md): as
 * much of it as QEMU asks for, which is the fixed newstyle handshake, reads, writes, flushes.
 */
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import type { VolatileDisk } from "./volatile-disk.ts";

const MAGIC = Buffer.from("NBDMAGIC");
const HAVE_OPTION = Buffer.from("IHAVEOPT");
const FIXED_NEWSTYLE = 1;
const NO_ZEROES = 2;
const OPTION_REPLY = 0x3e889045565a9n;
const OPTION = { exportName: 1, abort: 2, go: 7 } as const;
const REPLY = { ack: 1, info: 3, unsupported: 0x80000001 } as const;
/** There are flags, it has a cache that can be flushed, and single writes can be forced through. */
const EXPORT_FLAGS = 1 | 4 | 8;
const REQUEST = 0x25609513;
const SIMPLE_REPLY = 0x67446698;
const COMMAND = { read: 0, write: 1, disconnect: 2, flush: 3 } as const;
const FORCE_ACCESS = 1;
const REQUEST_BYTES = 28;

export interface NbdServer {
  /** Resolves when request number `cutAt` has come, which is not done, nor any after it. */
  readonly cut: Promise<void>;
  close(): Promise<void>;
}

/** Serves at a unix socket, to one client, until the cut or `close`. */
export async function serveNbd(
  path: string,
  disk: VolatileDisk,
  cutAt = Number.POSITIVE_INFINITY,
): Promise<NbdServer> {
  let reached = () => {};
  const cut = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    // QEMU is killed: nothing that needs an answer.
    socket.on("error", () => {});
    const session = new Session(socket, disk, cutAt, reached);
    socket.on("data", (chunk) => session.hear(chunk));
  });
  server.listen(path);
  await once(server, "listening");
  return {
    cut,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

class Session {
  readonly #socket: Socket;
  readonly #disk: VolatileDisk;
  readonly #cutAt: number;
  readonly #onCut: () => void;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #step: "flags" | "options" | "requests" | "off" = "flags";

  constructor(socket: Socket, disk: VolatileDisk, cutAt: number, onCut: () => void) {
    this.#socket = socket;
    this.#disk = disk;
    this.#cutAt = cutAt;
    this.#onCut = onCut;
    const flags = Buffer.alloc(2);
    flags.writeUInt16BE(FIXED_NEWSTYLE | NO_ZEROES);
    socket.write(Buffer.concat([MAGIC, HAVE_OPTION, flags]));
  }

  hear(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    while (this.#step !== "off" && this.#next());
  }

  /** Takes one message, if it is there as a whole. */
  #next(): boolean {
    if (this.#step === "flags") return this.#take(4, () => this.#toOptions());
    if (this.#step === "options")
      return this.#withLength(16, 12, (message) => this.#option(message));
    const head = this.#peek(REQUEST_BYTES);
    if (head === undefined) return false;
    const isWrite = head.readUInt16BE(6) === COMMAND.write;
    const length = isWrite ? head.readUInt32BE(24) : 0;
    return this.#take(REQUEST_BYTES + length, (message) => this.#request(message));
  }

  #toOptions(): void {
    this.#step = "options";
  }

  #option(message: Buffer): void {
    const option = message.readUInt32BE(8);
    if (option === OPTION.exportName) {
      this.#socket.write(this.#describe());
      this.#step = "requests";
    } else if (option === OPTION.go) {
      const info = Buffer.alloc(2);
      this.#answer(option, REPLY.info, Buffer.concat([info, this.#describe()]));
      this.#answer(option, REPLY.ack);
      this.#step = "requests";
    } else if (option === OPTION.abort) {
      this.#answer(option, REPLY.ack);
      this.#socket.end();
    } else this.#answer(option, REPLY.unsupported);
  }

  /** Size and flags of what is served. */
  #describe(): Buffer {
    const said = Buffer.alloc(10);
    said.writeBigUInt64BE(BigInt(this.#disk.bytes));
    said.writeUInt16BE(EXPORT_FLAGS, 8);
    return said;
  }

  #answer(option: number, type: number, data = Buffer.alloc(0)): void {
    const head = Buffer.alloc(20);
    head.writeBigUInt64BE(OPTION_REPLY);
    head.writeUInt32BE(option, 8);
    head.writeUInt32BE(type, 12);
    head.writeUInt32BE(data.length, 16);
    this.#socket.write(Buffer.concat([head, data]));
  }

  #request(message: Buffer): void {
    if (message.readUInt32BE(0) !== REQUEST) throw new Error("NBD: not a request");
    const [flags, command] = [message.readUInt16BE(4), message.readUInt16BE(6)];
    const offset = Number(message.readBigUInt64BE(16));
    const length = message.readUInt32BE(24);
    const changes = command === COMMAND.write || command === COMMAND.flush;
    if (changes && this.#disk.requests + 1 >= this.#cutAt) {
      this.#step = "off";
      this.#onCut();
      return;
    }
    if (command === COMMAND.write) this.#disk.write(offset, message.subarray(REQUEST_BYTES));
    if (command === COMMAND.flush || (command === COMMAND.write && flags & FORCE_ACCESS))
      this.#disk.flush();
    if (command === COMMAND.disconnect) {
      this.#step = "off";
      this.#socket.end();
      return;
    }
    this.#reply(message, command === COMMAND.read ? this.#disk.read(offset, length) : undefined);
  }

  #reply(request: Buffer, data: Buffer | undefined): void {
    const head = Buffer.alloc(16);
    head.writeUInt32BE(SIMPLE_REPLY);
    request.copy(head, 8, 8, 16);
    this.#socket.write(head);
    if (data) this.#socket.write(data);
  }

  /** A message of `head` bytes, whose last four say how many follow. */
  #withLength(head: number, at: number, use: (message: Buffer) => void): boolean {
    const front = this.#peek(head);
    return front !== undefined && this.#take(head + front.readUInt32BE(at), use);
  }

  #peek(bytes: number): Buffer | undefined {
    if (this.#bytes < bytes) return undefined;
    if ((this.#chunks[0]?.length ?? 0) < bytes) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0];
  }

  #take(bytes: number, use: (message: Buffer) => void): boolean {
    const front = this.#peek(bytes);
    if (front === undefined) return false;
    this.#chunks[0] = front.subarray(bytes);
    this.#bytes -= bytes;
    use(front.subarray(0, bytes));
    return true;
  }
}
