/**
 * What states have carried, as `ip -s xfrm state list nokeys` prints it ("lifetime current"), of Child SAs that are rekeyed by it.
 *
 * @module
 */
import type { CarriedTraffic, InstalledChildSa } from "../child_sa_system.ts";

type ChildSa = InstalledChildSa["childSa"];

/** What one state has carried. */
export interface StateUse {
  readonly octets: number;
  readonly packets: number;
}

const NOTHING: StateUse = { octets: 0, packets: 0 };
/** A line of `ip` is a hundred characters; what has no end is no line of it. */
const LONGEST_LINE = 4_096;

/** Reads the output as it comes: that of a large gateway is never kept as a whole. */
export class StateUseReader {
  readonly #onState: (destination: string, spi: number, use: StateUse) => void;
  #partial = "";
  #destination = "";
  #spi: number | undefined;
  #isCurrent = false;

  constructor(onState: (destination: string, spi: number, use: StateUse) => void) {
    this.#onState = onState;
  }

  take(chunk: string): void {
    const lines = (this.#partial + chunk).split("\n");
    this.#partial = (lines.pop() ?? "").slice(-LONGEST_LINE);
    for (const line of lines) this.#takeLine(line);
  }

  #takeLine(line: string): void {
    const addresses = /^src \S+ dst (\S+)/.exec(line);
    if (addresses) {
      this.#destination = addresses[1];
      this.#spi = undefined;
      return;
    }
    const spi = /^\s+proto esp spi 0x([0-9a-f]{1,8})\b/.exec(line);
    if (spi) this.#spi = parseInt(spi[1], 16);
    const current = this.#isCurrent ? /^\s+(\d{1,20})\(bytes\), (\d{1,20})\(packets\)/.exec(line) : null;
    if (current && this.#spi !== undefined) {
      this.#onState(this.#destination, this.#spi, { octets: Number(current[1]), packets: Number(current[2]) });
    }
    this.#isCurrent = /^\s+lifetime current:/.test(line);
  }
}

/** Both directions of Child SAs, also of those whose states were made anew where they moved, and count from nothing since. */
export class ChildSaUses {
  readonly #uses = new WeakMap<ChildSa, { readonly in: Count; readonly out: Count }>();

  /** Takes note of what a state of a Child SA has carried by now. */
  read(childSa: ChildSa, direction: "in" | "out", use: StateUse): void {
    let counts = this.#uses.get(childSa);
    if (counts === undefined) this.#uses.set(childSa, counts = { in: new Count(), out: new Count() });
    counts[direction].read(use);
  }

  of(childSa: ChildSa): CarriedTraffic | undefined {
    const counts = this.#uses.get(childSa);
    if (counts === undefined) return undefined;
    const [inward, outward] = [counts.in.total, counts.out.total];
    return {
      octets: inward.octets + outward.octets,
      packets: inward.packets + outward.packets,
      packetsIn: inward.packets,
    };
  }
}

class Count {
  #before = NOTHING;
  #last = NOTHING;

  read(use: StateUse): void {
    if (use.packets < this.#last.packets || use.octets < this.#last.octets) this.#before = this.total;
    this.#last = use;
  }

  get total(): StateUse {
    return { octets: this.#before.octets + this.#last.octets, packets: this.#before.packets + this.#last.packets };
  }
}
