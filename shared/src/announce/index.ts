/** Multicast: the groups of a channel, and the packets that are sent to them. */
export { GROUP_PORT, type Group, macOf, queryGroup, releaseGroup } from "./groups.ts";
export {
  type Announcement,
  formatAnnouncement,
  formatQuery,
  isSignedBy,
  parseAnnouncement,
  parseQuery,
  type Query,
  type ReleaseSummary,
  readSummary,
  signAnnouncement,
  signerOf,
} from "./packet.ts";
export {
  formatPeerAddress,
  formatPeerUri,
  MAX_HOST_CHARS,
  PEER_PORT,
  type PeerAddress,
  parsePeerAddress,
} from "./peer-address.ts";
