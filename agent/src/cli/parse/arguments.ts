/**
 * From the words of a command line to a command and its input, checked against the table. Every
 * refusal says what to type.
 */
import { parseArgs } from "node:util";
import { InfieldError, MAX_VERSION } from "@infield/shared/base";
import { COMMAND_NAMES, COMMANDS, type CommandName, type Input } from "./commands.ts";
import { nearestWord } from "./nearest.ts";
import type { CommandSpec, OptionSpec } from "./spec.ts";

/** Options of every command. */
export const COMMON_OPTIONS = {
  json: { kind: "flag", help: "print one JSON object" },
  help: { kind: "flag", short: "h", help: "print this help" },
} as const satisfies Record<string, OptionSpec>;

export type CommandCall = {
  [K in CommandName]: { readonly name: K; readonly input: Input<K> };
}[CommandName];
export type Request =
  | { readonly kind: "version" }
  /** Help of the commands whose name begins with `topic`; of all for "". */
  | { readonly kind: "help"; readonly topic: string }
  | { readonly kind: "run"; readonly call: CommandCall };

/** A value before the spec gave it its type. */
type Values = Record<string, string | boolean | number | string[] | undefined>;

/** Reads a command line without the program's name. Throws `usage`. */
export function readRequest(words: readonly string[]): Request {
  const [first = "--help"] = words;
  if (first === "--version") return { kind: "version" };
  if (first === "help") return readTopic([...words.slice(1), "--help"]);
  const name = findCommand(words);
  const rest = words.slice(name?.split(" ").length ?? 0);
  if (name === undefined) return readTopic(words);
  const values = readValues(name, rest);
  if (values.help === true) return { kind: "help", topic: name };
  // The values were checked against the very spec the input's type is made from.
  return { kind: "run", call: { name, input: values } as unknown as CommandCall };
}

function findCommand(words: readonly string[]): CommandName | undefined {
  return COMMAND_NAMES.find((name) => name.split(" ").every((part, i) => part === words[i]));
}

/** `infield`, `infield --help` and `infield delta --help`; anything else is no command. */
function readTopic(words: readonly string[]): Request {
  const typed = words.filter((word) => !word.startsWith("-")).slice(0, 2);
  const topic = typed[0] ?? "";
  const isFamily = COMMAND_NAMES.some((name) => name.startsWith(`${topic} `));
  const exact = findCommand(typed);
  const asksHelp = words.length === 0 || words.some((word) => word === "--help" || word === "-h");
  if (asksHelp && exact !== undefined) return { kind: "help", topic: exact };
  if (asksHelp && (topic === "" || isFamily)) return { kind: "help", topic };
  if (topic === "") throw usage("the command comes first", "see `infield --help`");
  const firstWords = COMMAND_NAMES.map((name) => name.split(" ")[0] ?? name);
  const guess =
    nearestWord(typed.join(" "), COMMAND_NAMES) ??
    (isFamily ? undefined : nearestWord(topic, firstWords));
  const help = isFamily ? `see \`infield ${topic} --help\`` : "see `infield --help`";
  throw usage(
    `there is no command \`${typed.join(" ")}\``,
    guess === undefined ? help : `did you mean \`infield ${guess}\`?`,
  );
}

function readValues(name: CommandName, words: readonly string[]): Values {
  const spec: CommandSpec = COMMANDS[name];
  const options: Readonly<Record<string, OptionSpec>> = { ...spec.options, ...COMMON_OPTIONS };
  const { tokens } = parseArgs({
    args: [...words],
    options: Object.fromEntries(
      Object.entries(options).map(([long, option]) => [long, toParseOption(option)]),
    ),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const values: Values = {};
  for (const [long, { kind }] of Object.entries(options)) {
    if (kind === "flag") values[long] = false;
    if (kind === "texts") values[long] = [];
  }
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind === "option") takeOption(name, options, token, values);
  }
  if (values.help !== true) checkComplete(name, spec, positionals, values);
  return values;
}

