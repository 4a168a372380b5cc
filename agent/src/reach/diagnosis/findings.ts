/**
 * What was tried, put into words: what works, what does not and why, and what to do about it.
 * Nothing is tried here, so that every case can be looked at in a test.
 */
import { formatPeerAddress } from "@infield/shared/announce";
import type { PortState, Reached } from "./connection-probe.ts";
import type { Loop } from "./multicast-probe.ts";
import type { Card, System } from "./system.ts";

export interface Facts extends System {
  /**
   * Undefined when no channel is followed: its groups are what is tried, and its laptops say hello.
   */
  readonly neighbours:
    | {
        /** By name of the card. */
        readonly loops: ReadonlyMap<string, Loop>;
        /** Addresses of laptops that answered by multicast. */
        readonly answered: readonly string[];
        /** Addresses of laptops that were seen by DNS-SD. */
        readonly seen: readonly string[];
        readonly reached: readonly Reached[];
      }
    | undefined;
  readonly port: number;
  readonly portState: PortState;
  /** The machine that leads elsewhere answers; undefined: there is none. */
  readonly gatewayThere: boolean | undefined;
}
type Neighbours = NonNullable<Facts["neighbours"]>;

export interface Finding {
  readonly check: string;
  readonly state: "ok" | "not" | "unknown";
  readonly reason: string;
  /** The next step, where there is one. */
  readonly next?: string;
}

export interface Diagnosis {
  /** The ways in which a neighbour was reached just now. */
  readonly works: readonly ("multicast" | "address")[];
  readonly findings: readonly Finding[];
}

export function diagnose(facts: Facts): Diagnosis {
  const { neighbours } = facts;
  const here = [...describeCards(facts), ...describeWayOut(facts), describePort(facts)];
  if (neighbours === undefined) return { works: [], findings: [...here, NO_CHANNEL] };
  return {
    works: waysThatWork(neighbours),
    findings: [
      ...here,
      ...facts.cards.map((card) => describeLoop(card, neighbours)),
      describeAnswers(neighbours),
      describeSeen(neighbours),
      ...describePeers(neighbours),
      describeIsolation(neighbours, facts),
    ],
  };
}

const NO_CHANNEL: Finding = {
  check: "neighbours",
  state: "unknown",
  reason: "this laptop follows no channel yet, so there is nobody to ask",
  next: "install a release, or start the agent once with --channel",
};

const isReached = ({ failure }: Reached) => failure === undefined;

/**
 * Multicast works when who answered by it can be fetched from as well: news without bytes are no
 * update.
 */
function waysThatWork({ answered, reached }: Neighbours): Diagnosis["works"] {
  const open = reached.filter(isReached);
  const heard = open.some(({ peer }) => answered.includes(peer.host));
  return [
    ...(heard ? (["multicast"] as const) : []),
    ...(open.length > 0 ? (["address"] as const) : []),
  ];
}

function describeCards({ cards }: Facts): Finding[] {
  if (cards.length === 0) {
    const reason = "no network interface has an address";
    return [
      {
        check: "interfaces",
        state: "not",
        reason,
        next: "connect this laptop to the network of the room",
      },
    ];
  }
  return cards.map(({ name, addresses, multicast }) => {
    const check = `interface ${name}`;
    if (multicast !== false) return { check, state: "ok", reason: addresses.join(", ") };
    const reason = `${addresses.join(", ")}; it is set to carry no multicast`;
    return {
      check,
      state: "not",
      reason,
      next: `ip link set ${name} multicast on, or use another interface`,
    };
  });
}

function describeWayOut({ wayOut, cards }: Facts): Finding[] {
  const card = cards.find(({ name }) => name === wayOut?.interface);
  if (card?.tunnel !== true) return [];
  return [
    {
      check: "VPN",
      state: "not",
      reason: `what leaves this laptop goes into a tunnel, ${card.name}, and may never reach the room`,
      next: "end the VPN while the class is updated, or start the agent with --interface and the card of the room",
    },
  ];
}

function describeLoop({ name }: Card, { loops }: Neighbours): Finding {
  const check = `multicast on ${name}`;
  const { ipv4 = false, ipv6 = false } = loops.get(name) ?? {};
  const works = [...(ipv4 ? ["IPv4"] : []), ...(ipv6 ? ["IPv6"] : [])];
  if (works.length > 0) {
    return {
      check,
      state: "ok",
      reason: `what is sent to a group comes back (${works.join(", ")})`,
    };
  }
  return {
    check,
    state: "not",
    reason: "what this laptop sends to a group does not even come back to itself",
    next: "let its firewall pass UDP port 7460 (`nft list ruleset` as root shows it)",
  };
}

