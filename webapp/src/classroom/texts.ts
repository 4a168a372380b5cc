/** Everything the Classroom view says. */
import type { WantedDelta } from "@infield/shared/transfer";

type Stragglers = Pick<WantedDelta, "from" | "to" | "laptops">;

const COUNTS = "No One Two Three Four Five Six Seven Eight Nine Ten".split(" ");

/** "Two laptops are at version 3". */
const at = ({ laptops, from }: Stragglers) =>
  `${COUNTS[laptops] ?? laptops} ${laptops === 1 ? "laptop is" : "laptops are"} at version ${from}`;

/** Where a page gets its token from, and so its agent. */
const OPEN_ADDRESS =
  "Open the address that `infield agent` prints when it starts (`infield status` shows it too), " +
  "or ask whoever set up this laptop.";

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
      "There is no release on this laptop yet. Prepare one and hand it to this laptop, " +
      "or wait until a laptop nearby has one.",
    heldHere: (left: number | undefined) =>
      `${
        left === undefined
          ? "Updates are on hold on this laptop"
          : `Version ${left} was rolled back on this laptop`
      }. Let it update again first.`,
    resumeFirst: "To try again, let this laptop update again first.",
    underWay: "The classroom has been told. Laptops update one after another.",
    onlyHeld: (n: number) =>
      `Only laptops that were rolled back do not have version ${n}. ` +
      "Let them update again if they should have it.",
    allHave: (n: number) => `Every laptop seen has version ${n}. There is nothing to do.`,
  },
  stragglers: {
    title: "Laptops far behind",
    preparing: (wanted: Stragglers) => `${at(wanted)}: preparing an update to version ${wanted.to}`,
    made: ({ from, to }: Stragglers, size: string) =>
      `Laptops at version ${from} can now go straight to version ${to}: ` +
      `they fetch ${size} instead of every version in between.`,
    left: (wanted: Stragglers) =>
      `${at(wanted)} and will fetch every version in between or a full install. Only a laptop ` +
      "that has both versions, or the browser they were signed in, can make a smaller update.",
  },
  telling: "Telling the classroom …",
  look: "Look for a newer version",
  looking: "Asking the other laptops …",
  laptops: "Laptops",
  columns: {
    name: "Laptop",
    version: "Version",
    state: "State",
    seen: "Last seen",
    action: "Actions",
  },
  nobody:
    "No other laptop has been seen yet. Start `infield agent` on the laptops, with the same " +
    "channel and on the same network. They appear here within a few seconds; " +
    "if they do not, see below.",
  states: {
    newest: "Has the newest version",
    behind: (n: number) => `Waiting for version ${n}`,
    resting: "Ready",
    empty: "Waiting for its first version",
    waiting: (n: string, what: "charger" | "lid" | "hours" | undefined) =>
      ({
        charger: `Will install ${n} when plugged in`,
        lid: `Will install ${n} when its lid is opened`,
        hours: `Will install ${n} after its quiet hours`,
      })[what ?? "charger"],
    fetching: (n: string) => `Fetching ${n}`,
    building: (n: string) => `Installing ${n}`,
    checking: (n: string) => `Testing ${n}`,
    failed: "Update failed",
    held: (left: number | undefined) =>
      left === undefined ? "On hold" : `Rolled back; waiting for a version newer than ${left}`,
    away: "Cannot be reached",
  },
  target: (n: number | undefined) => (n === undefined ? "an update" : `version ${n}`),
  now: "now",
  ago: (duration: string) => `${duration} ago`,
  summary: (have: number, all: number, version: number) =>
    `${have} of ${all} ${all === 1 ? "laptop" : "laptops"} ${have === 1 ? "has" : "have"} ` +
    `version ${version}`,
  failures: (n: number) => `${n} ${n === 1 ? "needs" : "need"} attention`,
  missing: {
    title: "Laptops that do not show up",
    sameNetwork:
      "Is the laptop switched on and on the same network as this one? " +
      "It should appear within half a minute.",
    typeThere:
      "If it does not, type the command below on that laptop. It contains this laptop’s address " +
      "and the folder where Infield is usually installed. " +
      "A camera can also read the address from the QR code.",
    several:
      "This laptop is on several networks. Use the address on the one the other laptop is on too.",
    card: (name: string) => `Network interface ${name}`,
    code: (address: string) => `QR code with the address ${address}`,
    command: (address: string) => `\`infield connect ${address} --root /var/lib/infield\``,
    noNetwork:
      "This laptop is not on a network. Once you connect it to one, its address appears here.",
    typeHere:
      "Or the other way round: run `infield peers` on that laptop and type the address it prints.",
    label: "Address of the laptop, for example 192.168.1.23",
    connect: "Connect",
    connecting: "Connecting …",
    connected: "connected",
    silent: "not answering; will keep trying",
    forget: "Forget",
    forgetOne: (address: string) => `Forget ${address}`,
    doctor:
      "If neither works, the network keeps laptops apart, as guest networks do. Use another " +
      "network or a cable. `infield doctor --network` on that laptop shows what is in the way.",
  },
  rollBack: "Roll back",
  rollBackTo: (n: number) => `to version ${n}`,
  resume: "Let it update again",
  noTeacher: "Cannot be controlled from here: it was set up without a teacher key.",
  otherTeacher: "Controlled by another teacher.",
  nothingEarlier: "No earlier version to go back to.",
  away: "Cannot be reached right now.",
  busy: "Busy right now.",
  confirm: {
    title: (name: string) => `Roll back ${name}?`,
    body: (from: number, to: number) =>
      `It goes back from version ${from} to version ${to} and stays there until there is a ` +
      `version newer than ${from}, or you let it update again.`,
    yes: (to: number) => `Roll back to version ${to}`,
    no: "Keep it as it is",
  },
  force: {
    order: "Roll back anyway",
    title: (name: string) => `Roll back ${name}, even if people’s work may become unreadable?`,
    body:
      "The newer programs have converted people’s work. " +
      "The earlier ones may show it wrongly, fail to open it, or damage it. " +
      "Copy it somewhere safe first.",
    yes: "I have a copy: roll back",
  },
  lost:
    "Infield on this laptop is not answering. This page keeps trying; " +
    "what you see below may be out of date.",
  lostEmpty: "Infield on this laptop is not answering. This page keeps trying.",
  tryNow: "Try now",
  connecting: "Connecting to Infield on this laptop …",
  noToken: {
    title: "Open this page from Infield on this laptop",
    body: `This page is not connected to Infield on this laptop. ${OPEN_ADDRESS}`,
  },
  refused: {
    title: "This address is no longer valid",
    body: `Infield on this laptop no longer accepts it. ${OPEN_ADDRESS}`,
  },
};
