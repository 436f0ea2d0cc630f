/**
 * Where the sequence numbers of a state stand, as `ip -s xfrm state get` prints it, in the words that `ip xfrm state add` takes.
 *
 * @module
 */

/** Sequence numbers that may have been used between the look and the end of the old state: none is used twice. */
const MARGIN = 4_096;

/** No words: nothing is said of them, and the state begins anew. */
export function replayPositionIn(output: string): string[] {
  const valueOf = (name: string) => {
    const found = new RegExp(`(?:^|[\\s,])${name} 0x([0-9a-f]+)`, "m").exec(output);
    return found === null ? undefined : parseInt(found[1], 16);
  };
  const sequence = valueOf("seq");
  const outgoing = valueOf("oseq");
  if (sequence === undefined || outgoing === undefined) return [];
  const highSequence = valueOf("seq-hi") ?? 0;
  const highOutgoing = valueOf("oseq-hi") ?? 0;
  // A state that has sent nothing goes on from nothing.
  const next = outgoing === 0 && highOutgoing === 0 ? 0 : outgoing + MARGIN;
  const carried = next > 0xffffffff ? 1 : 0;
  const words = ["replay-seq", hexadecimal(sequence), "replay-oseq", hexadecimal(next % 2 ** 32)];
  if (highSequence + highOutgoing + carried === 0) return words;
  return [...words, "replay-seq-hi", hexadecimal(highSequence), "replay-oseq-hi", hexadecimal(highOutgoing + carried)];
}

function hexadecimal(value: number): string {
  return `0x${value.toString(16)}`;
}
