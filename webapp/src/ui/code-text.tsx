/** Text in which commands stand between `backticks`, shown as code. */

export function CodeText({ text }: { text: string }) {
  // Every other part stood between backticks.
  return (
    <>{text.split("`").map((part, i) => (i % 2 === 0 ? part : <code key={part}>{part}</code>))}</>
  );
}