function describeAnswers({ answered, loops, reached }: Neighbours): Finding {
  const check = "neighbours by multicast";
  if (answered.length > 0)
    return { check, state: "ok", reason: `answered: ${answered.join(", ")}` };
  if (![...loops.values()].some(({ ipv4, ipv6 }) => ipv4 || ipv6)) {
    return { check, state: "not", reason: "nothing can be heard here, as said above" };
  }
  if (reached.some(isReached)) {
    return {
      check,
      state: "not",
      reason:
        "laptops are reached, but nobody answered: an access point, switch or firewall drops multicast",
      next: "turn off IGMP and MLD snooping there, or give it a querier; connected laptops are updated anyway",
    };
  }
  return {
    check,
    state: "unknown",
    reason: "nobody answered; it may be that nobody with a release is there",
    next: "start the agent on another laptop here, and try again",
  };
}

function describeSeen({ seen }: Neighbours): Finding {
  const check = "neighbours by DNS-SD";
  if (seen.length > 0) return { check, state: "ok", reason: `seen: ${seen.join(", ")}` };
  return {
    check,
    state: "unknown",
    reason: "nobody was seen in three seconds, or it cannot be had here",
  };
}

function describePort({ port, portState }: Facts): Finding {
  const check = `own port ${port}`;
  switch (portState) {
    case "open":
      return {
        check,
        state: "ok",
        reason: "open, as far as this laptop can see; a firewall may still refuse others",
      };
    case "closed":
      return {
        check,
        state: "not",
        reason: "connections to it do not even come through from this laptop",
        next: `let its firewall pass TCP port ${port} (\`nft list ruleset\` as root shows it)`,
      };
    case "taken":
      return {
        check,
        state: "not",
        reason: "another program has it",
        next: "stop that program, or start the agent with another --port",
      };
  }
}

/** Those who are silent share a line: an old acquaintance that is off today is no fault. */
function describePeers({ reached, answered, seen }: Neighbours): Finding[] {
  const isThere = ({ machineThere, peer: { host } }: Reached) =>
    machineThere === true || answered.includes(host) || seen.includes(host);
  const isSilent = (one: Reached) => one.failure?.code === "peer-failed" && !isThere(one);
  const silent = reached.filter(isSilent).map(({ peer }) => formatPeerAddress(peer));
  const others = reached
    .filter((one) => !isSilent(one))
    .map((one) => describePeer(one, isThere(one)));
  if (silent.length === 0) return others;
  const reason = `no answer from ${silent.join(", ")}`;
  return [
    ...others,
    { check: "other laptops", state: "unknown", reason, next: "are they on, and on this network?" },
  ];
}

function describePeer({ peer, failure }: Reached, isThere: boolean): Finding {
  const check = `laptop ${formatPeerAddress(peer)}`;
  if (failure === undefined) return { check, state: "ok", reason: "said hello" };
  if (failure.code !== "peer-failed" || !isThere)
    return { check, state: "not", reason: failure.message, next: failure.hint };
  return {
    check,
    state: "not",
    reason: `its machine is there, but ${failure.message}`,
    next: `on that laptop: start the agent, and let the firewall pass TCP port ${peer.port}`,
  };
}

/**
 * Access points can keep their laptops apart, each with its way out only: then the gateway answers
 * and nobody else.
 */
function describeIsolation(
  { reached, answered, seen }: Neighbours,
  { gatewayThere, wayOut }: Pick<Facts, "gatewayThere" | "wayOut">,
): Finding {
  const check = "laptops kept apart";
  if (reached.some(isReached) || answered.length + seen.length > 0) {
    return { check, state: "ok", reason: "no: a neighbour was heard" };
  }
  if (reached.length === 0) {
    const next = "infield connect ADDRESS; `infield peers` on another laptop prints it";
    return { check, state: "unknown", reason: "no address of a laptop is known to try", next };
  }
  if (gatewayThere === true && !reached.some(({ machineThere }) => machineThere === true)) {
    return {
      check,
      state: "not",
      reason: `perhaps: ${wayOut?.gateway} answers and no laptop does`,
      next: "turn off client isolation (AP isolation, guest network) there, or use another access point or a cable",
    };
  }
  return { check, state: "unknown", reason: "nobody answers, so it cannot be told" };
}
