/** What went wrong and what to do now: the two sentences of every Infield error. */
import type { InfieldError } from "@infield/shared/base";
import { CodeText } from "./code-text.tsx";
import { toSentence } from "./texts.ts";

export function ProblemText({ error }: { error: InfieldError }) {
  return (
    <div class="problem">
      <p>
        <strong>
          <CodeText text={toSentence(error.message)} />
        </strong>
      </p>
      <p>
        <CodeText text={toSentence(error.hint)} />
      </p>
    </div>
  );
}

/** What went wrong with something the reader just did: announced at once. */
export function ProblemNote({ error }: { error: InfieldError | undefined }) {
  if (error === undefined) return null;
  return (
    <div role="alert">
      <ProblemText error={error} />
    </div>
  );
}
