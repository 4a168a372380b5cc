/**
 * Trees as large as a laptop's system: a Debian with a desktop, as it was released and with the
 * security updates since; a part of it; many small files; zeros beside a few files.
 */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { keptFolder } from "../pairs/kept.ts";

export interface TreePair {
  readonly old: string;
  readonly next: string;
}

/** What a laptop of a class has, and what of it gets security updates most often. */
const PACKAGES = [
  ...["linux-image-amd64", "systemd-sysv", "openssh-server", "xfce4", "firefox-esr"],
  ...["git", "openssl", "python3", "perl", "vim", "curl", "imagemagick"],
];
const RELEASE = "bookworm";
/** Not part of what is released: lists and packages of the package manager, devices. */
const LEFT_OUT = ["var/cache", "var/lib/apt", "dev"];

/** Unpacked by mmdebstrap and not configured, so that nothing in them tells where it was made. */
export function systemTrees(): TreePair {
  const folder = keptFolder("pairs");
  const make = (name: string, suites: readonly string[]) => {
    const tree = join(folder, name);
    if (existsSync(tree)) return tree;
    const started = `${tree}.new`;
    rmSync(started, { recursive: true, force: true });
    execFileSync(
      "mmdebstrap",
      [
        ...["--quiet", "--variant=extract", "--skip=check/empty,output/dev"],
        ...[`--include=${PACKAGES.join(",")}`, RELEASE, started, ...sources(suites)],
      ],
      { stdio: ["ignore", "ignore", "inherit"] },
    );
    for (const path of LEFT_OUT) rmSync(join(started, path), { recursive: true, force: true });
    renameSync(started, tree);
    return tree;
  };
  return {
    old: make("system-old", [RELEASE]),
    next: make("system-next", [RELEASE, `${RELEASE}-updates`, `${RELEASE}-security`]),
  };
}

/** Lines for apt, with the mirrors that this machine uses for the suites. */
function sources(suites: readonly string[]): string[] {
  const format = "$(RELEASE) deb [signed-by=$(SIGNED_BY)] $(REPO_URI) $(RELEASE) main";
  const known = execFileSync("apt-get", ["indextargets", "--format", format], {
    encoding: "utf8",
  }).split("\n");
  return suites.map((suite) => {
    const line = known.find((other) => other.startsWith(`${suite} `));
    if (line === undefined) throw new Error(`apt has no source for ${suite}`);
    return line.slice(suite.length + 1);
  });
}

/** About `bytes` of a tree, in every so-many-th of its files. */
export function sampleTree(tree: string, out: string, bytes: number): string {
  const files = listFiles(tree);
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const step = Math.max(1, Math.round(total / bytes));
  for (const { path } of files.filter((_, index) => index % step === 1)) {
    mkdirSync(join(out, dirname(path)), { recursive: true });
    cpSync(join(tree, path), join(out, path), { preserveTimestamps: true });
  }
  return out;
}

function listFiles(tree: string): { path: string; size: number }[] {
  return readdirSync(tree, { recursive: true, encoding: "utf8" })
    .sort()
    .map((path) => ({ path, stats: lstatSync(join(tree, path)) }))
    .filter(({ stats }) => stats.isFile())
    .map(({ path, stats }) => ({ path, size: stats.size }));
}

const SMALL_FILES = 50_000;
const SMALL_BYTES = 1000;
const FILES_A_FOLDER = 250;
/** One file in so many is edited. */
const EDITED = 20;

/** 50,000 files of 1 kB of words, of which every twentieth is edited. */
export function smallTrees(folder: string): TreePair {
  const random = randomNumbers(1);
  const words = Array.from({ length: 3000 }, () =>
    (random() + 2 ** 32).toString(36).slice(-2 - (random() % 6)),
  );
  const pair = { old: join(folder, "small-old"), next: join(folder, "small-next") };
  for (let file = 0; file < SMALL_FILES; file++) {
    let text = "";
    while (text.length < SMALL_BYTES) text += `${words[random() % words.length]} `;
    const edited = file % EDITED === 3 ? `${text.slice(0, 400)}edited${text.slice(410)}` : text;
    const name = join(`${Math.floor(file / FILES_A_FOLDER)}`, `${file}.txt`);
    for (const [tree, content] of [
      [pair.old, text],
      [pair.next, edited],
    ] as const) {
      if (file % FILES_A_FOLDER === 0) mkdirSync(join(tree, dirname(name)), { recursive: true });
      writeFileSync(join(tree, name), content.slice(0, SMALL_BYTES));
    }
  }
  return pair;
}

/** A few files of a system, and the same with a file of zeros beside them. */
export function zerosTrees(system: string, folder: string, zeros: Uint8Array): TreePair {
  const pair = { old: join(folder, "zeros-old"), next: join(folder, "zeros-next") };
  for (const tree of [pair.old, pair.next]) sampleTree(system, tree, 4_000_000);
  writeFileSync(join(pair.next, "zeros"), zeros);
  return pair;
}

/** Numbers of 32 bits, the same ones every time (xorshift). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
