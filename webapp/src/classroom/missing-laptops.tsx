/**
 * What a teacher can do about a laptop that does not appear by itself: use this laptop's address
 * there, or type that one's address here.
 */
import {
  formatPeerAddress,
  formatPeerUri,
  type PeerAddress,
  parsePeerAddress,
} from "@infield/shared/announce";
import type { Classroom } from "@infield/shared/transfer";
import { useId, useState } from "preact/hooks";
import { pageLink } from "../agent-link/page-link.ts";
import { CodeText } from "../ui/code-text.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { QrCode } from "../ui/qr-code.tsx";
import { useWork } from "../ui/work.ts";
import { addressesByNetwork } from "./describe.ts";
import { texts } from "./texts.ts";

const { missing } = texts;

export function MissingLaptops({ reach, channel }: Pick<Classroom, "reach" | "channel">) {
  // What is inside, above all the QR encoder, is only loaded once somebody looks.
  const [opened, setOpened] = useState(false);
  return (
    <details class="missing" onToggle={(event) => setOpened(event.currentTarget.open)}>
      <summary>
        <h2>{missing.title}</h2>
      </summary>
      {opened && (
        <ol>
          <li>{missing.sameNetwork}</li>
          <li>
            <p>{missing.typeThere}</p>
            <OwnAddresses reach={reach} channelId={channel?.id} />
          </li>
          <li>
            <p>
              <CodeText text={missing.typeHere} />
            </p>
            <ConnectForm />
            <NamedLaptops peers={reach.peers} />
          </li>
          <li>
            <CodeText text={missing.doctor} />
          </li>
        </ol>
      )}
    </details>
  );
}

function OwnAddresses({
  reach,
  channelId,
}: {
  reach: Classroom["reach"];
  channelId: string | undefined;
}) {
  const places = addressesByNetwork(reach);
  if (places.length === 0) return <p class="empty">{missing.noNetwork}</p>;
  return (
    <>
      {places.length > 1 && <p class="quiet">{missing.several}</p>}
      {places.map(({ card, ...peer }) => (
        <div class="address" key={card}>
          {channelId !== undefined && (
            <QrCode
              text={formatPeerUri(peer, channelId)}
              label={missing.code(formatPeerAddress(peer))}
            />
          )}
          <div>
            {places.length > 1 && <p class="quiet">{missing.card(card)}</p>}
            <p class="large-text">{formatPeerAddress(peer)}</p>
            <p>
              <CodeText text={missing.command(formatPeerAddress(peer))} />
            </p>
          </div>
        </div>
      ))}
    </>
  );
}

/** Connects to a laptop by its address, and says what is wrong with it. */
function ConnectForm() {
  const [text, setText] = useState("");
  const work = useWork();
  const id = useId();
  const connect = (event: SubmitEvent) => {
    event.preventDefault();
    work.start(async (signal) => {
      const { host, port } = parsePeerAddress(text);
      await pageLink.ask({ type: "connect", host, port }, { signal });
      setText("");
    });
  };
  return (
    <form class="connect" onSubmit={connect}>
      <label for={id}>{missing.label}</label>
      <div class="buttons">
        <input
          id={id}
          type="text"
          autoComplete="off"
          autoCapitalize="off"
          spellcheck={false}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <button type="submit" disabled={work.running || text.trim() === ""}>
          {missing.connect}
        </button>
      </div>
      <p class="quiet" role="status">
        {work.running ? missing.connecting : ""}
      </p>
      <ProblemNote error={work.error} />
    </form>
  );
}

/** Laptops that this one was told to reach, and a way to forget one. */
function NamedLaptops({ peers }: { peers: Classroom["reach"]["peers"] }) {
  const work = useWork();
  const forget = ({ host, port }: PeerAddress) =>
    work.start((signal) => pageLink.ask({ type: "disconnect", host, port }, { signal }));
  return (
    <>
      <ul class="named">
        {peers.map((peer) => (
          <li key={formatPeerAddress(peer)}>
            <span class={`state ${peer.connected ? "newest" : "away"}`}>
              <strong>{formatPeerAddress(peer)}</strong>,{" "}
              {peer.connected ? missing.connected : missing.silent}
            </span>{" "}
            <button
              type="button"
              class="plain"
              aria-label={missing.forgetOne(formatPeerAddress(peer))}
              onClick={() => forget(peer)}
            >
              {missing.forget}
            </button>
          </li>
        ))}
      </ul>
      <ProblemNote error={work.error} />
    </>
  );
}
