/** Connections: messages, and asking for, serving and fetching the pieces of blobs. */
export { Asker } from "./ask/ask.ts";
export { peerFailed } from "./ask/peer-failed.ts";
export { fetchChannel, fetchContent, fetchPieceList, fetchRelease } from "./fetch.ts";
export { type Classroom, type Laptop, MAX_WANTED, type WantedDelta } from "./messages/classroom.ts";
export {
  type AgentMessage,
  AgentMessageSchema,
  type PageMessage,
  PageMessageSchema,
} from "./messages/page-messages.ts";
export {
  type Order,
  OrderSchema,
  type PeerMessage,
  PeerMessageSchema,
} from "./messages/peer-messages.ts";
export { pieceBits } from "./messages/piece-bits.ts";
export { type LaptopState, type Report, WaitsForSchema } from "./messages/report.ts";
export { AnswerSchema, type GetDelta, type Request } from "./messages/requests.ts";
export { parseMessage, type Wire } from "./messages/wire.ts";
export {
  type ContentReader,
  createServer,
  failedAnswer,
  type IncomingBlob,
  type Serve,
} from "./serve/serve.ts";
export { createSharing, type Sharing } from "./serve/share.ts";
export { type Membership, Swarm } from "./swarm/swarm.ts";
