/** Text in which commands stand between `backticks`, shown as code. */

export function CodeText({ text }: { text: string }) {
  // Every other part stood between backticks.
  return (
    <>{text.split("`").map((part, i) => (i % 2 === 0 ? part : <Code key={part} text={part} />))}</>
  );
}

/** A command whose lines break only between its words: "--" at the end of one would be typed. */
function Code({ text }: { text: string }) {
  const words = text.split(" ");
  return (
    <code>{words.map((word, i) => [i > 0 && " ", <span key={`${i} ${word}`}>{word}</span>])}</code>
  );
}
