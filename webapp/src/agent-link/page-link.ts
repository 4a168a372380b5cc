/** This page's only link, to the agent that served it, and a hook that follows its state. */
import { useEffect, useState } from "preact/hooks";
import { type AgentLink, createLink, type LinkState } from "./link.ts";
import { readToken } from "./token.ts";

export const pageLink: AgentLink = createLink(readToken(localStorage), openSocket);

function openSocket(): WebSocket {
  const address = new URL("page", location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  address.search = "";
  const socket = new WebSocket(address);
  socket.binaryType = "arraybuffer";
  return socket;
}

export function useLinkState(): LinkState {
  const [state, setState] = useState(() => pageLink.state());
  useEffect(() => {
    const follow = () => setState(pageLink.state());
    follow();
    return pageLink.subscribe(follow);
  }, []);
  return state;
}
