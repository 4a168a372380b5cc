/** Help texts, made from the table of commands. */

import { alignColumns } from "../output/table.ts";
import { COMMON_OPTIONS } from "./arguments.ts";
import { COMMAND_NAMES, COMMANDS, type CommandName } from "./commands.ts";
import type { CommandSpec, OptionSpec } from "./spec.ts";

const INTRODUCTION =
  "infield brings software updates to classrooms of laptops with little or no Internet";
const EXIT_CODES = [
  ["0", "done"],
  ["1", "failed; the error is printed"],
  ["2", "the command line was not understood"],
  ["3", "the answer is no (`verify` found differences, `doctor` something wrong)"],
  ["130", "cancelled by Ctrl-C"],
];

/** Help for the commands whose name begins with `topic`: all of them for "". */
export function formatHelp(topic: string): string {
  const exact = COMMAND_NAMES.find((name) => name === topic);
  return exact === undefined ? formatList(topic) : formatCommand(exact);
}

function formatList(topic: string): string {
  const names = COMMAND_NAMES.filter((name) => topic === "" || name.startsWith(`${topic} `));
  const rows = names.map((name) => [`infield ${name}`, COMMANDS[name].summary]);
  return [
    ...(topic === "" ? [INTRODUCTION, ""] : []),
    "commands",
    ...indent(alignColumns(rows)),
    "",
    "`infield COMMAND --help` explains one of them; `infield --version` prints the version",
    "",
    "exit codes",
    ...indent(alignColumns(EXIT_CODES)),
  ].join("\n");
}

function formatCommand(name: CommandName): string {
  const spec: CommandSpec = COMMANDS[name];
  const options: [string, OptionSpec][] = [
    ...Object.entries(spec.options),
    ...Object.entries(COMMON_OPTIONS),
  ];
  const usage = [
    "infield",
    name,
    ...spec.arguments,
    ...Object.entries(spec.options).map(formatUsage),
    "[--json]",
  ];
  return [
    spec.summary,
    "",
    `usage: ${usage.join(" ")}`,
    "",
    "options",
    ...indent(
      alignColumns(options.map(([long, option]) => [formatOption(long, option), option.help])),
    ),
    ...(spec.details === undefined ? [] : ["", spec.details]),
  ].join("\n");
}

/** `-o FILE`, `[--owners]`, `[--from OLD]...` */
function formatUsage([long, { kind, short, value, required }]: [string, OptionSpec]): string {
  const text = [
    short === undefined ? `--${long}` : `-${short}`,
    ...(value === undefined ? [] : [value]),
  ].join(" ");
  if (required) return text;
  return kind === "texts" ? `[${text}]...` : `[${text}]`;
}

/** `-o, --output FILE` */
function formatOption(long: string, { short, value }: OptionSpec): string {
  const names = short === undefined ? `    --${long}` : `-${short}, --${long}`;
  return value === undefined ? names : `${names} ${value}`;
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
