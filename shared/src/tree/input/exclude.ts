/**
 * What of an input is kept out of the tree: patterns of gitignore(5), given by the volunteer, in a
 * file at the tree's root, and by default for systems. A directory that is kept out takes along
 * what is in it; a later pattern may bring back what an earlier one keeps out.
 */
import ignore, { type Ignore } from "ignore";
import { fromUtf8 } from "../../base/bytes.ts";
import { InfieldError } from "../../base/errors.ts";
import { MAX_IGNORE_FILE_BYTES } from "../../base/limits.ts";
import { comparePaths } from "../path.ts";
import type { ByteSource } from "../source.ts";

/** At the root of an input; it is no part of the tree itself. */
export const IGNORE_FILE = ".infieldignore";

/** What the volunteer chose. Where there is none of it, nothing is kept out. */
export interface ExcludeChoice {
  readonly patterns: readonly string[];
  /** Also what is not part of a system, where the input is one. */
  readonly defaults: boolean;
}

/** Whose pattern it is. */
export type ExcludeOrigin = (typeof ORIGINS)[number];
const ORIGINS = ["option", "file", "default"] as const;

/** What one pattern kept out. */
export interface Excluded {
  readonly pattern: string;
  readonly origin: ExcludeOrigin;
  /** A directory counts as one, whatever is in it. */
  readonly count: number;
  /** One of the paths. */
  readonly example: string;
}

/** What a running system makes, and mounts of other filesystems. */
const VOLATILE = [
  "/proc/*",
  "/sys/*",
  "/dev/*",
  "/run/*",
  "/tmp/*",
  "/var/tmp/*",
  "/media/*",
  "/mnt/*",
  "lost+found/",
  "/swapfile",
  "/.dockerenv",
  "/var/lib/dhcp/*.leases",
];
/**
 * What makes one machine another than the next; laptops make their own. Where such a file is empty,
 * it says that (machine-id(5)), and stays.
 */
const IDENTITY = [
  "/etc/machine-id",
  "/var/lib/dbus/machine-id",
  "/etc/ssh/ssh_host_*_key",
  "/etc/ssh/ssh_host_*_key.pub",
  "/var/lib/systemd/random-seed",
  "/var/lib/systemd/credential.secret",
  "/var/lib/NetworkManager/secret_key",
];
/** A folder with one of these is the root of a system (os-release(5)). */
export const SYSTEM_SIGNS: readonly string[] = ["etc/os-release", "usr/lib/os-release"];

const MARKS = { volatile: "default", identity: "default", file: "file", option: "option" } as const;
type Mark = keyof typeof MARKS;

export class Excluder {
  readonly #rules: Ignore = ignore({ ignorecase: false });
  readonly #found = new Map<string, { pattern: string; mark: Mark; tops: Set<string> }>();
  readonly #isIdle: boolean;

  /** `file` is the text of the input's IGNORE_FILE. */
  constructor({ patterns, defaults }: ExcludeChoice, isSystem: boolean, file: string | undefined) {
    const rules = [
      ...(defaults && isSystem ? markAll(VOLATILE, "volatile") : []),
      ...(defaults && isSystem ? markAll(IDENTITY, "identity") : []),
      ...(file === undefined ? [] : markAll([`/${IGNORE_FILE}`, ...file.split(/\r?\n/)], "file")),
      ...markAll(patterns, "option"),
    ];
    this.#isIdle = rules.length === 0;
    for (const rule of rules) this.#rules.add(rule);
  }

  /**
   * Whether a path is kept out. `size`, of a file, in bytes; left out where nobody knows yet: then
   * files that may stay when they are empty are not kept out yet.
   */
  excludes(path: string, isDirectory: boolean, size?: number): boolean {
    if (this.#isIdle || !ignore.isPathValid(path)) return false;
    const top = this.#topmost(path, isDirectory);
    if (top === undefined) return false;
    if (top.mark === "identity" && !isDirectory && !size) return false;
    this.#note(top);
    return true;
  }

  /** What was kept out so far, by pattern: those of the volunteer first. */
  get excluded(): Excluded[] {
    const order: readonly string[] = ORIGINS;
    return [...this.#found.values()]
      .filter(({ pattern }) => pattern !== `/${IGNORE_FILE}`)
      .sort(
        (a, b) =>
          order.indexOf(MARKS[a.mark]) - order.indexOf(MARKS[b.mark]) ||
          comparePaths(a.pattern, b.pattern),
      )
      .map(({ pattern, mark, tops }) => {
        const [example = ""] = [...tops].sort(comparePaths);
        return { pattern, origin: MARKS[mark], count: tops.size, example };
      });
  }

  /** The path itself, or the directory above it that takes it along. */
  #topmost(path: string, isDirectory: boolean) {
    for (let end = path.indexOf("/"); end > 0; end = path.indexOf("/", end + 1)) {
      const found = this.#test(path.slice(0, end), true);
      if (found !== undefined) return found;
    }
    return this.#test(path, isDirectory);
  }

  #test(path: string, isDirectory: boolean) {
    const { ignored, rule } = this.#rules.test(isDirectory ? `${path}/` : path);
    return ignored && rule !== undefined
      ? { path, pattern: rule.pattern, mark: toMark(rule.mark) }
      : undefined;
  }

  #note({ path, pattern, mark }: { path: string; pattern: string; mark: Mark }): void {
    const key = `${mark} ${pattern}`;
    const found = this.#found.get(key) ?? { pattern, mark, tops: new Set() };
    found.tops.add(path);
    this.#found.set(key, found);
  }
}

function markAll(patterns: readonly string[], mark: Mark): { pattern: string; mark: Mark }[] {
  return patterns.map((pattern) => ({ pattern, mark }));
}

function toMark(mark: string | undefined): Mark {
  return mark === "volatile" || mark === "identity" || mark === "file" ? mark : "option";
}

/** The text of an IGNORE_FILE. Throws `limit-exceeded`, `path-invalid`, and what reading throws. */
export async function readIgnoreFile(source: ByteSource): Promise<string> {
  if (source.size > MAX_IGNORE_FILE_BYTES)
    throw new InfieldError(
      "limit-exceeded",
      `${IGNORE_FILE} is over the limit of ${MAX_IGNORE_FILE_BYTES} bytes`,
      "write patterns such as `/var/cache/*` in it, not every path",
    );
  const text = fromUtf8(await source.read(0, source.size));
  if (text !== undefined) return text;
  throw new InfieldError("path-invalid", `${IGNORE_FILE} is not UTF-8`, "save it as UTF-8");
}
