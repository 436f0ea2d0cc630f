/**
 * What a process that was killed has left in the kernel, by what `ip xfrm state list nokeys` and `ip -s xfrm policy list` print.
 *
 * @module
 */
import type { Line } from "./lines.ts";

/** Lines that take out all whose reqid is ours. */
export function leftoverLines(states: string, policies: string, isOurs: (reqid: number) => boolean): Line[] {
  const lines: Line[] = [];
  for (const block of blocksOf(policies)) {
    const where = /\bdir (in|out|fwd)\b.*\bindex (\d+)/.exec(block);
    const reqid = reqidIn(block);
    if (where === null || reqid === undefined || !isOurs(reqid)) continue;
    const mark = /^\s*mark (0x[0-9a-f]+)\/(0x[0-9a-f]+)/m.exec(block);
    const interfaceId = /^\s*if_id (0x[0-9a-f]+)/m.exec(block);
    lines.push([
      ...["xfrm", "policy", "delete", "index", where[2], "dir", where[1]],
      ...(mark ? ["mark", mark[1], "mask", mark[2]] : []),
      ...(interfaceId ? ["if_id", interfaceId[1]] : []),
    ]);
  }
  for (const block of blocksOf(states)) {
    const name = /^src (\S+) dst (\S+)\s+proto esp spi (0x[0-9a-f]+)/.exec(block);
    const reqid = reqidIn(block);
    if (name === null || reqid === undefined || !isOurs(reqid)) continue;
    lines.push(["xfrm", "state", "delete", "src", name[1], "dst", name[2], "proto", "esp", "spi", name[3]]);
  }
  return lines;
}

/** Each begins with its addresses, at the begin of a line. */
function blocksOf(text: string): string[] {
  return text.split(/^(?=src )/m);
}

function reqidIn(block: string): number | undefined {
  const found = /\breqid (\d+)/.exec(block);
  return found === null ? undefined : Number(found[1]);
}
