/**
 * A classroom on this machine: one process a laptop, all on the loopback interface. For `npm start`
 * and for the tests.
 */
import { join } from "node:path";
import { readAccess, ready } from "./agents.ts";
import { AgentProcess, infield } from "./infield.ts";

export interface Laptop {
  readonly name: string;
  readonly root: string;
  readonly agent: AgentProcess;
}
export interface ClassroomPlan {
  /** Where the laptops' roots are made. */
  readonly folder: string;
  /** Repository that every laptop is installed from. */
  readonly repository: string;
  /** The teacher's page; neighbours use the next port. 0: any. */
  readonly port: number;
  readonly laptops: readonly string[];
}
export interface Classroom {
  readonly teacher: Laptop;
  readonly laptops: readonly Laptop[];
  /** Address of the teacher's page, with its token. */
  readonly page: string;
  stop(): Promise<void>;
}

/** Installs and starts a teacher's laptop and the class; resolves when every agent is ready. */
export async function startClassroom(plan: ClassroomPlan): Promise<Classroom> {
  const install = async (name: string) => {
    const root = join(plan.folder, name.replaceAll(" ", "-"));
    await infield("install", plan.repository, "--root", root);
    return root;
  };
  const start = async (
    name: string,
    root: string,
    port: number,
    ...more: string[]
  ): Promise<Laptop> => {
    const network = ["--port", String(port), "--interface", "lo"];
    const words = ["--root", root, "--name", name, ...network, ...more];
    const agent = await ready(new AgentProcess(words));
    return { name, root, agent };
  };

  const teacher = await start("Teacher", await install("Teacher"), plan.port);
  const { page, teacherKey } = await readAccess(teacher.root);
  const laptops: Laptop[] = [];
  try {
    for (const name of plan.laptops)
      laptops.push(await start(name, await install(name), 0, "--teacher", teacherKey));
  } catch (error) {
    await Promise.all([teacher, ...laptops].map((laptop) => laptop.agent.stop()));
    throw error;
  }
  return {
    teacher,
    laptops,
    page,
    stop: async () => {
      await Promise.all([teacher, ...laptops].map((laptop) => laptop.agent.stop()));
    },
  };
}
