/**
 * `infield groups --root ROOT`: multicast groups with their MAC addresses, as a card's wake filter
 * wants them (docs/operating.md).
 */
import { resolve } from "node:path";
import { type Group, macOf, queryGroup, releaseGroup } from "@infield/shared/announce";
import { InfieldError } from "@infield/shared/base";
import { readState } from "../../store/root/open-root.ts";
import { waitsAbove } from "../../store/root/state.ts";
import { alignColumns } from "../output/table.ts";
import type { Outcome } from "../output/terminal.ts";
import type { Input } from "../parse/commands.ts";

export async function runGroups(input: Input<"groups">): Promise<Outcome> {
  const { channel, state } = await readState(input.root);
  if (channel === undefined) throw noChannel(input.root);
  const next = waitsAbove(state) + 1;
  const version = input.version ?? next;
  const groups = {
    normal: describe(releaseGroup(channel, version, false)),
    urgent: describe(releaseGroup(channel, version, true)),
    query: describe(queryGroup(channel)),
  };
  const ethtool = "ethtool -s IFACE wol um";
  return {
    data: { root: resolve(input.root), channel, version, groups, ethtool },
    text: [
      version === next
        ? `this laptop waits for version ${version}, and listens on`
        : `version ${version} is announced on`,
      ...alignColumns(
        Object.entries(groups).map(([name, { ipv6, ipv4, mac }]) => [
          `  ${name}`,
          ipv6,
          ipv4,
          mac.ipv6,
          mac.ipv4,
        ]),
      ),
      "",
      "to be woken by an urgent release alone, with the names of your card (`iw dev`, `ip link`):",
      `  Wi-Fi   ${groups.urgent.wowlan}`,
      `  cable   ${ethtool}`,
    ].join("\n"),
  };
}

function describe(group: Group) {
  const mac = macOf(group);
  return { ...group, mac, wowlan: `iw phy PHY wowlan enable patterns ${mac.ipv6} ${mac.ipv4}` };
}

function noChannel(root: string): InfieldError {
  return new InfieldError(
    "unknown-channel",
    `${JSON.stringify(root)} follows no channel yet, and so waits on no group`,
    `install a release first: infield install REPO --root ${root}`,
  );
}
