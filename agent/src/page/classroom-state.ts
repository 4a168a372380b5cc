/**
 * What the classroom page shows, put together from the store, the repository and what laptops said.
 */
import { latestVersion, readRelease } from "@infield/shared/records";
import type { Classroom as ClassroomMessage } from "@infield/shared/transfer";
import type { LaptopStatus } from "../laptop/status.ts";
import type { ChannelKeeper } from "../store/root/channel-keeper.ts";
import type { Root } from "../store/root/root.ts";
import type { WantedDeltas } from "../stragglers/wanted-deltas.ts";
import type { Classroom } from "./classroom.ts";

interface ClassroomStateOptions {
  readonly root: Root;
  readonly keeper: ChannelKeeper;
  readonly status: LaptopStatus;
  readonly classroom: Classroom;
  /** Id of this teacher's key. */
  readonly teacherKey: string;
  announcing(): number | undefined;
  readonly wanted: Pick<WantedDeltas, "list">;
  /** How laptops that multicast does not reach find this one. */
  reach(): ClassroomMessage["reach"];
}

interface ClassroomState {
  classroom(): ClassroomMessage;
  /** Looks again for the newest release of our repository. */
  refresh(): Promise<void>;
}

type Latest = Omit<NonNullable<ClassroomMessage["latest"]>, "announced">;

export function createClassroomState(options: ClassroomStateOptions): ClassroomState {
  const { root, keeper, status, classroom, teacherKey, announcing } = options;
  let latest: Latest | undefined;
  return {
    classroom() {
      const channel = keeper.current();
      const wanted = options.wanted.list();
      return {
        type: "classroom",
        ...(channel && { channel: { id: channel.id, name: channel.name } }),
        self: status.report(),
        ...(latest && { latest: { ...latest, announced: announcing() === latest.version } }),
        reach: options.reach(),
        laptops: classroom
          .laptops(teacherKey)
          .filter((laptop) => laptop.id !== root.identity.laptopId),
        ...(wanted.length > 0 && { wanted }),
      };
    },
    async refresh() {
      latest = await readLatest(root, keeper);
    },
  };
}

/** The newest release of our repository; none when it does not verify. */
async function readLatest(root: Root, keeper: ChannelKeeper): Promise<Latest | undefined> {
  const channel = keeper.current();
  const version = await latestVersion(root.repository);
  if (channel === undefined || version === 0) return undefined;
  return readRelease(root.repository, channel, version).then(
    ({ record: { urgent, date, treeBytes, notes } }) => ({
      version,
      urgent,
      date,
      treeBytes,
      notes,
    }),
    () => undefined,
  );
}
