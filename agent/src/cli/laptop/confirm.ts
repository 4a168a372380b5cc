/** `infield confirm --root ROOT`: this boot has come to its end, and the version works. */
import { openRoot } from "../../store/root/open-root.ts";
import { confirmBoot } from "../../store/root/switch.ts";
import type { Outcome } from "../output/terminal.ts";
import type { Input } from "../parse/commands.ts";

export async function runConfirm(input: Input<"confirm">): Promise<Outcome> {
  const root = await openRoot(input.root, { system: input.system });
  try {
    const version = await root.change(confirmBoot);
    const { current, held } = root.state();
    const text = [
      `version ${version} has come up`,
      ...(current === version ? [] : [`version ${current} is booted next`]),
      ...(held === undefined ? [] : [`version ${held} is held`]),
    ];
    return { data: { root: root.path, version, current, held }, text: text.join("\n") };
  } finally {
    await root.close();
  }
}
