/**
 * What a command takes, as plain data. Parsing, help and the type of a handler's input all come
 * from it, so that none of the three can say something else than the others.
 */

export interface OptionSpec {
  /**
   * `flag`: there or not. `text`: one value. `texts`: may be repeated. `port`: a TCP port. `count`:
   * a whole number. `choice`: one of `choices`.
   */
  readonly kind: "flag" | "text" | "texts" | "port" | "count" | "choice";
  readonly choices?: readonly string[];
  /** One letter that may stand for the name. */
  readonly short?: string;
  /** What help calls the value; flags have none. */
  readonly value?: string;
  readonly required?: true;
  readonly help: string;
}

export interface CommandSpec {
  /** One line, for the list of commands. */
  readonly summary: string;
  /** Names of the arguments, in upper case as help shows them; all of them have to be given. */
  readonly arguments: readonly string[];
  /** By long name; `--json` and `--help` belong to every command and are not listed. */
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** Shown by the command's own help, below the options. */
  readonly details?: string;
}

type SingleValue<O extends OptionSpec> = O extends { choices: readonly (infer C)[] }
  ? C
  : O["kind"] extends "port" | "count"
    ? number
    : string;
type OptionValue<O extends OptionSpec> = O["kind"] extends "flag"
  ? boolean
  : O["kind"] extends "texts"
    ? readonly string[]
    : SingleValue<O> | (O extends { required: true } ? never : undefined);

/** What a handler gets: arguments and options by name. */
export type InputOf<C extends CommandSpec> = { readonly [A in C["arguments"][number]]: string } & {
  readonly [N in keyof C["options"]]: OptionValue<C["options"][N]>;
} & { readonly json: boolean };
