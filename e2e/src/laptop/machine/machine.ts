/**
 * A laptop in QEMU, without KVM: its console is read, commands are typed into a second serial port
 * where a shell waits (`lab-shell.service` of the test's tree).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

export interface MachineOptions {
  /** Folder for its sockets and the console's log. */
  readonly folder: string;
  readonly name: string;
  /** What `-drive` says of the disk, but for `if` and `id`. */
  readonly drive: string;
  readonly memoryMb?: number;
  /** More of QEMU's words: a network card, firmware. */
  readonly more?: readonly string[];
}

/** How long anything may take that is waited for: a boot takes 20 s on a quiet processor. */
const PATIENCE_MS = Number(process.env.PATIENCE ?? 600_000);

export class Machine {
  /** All that the console has said. */
  console = "";
  readonly log: string;
  readonly #process: ChildProcess;
  readonly #waiting = new Set<() => void>();
  readonly #sockets: Socket[] = [];
  #shell: Socket | undefined;
  #shellText = "";
  #errors = "";
  #commands = 0;

  private constructor(options: MachineOptions) {
    const { folder, name, drive, memoryMb = 512, more = [] } = options;
    this.log = `${folder}/${name}.log`;
    const port = (kind: string) => [
      ...["-chardev", `socket,id=${kind},path=${folder}/${name}.${kind},server=on,wait=on`],
      ...["-serial", `chardev:${kind}`],
    ];
    this.#process = spawn(
      "qemu-system-x86_64",
      [
        ...["-accel", "tcg", "-m", String(memoryMb), "-display", "none", "-nodefaults"],
        ...[...port("console"), ...port("shell")],
        ...["-drive", `if=virtio,${drive}`],
        ...["-device", "virtio-rng-pci"],
        ...more,
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    this.#process.stderr?.on("data", (text) => {
      this.#errors += String(text);
    });
    this.#process.on("exit", () => this.#wake());
  }

  static async start(options: MachineOptions): Promise<Machine> {
    const machine = new Machine(options);
    const { folder, name } = options;
    const console = await machine.#open(`${folder}/${name}.console`);
    console.on("data", (text) => {
      machine.console += String(text);
      appendFileSync(machine.log, text);
      machine.#wake();
    });
    machine.#shell = await machine.#open(`${folder}/${name}.shell`);
    machine.#shell.on("data", (text) => {
      machine.#shellText += String(text);
      machine.#wake();
    });
    return machine;
  }

  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** The next place of the console, from `from`, where this stands; resolves to what follows it. */
  async until(text: string | RegExp, from = 0): Promise<number> {
    const end = () => {
      const rest = this.console.slice(from);
      const found = typeof text === "string" ? rest.indexOf(text) : rest.search(text);
      return found < 0 ? undefined : from + found + 1;
    };
    return this.#waitFor(end, `the console to say ${text}`);
  }

  /** Runs a line in the laptop's shell; resolves to what it printed. Throws when it fails. */
  async run(line: string): Promise<string> {
    await this.shellReady();
    const mark = `:${++this.#commands}:`;
    const from = this.#shellText.length;
    this.#shell?.write(`{ ${line}\n} 2>&1; echo "END${mark}$?"\n`);
    const answer = new RegExp(`END${mark}(\\d+)`);
    const found = await this.#waitFor(
      () => answer.exec(this.#shellText.slice(from)) ?? undefined,
      line,
    );
    const said = this.#shellText.slice(from, from + found.index).trim();
    if (found[1] !== "0") throw new Error(`${line}: ended with ${found[1]}: ${said}`);
    return said;
  }

  /** Resolves once a shell waits that was not there before the last `reboot`. */
  async shellReady(): Promise<void> {
    await this.#waitFor(
      () => (this.#shellText.includes("SHELL READY") ? true : undefined),
      "a shell",
    );
  }

  /** Has it start again in an orderly way. The next `run` waits for the shell of the next boot. */
  async reboot(): Promise<void> {
    await this.shellReady();
    this.#shellText = "";
    this.#shell?.write("systemctl reboot || reboot\n");
  }

  /** What a boot without a shell leaves is not taken for one: the next shell is waited for. */
  forgetShell(): void {
    this.#shellText = "";
  }

  async powerOff(): Promise<void> {
    await this.shellReady();
    this.#shell?.write("systemctl poweroff || poweroff\n");
    await this.#waitFor(() => (this.isRunning ? undefined : true), "it to be off");
    this.#close();
  }

  /** The power goes. */
  async cut(): Promise<void> {
    if (this.isRunning) {
      const gone = once(this.#process, "exit");
      this.#process.kill("SIGKILL");
      await gone;
    }
    this.#close();
  }

  async #open(path: string): Promise<Socket> {
    for (;;) {
      const socket = connect(path);
      try {
        await once(socket, "connect");
        socket.on("error", () => {});
        this.#sockets.push(socket);
        return socket;
      } catch {
        if (!this.isRunning) throw new Error(`QEMU has ended: ${this.#errors}`);
        await pause(20);
      }
    }
  }

  #close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }

  async #waitFor<T>(find: () => T | undefined, what: string): Promise<T> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      const leftMs = deadline - performance.now();
      if (leftMs <= 0 || (!this.isRunning && what !== "it to be off"))
        throw new Error(
          `waited for ${what} in vain; ${this.#errors} the console's end:\n${this.console.slice(-2000)}`,
        );
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
