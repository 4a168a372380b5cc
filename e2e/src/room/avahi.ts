/**
 * A real avahi-daemon with a system bus of its own in a room's station, and avahi's own tools to
 * look at it.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { findOnPath } from "../harness/find-on-path.ts";
import { tempFolder } from "../harness/temp.ts";
import { inNamespace, LACKS_ROOMS, type Station } from "./namespaces.ts";

const missing = ["avahi-daemon", "avahi-browse", "dbus-daemon"].filter((one) => !findOnPath([one]));
/** Why this cannot be tried here; undefined when it can. */
export const LACKS_AVAHI =
  LACKS_ROOMS ?? (missing.length > 0 ? `there is no ${missing.join(" and no ")} here` : undefined);
/** Says in a test's name why it may be skipped. */
export const WITH_AVAHI = LACKS_AVAHI ? ` (skipped: ${LACKS_AVAHI})` : "";

/** A line of `avahi-browse -rp`: a service that was found. */
export interface Seen {
  readonly name: string;
  /** The name that its address goes by, which says who tells of it. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  readonly txt: readonly string[];
}

export interface Avahi {
  /** To be in the environment of programs that use this daemon. */
  readonly environment: Readonly<Record<"DBUS_SYSTEM_BUS_ADDRESS", string>>;
  /** What `avahi-browse -rtp _infield._tcp` shows. */
  browse(): Promise<Seen[]>;
  /** Looks until it is as described. The test's time limit ends what never is. */
  until(fits: (seen: readonly Seen[]) => boolean): Promise<readonly Seen[]>;
  /** Publishes a service with `avahi-publish` for as long as the process lives. */
  publish(name: string, port: number, ...txt: readonly string[]): ChildProcess;
  startDaemon(): Promise<void>;
  stopDaemon(): Promise<void>;
}

const BUS = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=SOCKET</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
  </policy>
</busconfig>
`;
const DAEMON = `[server]
host-name=station-NUMBER
use-ipv6=no
[publish]
publish-hinfo=no
publish-workstation=no
[wide-area]
enable-wide-area=no
`;

/** Starts the bus and, unless it is told not to, the daemon. Both end with the room. */
export async function startAvahi(
  { namespace, number }: Station,
  startDaemonToo = true,
): Promise<Avahi> {
  const folder = tempFolder("avahi");
  const [busFile, daemonFile, socket] = ["bus.conf", "avahi.conf", "bus"].map((name) =>
    join(folder, name),
  );
  writeFileSync(busFile ?? "", BUS.replace("SOCKET", socket ?? ""));
  writeFileSync(daemonFile ?? "", DAEMON.replace("NUMBER", String(number)));
  const environment = { DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${socket}` };
  const start = (...command: string[]) => {
    const [program, ...args] = inNamespace(namespace, ...command);
    return spawn(program, args, {
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
  };
  await lineOf(
    start("dbus-daemon", `--config-file=${busFile}`, "--nofork", "--nopidfile", "--print-address"),
    "",
  );

  let daemon: ChildProcess | undefined;
  async function startDaemon(): Promise<void> {
    // Its folder for the process id is built in, and `ip netns exec` gives a mount namespace of
    // one's own.
    const run =
      "mkdir -p /run/avahi-daemon && mount -t tmpfs tmpfs /run/avahi-daemon && exec avahi-daemon";
    const options = `--file=${daemonFile} --no-drop-root --no-chroot --no-rlimits`;
    daemon = start("sh", "-c", `${run} ${options}`);
    await lineOf(daemon, "Server startup complete");
  }

  function browse(): Promise<Seen[]> {
    const [program, ...args] = inNamespace(namespace, "avahi-browse", "-rtp", "_infield._tcp");
    return new Promise((resolve, reject) => {
      execFile(program, args, { env: { ...process.env, ...environment } }, (error, stdout) => {
        if (error) reject(error);
        else resolve(readSeen(stdout));
      });
    });
  }

  if (startDaemonToo) await startDaemon();
  return {
    environment,
    browse,
    async until(fits) {
      for (;;) {
        const seen = await browse();
        if (fits(seen)) return seen;
      }
    },
    publish: (name, port, ...txt) =>
      start("avahi-publish", "-s", name, "_infield._tcp", String(port), ...txt),
    startDaemon,
    async stopDaemon() {
      const ended = new Promise((resolve) => daemon?.once("exit", resolve));
      daemon?.kill();
      await ended;
    },
  };
}

/**
 * Resolves with the first line that has the text in it. Rejects with what it said when the program
 * ends before.
 */
function lineOf(child: ChildProcess, text: string): Promise<string> {
  const said: string[] = [];
  return new Promise((resolve, reject) => {
    child.once("exit", () => reject(new Error(said.join("\n"))));
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface(stream).on("line", (line) => {
        said.push(line);
        if (line.includes(text)) resolve(line);
      });
    }
  });
}

/** `=;eth0;IPv4;desk\0324;_infield._tcp;local;host.local;10.0.0.1;7461;"a=b" "c=d"` */
function readSeen(stdout: string): Seen[] {
  const found = stdout.split("\n").filter((line) => line.startsWith("="));
  return found.map((line) => {
    const [, , , name = "", , , host = "", address = "", port, ...txt] = line.split(";");
    const strings = [...txt.join(";").matchAll(/"([^"]*)"/g)].map(([, string = ""]) => string);
    return { name: readName(name), host, address, port: Number(port), txt: strings.sort() };
  });
}

/** Bytes that are no letters or digits are written as `\DDD`, decimal. */
function readName(name: string): string {
  const latin = name.replace(/\\(\d{3})/g, (_, code) => String.fromCharCode(Number(code)));
  return Buffer.from(latin, "latin1").toString("utf8");
}
