/** `infield seal --root ROOT`: makes a root ready to be copied with a disk's image. */
import { sealRoot } from "../../laptop/clone.ts";
import { openRoot } from "../../store/root/open-root.ts";
import type { Outcome } from "../output/terminal.ts";
import type { Input } from "../parse/commands.ts";

export async function runSeal(input: Input<"seal">): Promise<Outcome> {
  const root = await openRoot(input.root);
  try {
    await sealRoot(root.path);
    const { current: version } = root.state();
    const { channel } = root.identity;
    return {
      data: { root: input.root, version, ...(channel && { channel }) },
      text: [
        `${input.root} is sealed: every copy becomes a laptop of its own when its agent starts`,
        "next: make the image now, before an agent starts on this root again",
      ].join("\n"),
    };
  } finally {
    await root.close();
  }
}
