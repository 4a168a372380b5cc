import { InfieldError } from "@infield/shared/base";
import { LEVELS } from "@infield/shared/delta";
import { describe, expect, it } from "vitest";
import { readRequest } from "./arguments.ts";
import { COMMAND_NAMES } from "./commands.ts";
import { formatHelp } from "./help.ts";

const read = (line: string) => readRequest(line.split(" ").filter((word) => word !== ""));
const refusal = (line: string): string => {
  try {
    read(line);
  } catch (error) {
    if (error instanceof InfieldError) return `${error.code}: ${error.message}; ${error.hint}`;
    throw error;
  }
  return "it was understood";
};

describe("a command line", () => {
  it("becomes a command with arguments and options by name", () => {
    expect(read("delta create A B -o F --owners")).toEqual({
      kind: "run",
      call: {
        name: "delta create",
        input: {
          ...{ OLD: "A", NEW: "B", output: "F", owners: true },
          ...{ times: false, selinux: false, "no-xattrs": false, json: false, help: false },
          ...{
            exclude: [],
            "no-default-excludes": false,
            partition: undefined,
            executable: undefined,
          },
        },
      },
    });
  });

  it("takes options before, between and after arguments, in long and short form", () => {
    expect(read("delta create --output=F A --json B")).toEqual(
      read("delta create A B -o F --json"),
    );
    expect(read("delta create -oF A B")).toEqual(read("delta create A B -o F"));
  });

  it("takes repeated options as a list, and none as an empty one", () => {
    const base = "release create -d R --key K --tree T";
    expect(read(`${base} --from A --from B`)).toMatchObject({
      call: { input: { from: ["A", "B"] } },
    });
    expect(read(base)).toMatchObject({ call: { input: { from: [], urgent: false } } });
  });

  it("takes names that begin with a dash after `--` or `=`", () => {
    expect(read("delta inspect -- -odd")).toMatchObject({ call: { input: { FILE: "-odd" } } });
    expect(read("delta create A B --output=-odd")).toMatchObject({
      call: { input: { output: "-odd" } },
    });
  });

  it("asks for help or the version in the usual ways", () => {
    expect(read("--version")).toEqual({ kind: "version" });
    for (const line of ["", "--help", "-h"])
      expect(read(line)).toEqual({ kind: "help", topic: "" });
    expect(read("help")).toEqual({ kind: "help", topic: "" });
    expect(read("help delta")).toEqual({ kind: "help", topic: "delta" });
    expect(read("help status")).toEqual({ kind: "help", topic: "status" });
    expect(read("delta --help")).toEqual({ kind: "help", topic: "delta" });
    expect(read("delta create --help")).toEqual({ kind: "help", topic: "delta create" });
    expect(read("delta create A -h")).toEqual({ kind: "help", topic: "delta create" });
  });
});

describe("a command line that is wrong is refused with what to type instead:", () => {
  it.each([
    ["delta crate A B", "there is no command `delta crate`; did you mean `infield delta create`?"],
    ["instal R", "there is no command `instal R`; did you mean `infield install`?"],
    [
      "dleta create A B",
      "there is no command `dleta create`; did you mean `infield delta create`?",
    ],
    ["dleta", "there is no command `dleta`; did you mean `infield delta`?"],
    ["udpate", "there is no command `udpate`; did you mean `infield update`?"],
    ["status laptop", '"laptop" is one argument too many; did you mean --root laptop?'],
    ["delta", "there is no command `delta`; see `infield delta --help`"],
    ["frobnicate", "there is no command `frobnicate`; see `infield --help`"],
    ["--json status", "there is no command `status`; did you mean `infield status`?"],
    ["--json", "the command comes first; see `infield --help`"],
    ["delta create A B --ouput F", "`delta create` has no option --ouput; did you mean --output?"],
    ["delta create A B -x", "`delta create` has no option -x; see `infield delta create --help`"],
    [
      "delta create A B --constructor",
      "`delta create` has no option --constructor; see `infield delta create --help`",
    ],
    ["delta create A B", "-o FILE is missing; see `infield delta create --help`"],
    ["delta create A -o F", "NEW is missing; see `infield delta create --help`"],
    ["delta create A B C -o F", '"C" is one argument too many; see `infield delta create --help`'],
    ["delta create A B -o", "-o needs a value; write -o FILE"],
    ["delta create A B -o --json", "-o needs a value; write -o FILE"],
    ["delta create A B --output=", "--output is empty; see `infield delta create --help`"],
    ["delta create A B -o F -o G", "-o is given twice; leave one of them out"],
    ["delta create A B -o F --json=yes", "--json takes no value; write just --json"],
    ["agent --root R --port 65535", '--port "65535" is not a port; give a number from 0 to 65534'],
    ["agent --root R --port x", '--port "x" is not a port; give a number from 0 to 65534'],
    [
      "delta create A B -o F --level bset",
      '--level "bset" is none of fast, default, best; did you mean --level best?',
    ],
    [
      "delta create A B -o F --level 9",
      '--level "9" is none of fast, default, best; give one of fast, default, best',
    ],
    ["status", "--root ROOT is missing; see `infield status --help`"],
  ])("infield %s", (line, expected) => {
    expect(refusal(line)).toBe(`usage: ${expected}`);
  });
});

describe("help", () => {
  it("lists every command, and the exit codes", () => {
    const text = formatHelp("");
    for (const name of COMMAND_NAMES) expect(text).toContain(`  infield ${name} `);
    for (const code of ["0", "1", "2", "3", "130"])
      expect(text).toMatch(new RegExp(`^ {2}${code} +\\w`, "m"));
  });

  it("of a family lists its commands only", () => {
    expect(formatHelp("channel")).toContain("infield channel create");
    expect(formatHelp("channel")).not.toContain("infield install");
  });

  it("of a command shows its usage as it is typed", () => {
    expect(formatHelp("release create")).toContain(
      [
        "usage: infield release create -d REPO --key KEYFILE --tree NEW [--from OLD]...",
        "[--level LEVEL] [--urgent] [--notes TEXT] [--health PATH] [--data-format K] [--owners]",
        "[--times] [--selinux] [--no-xattrs] [--exclude PATTERN]... [--no-default-excludes]",
        "[--partition N] [--executable auto] [--json]",
      ].join(" "),
    );
    expect(formatHelp("delta create")).toMatch(/^ {2}-o, --output FILE {2}/m);
  });

  it("of what makes deltas says what each level costs", () => {
    for (const name of ["delta create", "release create"])
      for (const { level, description } of LEVELS)
        expect(formatHelp(name)).toMatch(
          new RegExp(`^ {2}${level} +\\d+ MB +${description}$`, "m"),
        );
  });

  it("fits 120 columns but for usage lines", () => {
    const lines = ["", ...COMMAND_NAMES].flatMap((name) => formatHelp(name).split("\n"));
    expect(lines.filter((line) => line.length > 120 && !line.startsWith("usage: "))).toEqual([]);
  });
});
