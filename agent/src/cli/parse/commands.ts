/**
 * The table of commands: as stable as an API. What each does is in the file of its name;
 * `handlers.ts` ties them together.
 */
import { formatBytes } from "@infield/shared/base";
import { DEFAULT_LEVEL, LEVEL_NAMES, LEVELS } from "@infield/shared/delta";
import { alignColumns } from "../output/table.ts";
import type { CommandSpec, InputOf, OptionSpec } from "./spec.ts";

const ROOT = {
  kind: "text",
  value: "ROOT",
  required: true,
  help: "the laptop's folder",
} satisfies OptionSpec;
const REPOSITORY = {
  kind: "text",
  short: "d",
  value: "REPO",
  required: true,
  help: "folder of the repository",
} satisfies OptionSpec;
/** What a tree records besides paths, modes and bytes. */
const RECORDED = {
  owners: {
    kind: "flag",
    help: "record user and group ids too; without it, files belong to whoever installs them",
  },
  times: { kind: "flag", help: "record when files were last changed" },
  selinux: { kind: "flag", help: "record SELinux labels, with the other extended attributes" },
  "no-xattrs": {
    kind: "flag",
    help: "record no extended attributes, such as capabilities and access control lists",
  },
  exclude: {
    kind: "texts",
    value: "PATTERN",
    help: "keep out what matches, as in .gitignore; may be repeated",
  },
  "no-default-excludes": {
    kind: "flag",
    help: "keep out nothing by default (see below)",
  },
  partition: {
    kind: "count",
    value: "N",
    help: "the partition to read of an image of a disk; needed only where several may be meant",
  },
  executable: {
    kind: "choice",
    choices: ["auto"],
    value: "auto",
    help: "make programs and scripts executable where a .zip has no modes",
  },
} satisfies Record<string, OptionSpec>;
const SYSTEM = {
  kind: "flag",
  help: "install owners, setuid files and capabilities as recorded; only as root",
} satisfies OptionSpec;

const HEALTH = {
  kind: "text",
  value: "COMMAND",
  help: "a check that a new version must pass besides its own; else it is rolled back",
} satisfies OptionSpec;
/** Of the commands that run a laptop's own ones. */
const COMMAND_ENVIRONMENT =
  "/bin/sh runs COMMAND, with INFIELD_OLD_VERSION, INFIELD_NEW_VERSION, INFIELD_ROOT, INFIELD_TREE.";

const LEVEL = {
  kind: "choice",
  choices: LEVEL_NAMES,
  value: "LEVEL",
  help: `${LEVEL_NAMES.join(", ")} (see below); ${DEFAULT_LEVEL} unless given`,
} satisfies OptionSpec;

const LEVEL_COSTS = [
  "levels, and the memory a laptop needs to apply such a delta",
  ...alignColumns(
    LEVELS.map(({ level, decoderBytes, description }) => [
      `  ${level}`,
      formatBytes(decoderBytes),
      description,
    ]),
    [1],
  ),
].join("\n");

const TREES = [
  "OLD and NEW are a folder, a .zip, a .tar (also packed as .gz, .xz, .zst or .bz2), an OCI image",
  "layout, an image of a filesystem or a disk, or the word `empty` for no files at all.",
].join("\n");

const EXCLUDES = [
  "A file .infieldignore at the root of a tree has patterns as in .gitignore, for what is kept out.",
  "Where a tree is a system (it has an os-release file), so is by default what is no part of it:",
  "what is in /proc, /sys, /dev, /run, /tmp, /var/tmp, /media and /mnt, and a machine's own id, ssh",
  "host keys and seeds. What was kept out is shown; `--exclude '!/tmp/*'` brings something back.",
].join("\n");

