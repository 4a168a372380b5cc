/** The teacher's view: what is ready, one button, and every laptop in the room. */
import type { InfieldError } from "@infield/shared/base";
import type { Classroom, Report } from "@infield/shared/transfer";
import { useRef } from "preact/hooks";
import { pageLink, useLinkState } from "../agent-link/page-link.ts";
import { CodeText } from "../ui/code-text.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { useWork, type Work } from "../ui/work.ts";
import "./classroom.css";
import { pickNotes, summarise } from "./describe.ts";
import { LaptopTable, StateCell } from "./laptop-table.tsx";
import { MissingLaptops } from "./missing-laptops.tsx";
import { Orders } from "./orders.tsx";
import { StragglerPanel } from "./straggler-panel.tsx";
import { texts } from "./texts.ts";
import { updateStage } from "./update-stage.ts";

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
      <p>
        <CodeText text={body} />
      </p>
    </div>
  );
}

function LostBanner({ empty }: { empty: boolean }) {
  return (
    <div class="banner" role="status">
      <p>{empty ? texts.lostEmpty : texts.lost}</p>
      <button type="button" onClick={() => pageLink.retry()}>
        {texts.tryNow}
      </button>
    </div>
  );
}

function Room({ classroom, live }: { classroom: Classroom; live: boolean }) {
  const { channel, self, laptops, latest, reach } = classroom;
  const summary = useRef<HTMLParagraphElement>(null);
  return (
    <fieldset class="room" disabled={!live}>
      <h1>{channel?.name ?? texts.title}</h1>
      <p class="lead" aria-live="polite" ref={summary} tabIndex={-1}>
        {summarise(classroom)}
      </p>
      <UpdatePanel classroom={classroom} onPress={() => summary.current?.focus()} />
      <StragglerPanel wanted={classroom.wanted ?? []} />
      <section class="self" aria-labelledby="this-laptop">
        <h2 id="this-laptop">{texts.thisLaptop}</h2>
        <p>
          <strong>{self.name}</strong>, {texts.version(self.version)}
        </p>
        <StateCell report={self} latest={latest?.version} />
        <Orders report={self} />
      </section>
      <section aria-labelledby="laptops">
        <h2 id="laptops">{texts.laptops}</h2>
        <LaptopTable laptops={laptops} latest={latest?.version} />
      </section>
      <MissingLaptops reach={reach} channel={channel} />
    </fieldset>
  );
}

interface UpdatePanelProps {
  readonly classroom: Classroom;
  /** A button was pressed and is about to be disabled: keyboard focus has to move elsewhere. */
  readonly onPress: () => void;
}

function UpdatePanel({ classroom, onPress }: UpdatePanelProps) {
  const update = useWork();
  const look = useWork();
  const { latest, self } = classroom;
  const stage = updateStage(classroom);
  const notes = latest && pickNotes(latest.notes, navigator.languages);
  const press = (work: Work, type: "update-classroom" | "look") => () => {
    work.start((signal) => pageLink.ask({ type }, { signal }));
    onPress();
  };
  return (
    <section class="ready" aria-labelledby="ready">
      <h2 id="ready">
        {stage.title}
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
          class={stage.urge === "next" ? "primary large" : "large"}
          disabled={stage.urge === "none" || update.running}
          aria-describedby="update-note"
          onClick={press(update, "update-classroom")}
        >
          {stage.order}
        </button>
        <button type="button" disabled={look.running} onClick={press(look, "look")}>
          {texts.look}
        </button>
      </div>
      <p class="quiet" id="update-note" role="status">
        {look.running ? texts.looking : update.running ? texts.telling : stage.note}
      </p>
      <ProblemNote error={useUnreported(update.error ?? look.error, self)} />
    </section>
  );
}

/**
 * An error, unless this laptop's own report shows it or has shown it: no message stands on the page
 * twice.
 */
function useUnreported(
  error: InfieldError | undefined,
  { problem }: Report,
): InfieldError | undefined {
  const told = useRef<string>(undefined);
  if (problem) told.current = problem.message;
  return error?.message === told.current ? undefined : error;
}
