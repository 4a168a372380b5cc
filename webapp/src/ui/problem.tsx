/** What went wrong and what to do now: the two sentences every error of Infield has. */
import { InfieldError } from "@infield/shared/base";
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

/** What went wrong with something this person just did: read out at once. */
export function ProblemNote({ error }: { error: InfieldError | undefined }) {
  if (error === undefined) return null;
  return (
    <div role="alert">
      <ProblemText error={error} />
    </div>
  );
}

/** Any error as one a person can act on. What Infield did not expect is a defect, and says so. */
export function toInfieldError(error: unknown): InfieldError {
  if (error instanceof InfieldError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new InfieldError(
    "internal",
    `something went wrong in this page (${reason})`,
    "reload the page and try again; if it stays, report it as a defect",
    error,
  );
}
