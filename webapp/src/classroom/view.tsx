/** The teacher's view: what is ready, one button, and every laptop of the room. */
import type { Classroom } from "@infield/shared";
import { pageLink, useLinkState } from "../agent-link/page-link.ts";
import { ProblemNote } from "../ui/problem.tsx";
import { useWork } from "../ui/work.ts";
import "./classroom.css";
import { LaptopTable, StateCell } from "./laptop-table.tsx";
import { Orders } from "./orders.tsx";
import { texts } from "./texts.ts";
import { pickNotes, reasonNotToUpdate, summarise } from "./words.ts";

export function ClassroomView() {
  const state = useLinkState();
  if (state.status === "no-token") return <Message {...texts.noToken} />;
  if (state.status === "refused") return <Message {...texts.refused} />;
  const classroom = "classroom" in state ? state.classroom : undefined;
  return (
    <div class="classroom">
      {state.status === "lost" && <LostBanner empty={classroom === undefined} />}
      {state.status === "connecting" && <p class="quiet">{texts.connecting}</p>}
      {classroom && <Room classroom={classroom} live={state.status === "open"} />}
    </div>
  );
}

function Message({ title, body }: { title: string; body: string }) {
  return (
    <div class="classroom">
      <h1>{title}</h1>
      <p>{body}</p>
    </div>
  );
}

function LostBanner({ empty }: { empty: boolean }) {
  return (
    <div class="banner" role="status">
      <p>{empty ? texts.lostEmpty : texts.lost}</p>
      <button type="button" onClick={pageLink.retry}>
        {texts.tryNow}
      </button>
    </div>
  );
}

function Room({ classroom, live }: { classroom: Classroom; live: boolean }) {
  const { channel, self, laptops, latest } = classroom;
  return (
    <fieldset class="room" disabled={!live}>
      <h1>{channel?.name ?? texts.title}</h1>
      <p class="lead" aria-live="polite">
        {summarise(classroom)}
      </p>
      <UpdatePanel classroom={classroom} />
      <section class="self" aria-labelledby="this-laptop">
        <h2 id="this-laptop">{texts.thisLaptop}</h2>
        <p>
          <strong>{self.name}</strong>, {texts.version(self.version)}
        </p>
        <StateCell report={self} latest={latest?.version} />
        <div class="orders">
          <Orders report={self} />
        </div>
      </section>
      <section aria-labelledby="laptops">
        <h2 id="laptops">{texts.laptops}</h2>
        <LaptopTable laptops={laptops} latest={latest?.version} />
      </section>
    </fieldset>
  );
}

function UpdatePanel({ classroom }: { classroom: Classroom }) {
  const update = useWork();
  const look = useWork();
  const { latest } = classroom;
  const reason = reasonNotToUpdate(classroom);
  const notes = latest && pickNotes(latest.notes, navigator.languages);
  return (
    <section class="ready" aria-labelledby="ready">
      <h2 id="ready">
        {latest && (reason === undefined ? texts.ready(latest.version) : texts.newest(latest.version))}
        {latest?.urgent && <span class="tag">{texts.urgent}</span>}
      </h2>
      {notes && (
        <p class="notes" lang={notes.language}>
          {notes.text}
        </p>
      )}
      <div class="buttons">
        <button
          type="button"
          class="primary large"
          disabled={reason !== undefined || update.running}
          aria-describedby="update-reason"
          onClick={() => update.start((signal) => pageLink.ask({ type: "update-classroom" }, { signal }))}
        >
          {texts.update}
        </button>
        <button
          type="button"
          disabled={look.running}
          onClick={() => look.start((signal) => pageLink.ask({ type: "look" }, { signal }))}
        >
          {texts.look}
        </button>
      </div>
      <p class="quiet" id="update-reason" role="status">
        {look.running ? texts.looking : update.running ? texts.telling : reason}
      </p>
      <ProblemNote error={update.error ?? look.error} />
    </section>
  );
}
