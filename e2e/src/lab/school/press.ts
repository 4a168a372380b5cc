/**
 * Run inside a laptop's namespace, where its page can be reached: `press.ts PAGE hand-over
 * REPOSITORY VERSION`, `press.ts PAGE update-classroom`.
 */
import { handOver, updateClassroom } from "../../harness/page-client.ts";

const [page = "", what, repository = "", version] = process.argv.slice(2);
if (what === "hand-over") await handOver(repository, Number(version), page);
else await updateClassroom(page);
