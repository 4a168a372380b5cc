/**
 * A machine whose power can be cut at any request to its disk. It is booted once, until its driver
 * has the store in memory and waits; each cut begins with a copy of it as it was then, with another
 * disk: what takes half a minute takes a second.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import type { Kernel } from "./initramfs.ts";
import { type NbdServer, serveNbd } from "./nbd.ts";
import type { VolatileDisk } from "./volatile-disk.ts";

const MEMORY_MB = 768;
/** Far longer than anything takes on a machine that does much else. */
const PATIENCE_MS = 300_000;

export interface Template {
  readonly folder: string;
  /** The machine's memory, as `migrate` wrote it. */
  readonly state: string;
}

/** Boots the machine, has it do everything once, and keeps it. */
export async function makeTemplate(
  folder: string,
  kernel: Kernel,
  initramfs: Buffer,
  disk: VolatileDisk,
): Promise<Template> {
  const state = join(folder, "state");
  const initrd = join(folder, "initrd");
  writeFileSync(initrd, initramfs);
  const boot = ["-kernel", kernel.image, "-initrd", initrd];
  const append = ["-append", "console=ttyS0 panic=-1 quiet"];
  const machine = await CutMachine.begin(folder, disk, [...boot, ...append]);
  await machine.hear("ready");
  await machine.order("warm");
  // The monitor answers once all of it is written.
  await machine.monitor("stop", `migrate "exec:cat > ${state}"`);
  await machine.off();
  rmSync(initrd);
  return { folder, state };
}

/** Names of sockets: several run at once. */
let count = 0;

export class CutMachine {
  readonly #process: ChildProcess;
  readonly #server: NbdServer;
  readonly #sockets: Socket[] = [];
  readonly #lines: string[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #base: string;
  #serial: Socket | undefined;
  #monitor: Socket | undefined;
  #monitorText = "";
  #errors = "";

  private constructor(base: string, server: NbdServer, more: readonly string[]) {
    this.#base = base;
    this.#server = server;
    const port = (kind: string) =>
      `socket,id=${kind},path=${base}.${kind},server=on,wait=${kind === "serial" ? "on" : "off"}`;
    this.#process = spawn(
      "qemu-system-x86_64",
      [
        ...["-accel", "tcg", "-m", String(MEMORY_MB), "-display", "none", "-nodefaults"],
        ...["-no-reboot", "-serial", `file:${base}.console`],
        ...["-chardev", port("serial"), "-serial", "chardev:serial"],
        ...["-chardev", port("monitor"), "-mon", "chardev=monitor"],
        ...["-drive", `if=virtio,format=raw,cache=writeback,file=nbd:unix:${base}.nbd`],
        ...more,
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    this.#process.stderr?.on("data", (text) => {
      this.#errors += String(text);
    });
    this.#process.on("exit", () => this.#wake());
  }

  static async begin(
    folder: string,
    disk: VolatileDisk,
    more: readonly string[],
    cutAt?: number,
  ): Promise<CutMachine> {
    const base = join(folder, `vm${++count}`);
    const server = await serveNbd(`${base}.nbd`, disk, cutAt);
    const machine = new CutMachine(base, server, more);
    machine.#serial = await machine.#open(`${base}.serial`);
    machine.#monitor = await machine.#open(`${base}.monitor`);
    machine.#monitor.on("data", (text) => {
      machine.#monitorText += String(text);
      machine.#wake();
    });
    createInterface({ input: machine.#serial }).on("line", (line) => {
      machine.#lines.push(line);
      machine.#wake();
    });
    return machine;
  }

  /** A copy of the template, with this disk. */
  static async resume(
    { folder, state }: Template,
    disk: VolatileDisk,
    cutAt?: number,
  ): Promise<CutMachine> {
    const machine = await CutMachine.begin(folder, disk, ["-incoming", `exec:cat ${state}`], cutAt);
    await machine.#running();
    return machine;
  }

  /** What the driver has said so far. */
  get said(): readonly string[] {
    return this.#lines;
  }

  /** Has the driver do something, without waiting for its end. */
  tell(order: string): void {
    this.#serial?.write(`${order}\n`);
  }

  /** Has the driver do something. Throws when that fails. */
  async order(order: string): Promise<void> {
    this.tell(order);
    await this.hear("done");
  }

  /** Resolves when the driver has said `line`. Throws when it failed. */
  async hear(line: string): Promise<void> {
    await this.#until(() => {
      const failed = this.#lines.find((other) => other.startsWith("failed"));
      if (failed !== undefined) throw new Error(`the driver ${failed}`);
      return this.#lines.includes(line);
    }, line);
  }

  /** Resolves when the power is to be cut, or the driver is done: then there was nothing to. */
  async untilCutOrDone(): Promise<"cut" | "done"> {
    const done = this.hear("done").then(() => "done" as const);
    // When the cut comes first, nobody waits for the other any more.
    done.catch(() => {});
    return Promise.race([this.#server.cut.then(() => "cut" as const), done]);
  }

  async monitor(...commands: readonly string[]): Promise<void> {
    for (const command of commands) {
      const before = this.#monitorText.length;
      this.#monitor?.write(`${command}\n`);
      await this.#until(() => this.#monitorText.indexOf("(qemu)", before) >= 0, command);
    }
  }

  /** The power goes: QEMU ends at once, and asks its disk for nothing more. */
  async off(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const gone = once(this.#process, "exit");
      this.#process.kill("SIGKILL");
      await gone;
    }
    for (const socket of this.#sockets) socket.destroy();
    await this.#server.close();
    for (const kind of ["nbd", "serial", "monitor", "console"])
      rmSync(`${this.#base}.${kind}`, { force: true });
  }

  /** Until its memory is back; then it goes on. */
  async #running(): Promise<void> {
    for (;;) {
      const from = this.#monitorText.length;
      await this.monitor("info status");
      const text = this.#monitorText.slice(from);
      if (text.includes("VM status: running")) return;
      if (text.includes("VM status: paused (inmigrate)") || text.includes("inmigrate")) {
        await pause(20);
      } else await this.monitor("cont");
    }
  }

  async #open(path: string): Promise<Socket> {
    for (;;) {
      if (existsSync(path)) {
        const socket = connect(path);
        socket.on("error", () => {});
        if (await once(socket, "connect").catch(() => false)) {
          this.#sockets.push(socket);
          return socket;
        }
      }
      if (this.#process.exitCode !== null) throw new Error(`QEMU has ended: ${this.#errors}`);
      await pause(10);
    }
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }

  async #until(holds: () => boolean, what: string): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!holds()) {
      const leftMs = deadline - performance.now();
      const isOver = this.#process.exitCode !== null || this.#process.signalCode !== null;
      if (leftMs <= 0 || isOver)
        throw new Error(`waited for ${what} in vain: ${this.#errors}${this.#lines.join("\n")}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        const wake = () => {
          clearTimeout(timer);
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
      });
    }
  }
}