function toParseOption({ kind, short }: OptionSpec): {
  type: "boolean" | "string";
  short?: string;
} {
  return { type: kind === "flag" ? "boolean" : "string", ...(short !== undefined && { short }) };
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function takeOption(
  command: CommandName,
  options: Readonly<Record<string, OptionSpec>>,
  token: OptionToken,
  values: Values,
): void {
  const { name, rawName, value } = token;
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (option === undefined) throw unknownOption(command, options, token);
  if (option.kind === "flag") {
    if (value !== undefined) throw usage(`${rawName} takes no value`, `write just ${rawName}`);
    values[name] = true;
    return;
  }
  // `-o --json`: more likely a forgotten value than a file of that name.
  if (value === undefined || (token.inlineValue !== true && /^-./.test(value))) {
    throw usage(`${rawName} needs a value`, `write ${rawName} ${option.value ?? "VALUE"}`);
  }
  const before = values[name];
  if (Array.isArray(before)) before.push(value);
  else if (before !== undefined) throw usage(`${rawName} is given twice`, "leave one of them out");
  else values[name] = readValue(option, rawName, value);
}

function readValue({ kind, choices }: OptionSpec, rawName: string, text: string): string | number {
  if (kind === "port") return parsePort(rawName, text);
  if (kind === "count") return parseCount(rawName, text);
  if (choices !== undefined && !choices.includes(text)) throw unknownChoice(rawName, text, choices);
  return text;
}

function unknownChoice(rawName: string, text: string, choices: readonly string[]): InfieldError {
  const guess = nearestWord(text, choices);
  return usage(
    `${rawName} ${JSON.stringify(text)} is none of ${choices.join(", ")}`,
    guess === undefined ? `give one of ${choices.join(", ")}` : `did you mean ${rawName} ${guess}?`,
  );
}

function unknownOption(
  command: CommandName,
  options: Readonly<Record<string, OptionSpec>>,
  { name, rawName }: OptionToken,
): InfieldError {
  const guess = nearestWord(name, Object.keys(options));
  const hint =
    guess === undefined ? `see \`infield ${command} --help\`` : `did you mean --${guess}?`;
  return usage(`\`${command}\` has no option ${rawName}`, hint);
}

function checkComplete(
  name: CommandName,
  spec: CommandSpec,
  positionals: readonly string[],
  values: Values,
): void {
  const hint = `see \`infield ${name} --help\``;
  spec.arguments.forEach((argument, i) => {
    if (positionals[i] === undefined || positionals[i] === "")
      throw usage(`${argument} is missing`, hint);
    values[argument] = positionals[i];
  });
  const extra = positionals[spec.arguments.length];
  if (
    extra !== undefined &&
    spec.arguments.length === 0 &&
    spec.options.root &&
    values.root === undefined
  ) {
    throw usage(
      `${JSON.stringify(extra)} is one argument too many`,
      `did you mean --root ${extra}?`,
    );
  }
  if (extra !== undefined) throw usage(`${JSON.stringify(extra)} is one argument too many`, hint);
  for (const [long, option] of Object.entries(spec.options)) {
    const given = values[long];
    if (given === "") throw usage(`--${long} is empty`, hint);
    if (option.required && given === undefined) {
      const short = option.short === undefined ? `--${long}` : `-${option.short}`;
      throw usage(`${short} ${option.value ?? ""} is missing`, hint);
    }
  }
}

/** 65,535 is left out, as neighbours use the next port. */
function parsePort(rawName: string, text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port < 65_535) return port;
  throw usage(`${rawName} ${JSON.stringify(text)} is not a port`, "give a number from 0 to 65534");
}

/** Counts and versions are 32 bits everywhere. */
function parseCount(rawName: string, text: string): number {
  const count = Number(text);
  if (/^\d{1,10}$/.test(text) && count <= MAX_VERSION) return count;
  throw usage(
    `${rawName} ${JSON.stringify(text)} is not a whole number`,
    `give a number from 0 to ${MAX_VERSION}`,
  );
}

function usage(message: string, hint: string): InfieldError {
  return new InfieldError("usage", message, hint);
}
