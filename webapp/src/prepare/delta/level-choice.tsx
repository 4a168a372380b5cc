/** Size against time and memory: a radio button for each level, with its costs. */
import { LEVELS, type Level } from "@infield/shared/delta";
import { useId } from "preact/hooks";
import { texts } from "./texts.ts";

interface LevelChoiceProps {
  readonly level: Level;
  readonly choose: (level: Level) => void;
}

export function LevelChoice({ level: chosen, choose }: LevelChoiceProps) {
  const id = useId();
  return (
    <fieldset class="levels">
      <legend>{texts.level.title}</legend>
      {LEVELS.map(({ level, description, decoderBytes }) => (
        <div class="tick" key={level}>
          <label>
            <input
              type="radio"
              name={id}
              checked={level === chosen}
              aria-describedby={`${id}-${level}`}
              onChange={() => choose(level)}
            />
            {texts.level.names[level]}
          </label>
          <p class="quiet" id={`${id}-${level}`}>
            {texts.level.meaning(description, decoderBytes)}
          </p>
        </div>
      ))}
    </fieldset>
  );
}
