interface Straggling {
  readonly from: number;
  readonly to: number;
  readonly laptops: number;
}

const COUNTS = [
  "No",
  "One",
  "Two",
  "Three",
  "Four",
  "Five",
  "Six",
  "Seven",
  "Eight",
  "Nine",
  "Ten",
];
const at = (laptops: number, version: number) =>
  `${COUNTS[laptops] ?? laptops} ${laptops === 1 ? "laptop is" : "laptops are"} at ${version}`;

/** Everything the Classroom view says. */
export const texts = {
  title: "Classroom",
  thisLaptop: "This laptop",
  version: (n: number) => (n === 0 ? "nothing installed" : `version ${n}`),
  urgent: "Urgent",
  update: {
    order: "Update the classroom",
    orderAgain: "Tell the classroom again",
    ready: (n: number) => `Version ${n} is ready`,
    told: (n: number) => `Version ${n} is on its way`,
    newest: (n: number) => `Version ${n} is the newest`,
    brokenHere: (n: number) => `Version ${n} did not work on this laptop`,
    failedHere: (n: number) => `Version ${n} could not be installed on this laptop`,
    noRelease:
      "There is no release on this laptop yet. Prepare one and hand it to this laptop, or wait until a neighbour has one.",
    heldHere: (left: number | undefined) =>
      `${left === undefined ? "This laptop was told to stay as it is" : `Version ${left} was rolled back on this laptop`}. Let it update again first.`,
    letGoFirst: "To try it once more, let this laptop update again first.",
    underWay: "The classroom has been told; laptops take it one after another.",
    onlyHeld: (n: number) =>
      `Only laptops that were taken back do not have version ${n}. Let them update again, if they shall have it.`,
    allHave: (n: number) => `Every laptop seen has version ${n}. There is nothing to do.`,
  },
  stragglers: {
    title: "Laptops far behind",
    preparing: ({ laptops, from, to }: Straggling) =>
      `${at(laptops, from)}: preparing ${from} → ${to}`,
    made: ({ from, to }: Straggling, size: string) =>
      `Prepared ${from} → ${to}: laptops at version ${from} now fetch ${size}, instead of every version in between.`,
    left: ({ laptops, from }: Straggling) =>
      `${at(laptops, from)} and will take every version in between, or all of the newest: a shorter way is made only on a laptop that has both versions, or in the browser in which they were signed.`,
  },
  telling: "Telling the classroom …",
  look: "Look for a newer version",
  looking: "Asking the neighbours …",
  laptops: "Laptops",
  columns: {
    name: "Laptop",
    version: "Version",
    state: "State",
    seen: "Last seen",
    action: "Orders",
  },
  nobody:
    "No laptop has been seen yet. Start `infield agent` on the laptops, with the same channel, and connect them to the same network; they appear here within a few seconds. If they do not, see below.",
  states: {
    newest: "Has the newest version",
    behind: (n: number) => `Waits for version ${n}`,
    resting: "Ready",
    empty: "Waits for its first version",
    waiting: (n: string, what: "charger" | "lid" | "hours" | undefined) =>
      ({
        charger: `Takes ${n} when its charger is plugged in`,
        lid: `Takes ${n} when its lid is opened`,
        hours: `Takes ${n} after its quiet hours`,
      })[what ?? "charger"],
    fetching: (n: string) => `Fetching ${n}`,
    building: (n: string) => `Installing ${n}`,
    checking: (n: string) => `Trying ${n}`,
    failed: "Did not work",
    held: (left: number | undefined) =>
      left === undefined
        ? "Was told to stay as it is"
        : `Rolled back, waits for a version newer than ${left}`,
    away: "Cannot be reached",
  },
  target: (n: number | undefined) => (n === undefined ? "an update" : `version ${n}`),
  now: "now",
  ago: (duration: string) => `${duration} ago`,
  summary: (have: number, all: number, version: number) =>
    `${have} of ${all} ${all === 1 ? "laptop has" : "laptops have"} version ${version}`,
  failures: (n: number) => `${n} ${n === 1 ? "needs" : "need"} a look`,
  missing: {
    title: "Laptops that do not show up",
    sameNetwork:
      "Is the laptop switched on, and on the same network as this one? It appears by itself within half a minute.",
    typeThere:
      "If it does not: on that laptop, type the command below. It holds the address of this one, and the folder that Infield is usually set up in. A camera that reads codes can take the address from the picture.",
    several:
      "This laptop is on several networks. Use the address on the one that the other laptop is on too.",
    card: (name: string) => `On the network of ${name}`,
    code: (address: string) => `QR code with the address ${address}`,
    command: (address: string) => `infield connect ${address} --root /var/lib/infield`,
    noNetwork: "This laptop is on no network. Connect it, and its address appears here.",
    typeHere:
      "Or the other way round: `infield peers` on that laptop prints its address. Type that here.",
    label: "Address of the laptop, for instance 192.168.1.23",
    connect: "Connect",
    connecting: "Trying to reach it …",
    connected: "connected",
    silent: "does not answer now; it is tried again by itself",
    forget: "Forget",
    forgetOne: (address: string) => `Forget ${address}`,
    doctor:
      "If nobody answers either way, the network keeps laptops apart, as guest networks do. Use another one, or a cable. `infield doctor --network` on that laptop says what is in the way.",
  },
  rollBack: "Roll back",
  rollBackTo: (n: number) => `to version ${n}`,
  resume: "Let it update again",
  noTeacher: "Takes no orders: it was started without a teacher key.",
  otherTeacher: "Takes orders from another teacher.",
  nothingEarlier: "Has no earlier version to go back to.",
  away: "Cannot be reached now.",
  busy: "Is busy now.",
  confirm: {
    title: (name: string) => `Roll back ${name}?`,
    body: (from: number, to: number) =>
      `It goes from version ${from} back to version ${to}, and stays there until there is a version newer than ${from}, or you let it update again.`,
    yes: (to: number) => `Roll back to version ${to}`,
    no: "Keep it as it is",
  },
  force: {
    order: "Roll back all the same",
    title: (name: string) => `Roll back ${name}, though people’s work may become unreadable?`,
    body: "The newer programs have converted what people made. The earlier ones may show it wrongly, not at all, or spoil it. Copy it somewhere safe first.",
    yes: "It is copied, roll back",
  },
  lost: "The agent of this laptop does not answer. Trying again by itself; what you see below is from before.",
  lostEmpty: "The agent of this laptop does not answer. Trying again by itself.",
  tryNow: "Try now",
  connecting: "Looking for the agent of this laptop …",
  noToken: {
    title: "Open the classroom from this laptop’s agent",
    body: "This page does not know an agent. Open the address that `infield agent` prints when it starts (`infield status` shows it again), or ask whoever set up this laptop.",
  },
  refused: {
    title: "This address is no longer valid",
    body: "The agent does not know this page any more. Open the address that `infield agent` prints when it starts (`infield status` shows it again), or ask whoever set up this laptop.",
  },
};
