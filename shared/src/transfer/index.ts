/** Connections: messages, and asking for, serving and fetching the pieces of blobs. */
export { type Asker, createAsker, peerFailed } from "./ask.ts";
export { fetchChannel, fetchContent, fetchPieceList, fetchRelease } from "./fetch.ts";
export {
  type AgentMessage,
  AgentMessageSchema,
  AnswerSchema,
  type Classroom,
  type GetDelta,
  type Laptop,
  type LaptopState,
  MAX_WANTED,
  type Order,
  OrderSchema,
  type PageMessage,
  PageMessageSchema,
  type PeerMessage,
  PeerMessageSchema,
  type Report,
  type Request,
  WaitsForSchema,
  type WantedDelta,
} from "./messages.ts";
export { pieceBits } from "./piece-bits.ts";
export {
  type ContentReader,
  createServer,
  failedAnswer,
  type IncomingBlob,
  type Serve,
} from "./serve.ts";
export { createSharing, type Sharing } from "./share.ts";
export { createSwarm, type Membership, type Swarm } from "./swarm.ts";
export { parseMessage, type Wire } from "./wire.ts";