export const COMMANDS = {
  "delta create": {
    summary: "make the delta that turns OLD into NEW",
    arguments: ["OLD", "NEW"],
    options: {
      output: {
        kind: "text",
        short: "o",
        value: "FILE",
        required: true,
        help: "the delta; must not exist yet",
      },
      level: LEVEL,
      ...RECORDED,
    },
    details: `${TREES}\n\n${EXCLUDES}\n\n${LEVEL_COSTS}`,
  },
  "delta apply": {
    summary: "turn OLD into a new folder with a delta",
    arguments: ["OLD", "FILE"],
    options: {
      output: {
        kind: "text",
        short: "o",
        value: "NEWDIR",
        required: true,
        help: "the folder; must not exist yet",
      },
      ...RECORDED,
    },
    details: [
      "OLD is a folder, an archive, an image, or `empty`, read with the options that the delta was made",
      "with. Giving files to other users needs root.",
      "",
      EXCLUDES,
    ].join("\n"),
  },
  "delta inspect": {
    summary: "show what a delta holds and what applying it needs",
    arguments: ["FILE"],
    options: {},
  },
  "channel create": {
    summary: "start a repository, with a channel and its key",
    arguments: ["NAME"],
    options: {
      directory: REPOSITORY,
      key: {
        kind: "text",
        value: "KEYFILE",
        required: true,
        help: "the new secret key, outside REPO; must not exist yet",
      },
    },
    details: [
      "Whoever has KEYFILE can release to every laptop that follows the channel. Keep a copy in a safe",
      "place.",
    ].join("\n"),
  },
  "release create": {
    summary: "sign the next release of a channel",
    arguments: [],
    options: {
      directory: REPOSITORY,
      key: { kind: "text", value: "KEYFILE", required: true, help: "the channel's secret key" },
      tree: { kind: "text", value: "NEW", required: true, help: "the tree that laptops get" },
      from: {
        kind: "texts",
        value: "OLD",
        help: "tree of an earlier release, or `empty` for a full install; may be repeated",
      },
      level: LEVEL,
      urgent: { kind: "flag", help: "wake sleeping laptops" },
      notes: {
        kind: "text",
        value: "TEXT",
        help: "what is new, in the language of LANG; @FILE reads it from a file",
      },
      health: {
        kind: "text",
        value: "PATH",
        help: "an executable file of the tree that checks whether it works",
      },
      "data-format": {
        kind: "count",
        value: "K",
        help: "format number of people's data; that of the release before unless given",
      },
      ...RECORDED,
    },
    details: `${TREES}\nWithout --from, the release is a full install.\n\n${EXCLUDES}\n\n${LEVEL_COSTS}`,
  },
  install: {
    summary: "install the newest release of a repository on this machine",
    arguments: ["REPO"],
    options: {
      root: ROOT,
      channel: { kind: "text", value: "ID", help: "the channel that REPO must belong to" },
      system: SYSTEM,
      health: HEALTH,
    },
    details: [
      "REPO is a repository: a folder, a .zip, or an address on the web. The first install decides",
      "which channel ROOT follows.",
      COMMAND_ENVIRONMENT,
    ].join("\n"),
  },
  status: {
    summary: "show what is installed and what runs",
    arguments: [],
    options: { root: ROOT },
  },
  verify: {
    summary: "compare the installed files with what was signed",
    arguments: [],
    options: {
      root: ROOT,
      version: {
        kind: "count",
        value: "N",
        help: "an installed version; the one in use unless given",
      },
    },
    details: "Exit code 3 when files differ.",
  },
  confirm: {
    summary: "confirm that the version this machine booted works",
    arguments: [],
    options: { root: ROOT, system: SYSTEM },
    details: [
      "For the end of a boot from ROOT, before the agent starts. It runs the health check and ends the",
      "trial; a version that fails is not booted again. Without a trial, nothing changes.",
    ].join("\n"),
  },
  rollback: {
    summary: "go back to the version before, and stay there",
    arguments: [],
    options: {
      root: ROOT,
      to: { kind: "count", value: "N", help: "this installed version instead" },
      force: {
        kind: "flag",
        help: "even if the earlier programs may not be able to read what people made since",
      },
    },
    details:
      "The earlier version is verified first. `infield doctor --repair` mends one that is damaged.",
  },
  hold: {
    summary: "stay at the version in use, whatever is newer",
    arguments: [],
    options: { root: ROOT },
    details: "Until `infield resume`.",
  },
  resume: {
    summary: "take newer releases again, after rollback or hold",
    arguments: [],
    options: { root: ROOT },
  },
  doctor: {
    summary: "show what a root holds and what is wrong with it, and repair it",
    arguments: [],
    options: {
      root: ROOT,
      repair: { kind: "flag", help: "do what it would do" },
      from: {
        kind: "text",
        value: "REPO",
        help: "a repository (folder, .zip or web address) that may have what is missing",
      },
      network: {
        kind: "flag",
        help: "show instead which ways to the neighbours work here, and why others do not",
      },
    },
    details: [
      "Reads everything: versions, records, blobs. --repair replaces a damaged file by one with the",
      "signed hash: from another version of this root, from deltas, from REPO, and from neighbours",
      "while an agent runs on ROOT.",
      "Exit code 3 when something is wrong, or still is after --repair.",
      "",
      "--network takes about ten seconds and changes nothing, whether an agent runs on ROOT or not.",
      "Exit code 0 when a neighbour was reached in any way, else 3.",
    ].join("\n"),
  },
  seal: {
    summary: "prepare a root that is copied with a disk image",
    arguments: [],
    options: { root: ROOT },
    details: [
      "Removes what belongs to one laptop: its id, the page's secret, its teacher key, the addresses it",
      "knows. What is installed and the channel stay. Every copy of the image then becomes a laptop of",
      "its own when its agent starts. A root that was not sealed does so too, where the machine can be",
      "told by its network cards or its board.",
    ].join("\n"),
  },
  prune: {
    summary: "remove versions, blobs and records that are no longer needed",
    arguments: [],
    options: {
      root: ROOT,
      keep: {
        kind: "count",
        value: "N",
        help: "keep the newest N versions; those that are needed stay anyway",
      },
      "dry-run": {
        kind: "flag",
        help: "only show what would go, and how much space that would free",
      },
    },
    details: [
      "The version in use, one on trial and the one a rollback leads to always stay, and so do blobs",
      "and records of newer releases.",
    ].join("\n"),
  },
  update: {
    summary: "ask neighbours and upstream for something newer, now",
    arguments: [],
    options: { root: ROOT, system: SYSTEM, health: HEALTH },
    details: [
      "Exit code 0 also when there is nothing newer, or nobody answers; 1 when something newer is",
      "there and could not be installed, or the upstream could not be asked. Where an agent runs on",
      "ROOT, it does the update, with the --health that it was started with.",
      COMMAND_ENVIRONMENT,
    ].join("\n"),
  },
  connect: {
    summary: "connect to a laptop that is not found by itself, and stay connected",
    arguments: ["ADDRESS"],
    options: { root: ROOT, system: SYSTEM, health: HEALTH },
    details: [
      "ADDRESS is what the teacher's page shows under “Laptops that do not show up”, or `infield peers`",
      "on the other laptop: a name or a number, with a port if it is not 7461, or the text of the QR",
      "code. It is kept once that laptop has answered. Where no agent runs on ROOT, one runs until",
      "then, and may take what that laptop has.",
      COMMAND_ENVIRONMENT,
    ].join("\n"),
  },
  disconnect: {
    summary: "forget a laptop that `infield connect` named",
    arguments: ["ADDRESS"],
    options: { root: ROOT },
  },
  peers: {
    summary: "show the addresses of this laptop and of others",
    arguments: [],
    options: { root: ROOT },
  },
  sleep: {
    summary: "tell the agent that the laptop is about to sleep",
    arguments: [],
    options: { root: ROOT },
    details: [
      "Done when the agent has fallen silent and listens for urgent releases only. What it was fetching",
      "resumes after waking. Without an agent there is nothing to do.",
    ].join("\n"),
  },
  wake: {
    summary: "tell the agent that the laptop is awake again",
    arguments: [],
    options: { root: ROOT },
    details: "It listens for everything again, and asks the neighbours at once.",
  },
  groups: {
    summary: "show the multicast groups of a release, and what wakes a sleeping network card",
    arguments: [],
    options: {
      root: ROOT,
      version: {
        kind: "count",
        value: "N",
        help: "of version N; the one this laptop waits for unless given",
      },
    },
    details: "IPv6 and IPv4 addresses, and the MAC addresses they map to.",
  },
  agent: {
    summary: "keep this laptop up to date, and help its neighbours",
    arguments: [],
    options: {
      root: ROOT,
      channel: { kind: "text", value: "ID", help: "the channel to follow; needed only once" },
      port: {
        kind: "port",
        value: "N",
        help: "port of the page, 7460 unless given; neighbours use the next one",
      },
      interface: {
        kind: "texts",
        value: "NAME",
        help: "use this network interface only; may be repeated",
      },
      name: { kind: "text", value: "NAME", help: "what the classroom calls this laptop" },
      peer: {
        kind: "texts",
        value: "ADDRESS",
        help: "stay connected to the laptop at this address, without multicast; may be repeated",
      },
      "no-presence": {
        kind: "flag",
        help: "neither announce this laptop by mDNS nor browse for others; updates go on",
      },
      teacher: {
        kind: "texts",
        value: "KEY",
        help: "obey orders signed with this key; may be repeated",
      },
      upstream: {
        kind: "text",
        value: "URL",
        help: "a repository on the web, which the whole room asks about once a day",
      },
      "quiet-hours": {
        kind: "text",
        value: "HH:MM-HH:MM",
        help: "take only urgent releases then, as in lessons; local time",
      },
      "on-battery": {
        kind: "choice",
        choices: ["take", "wait"],
        value: "WHAT",
        help: "take releases on battery (the default), or wait for the charger if not urgent",
      },
      system: SYSTEM,
      health: HEALTH,
      "on-switch": {
        kind: "text",
        value: "COMMAND",
        help: "run after every confirmed switch and every rollback; it cannot undo them",
      },
    },
    details: [
      "Runs until Ctrl-C. With --json it prints one event a line.",
      COMMAND_ENVIRONMENT,
    ].join("\n"),
  },
} as const satisfies Record<string, CommandSpec>;

export type CommandName = keyof typeof COMMANDS;
/** What the handler of a command gets. */
export type Input<K extends CommandName> = InputOf<(typeof COMMANDS)[K]>;

export const COMMAND_NAMES = Object.keys(COMMANDS) as CommandName[];
