/**
 * Child SAs in Linux: XFRM states and policies, by the program `ip`.
 *
 * @module
 */
import type { ChildSaSystem, EspEnds, InstalledChildSa } from "../child_sa_system.ts";
import { MOST_CHILD_SAS } from "../installed_child_sas.ts";
import { IpBatches, type RunIp, runIp } from "./ip_command.ts";
import { leftoverLines } from "./leftovers.ts";
import { deleteStateLine, type Line, type PolicyLine, policyLines, stateLine, stateName, type XfrmMarks } from "./lines.ts";
import { replayPositionIn } from "./replay_position.ts";

export interface XfrmOptions extends XfrmMarks {
  /**
   * What is ours in the kernel is known by its reqid, from this number on, 2^20 of them: what is left of a process that was killed is taken out by the
   * next one with the same number. Several gateways on one machine have several, so far apart. 1 to 2^31; default 0x49000000.
   */
  readonly firstReqid?: number;
  /** Told of what Linux refuses. Must not throw. */
  readonly onFault: (fault: Error) => void;
  /** For tests. Default: `ip`. */
  readonly run?: RunIp;
}

const FIRST_REQID = 0x49000000;

export class XfrmChildSas implements ChildSaSystem {
  readonly #marks: XfrmMarks;
  readonly #firstReqid: number;
  readonly #run: RunIp;
  readonly #batches: IpBatches;
  /** Which Child SA, by its number, each policy is of: another one may have taken it over. */
  readonly #policyOwners = new Map<string, number>();
  readonly #policies = new Map<number, readonly PolicyLine[]>();
  readonly #states = new Map<InstalledChildSa["childSa"], InstalledChildSa>();

  private constructor({ firstReqid = FIRST_REQID, onFault, run = runIp, ...marks }: XfrmOptions) {
    if (!(Number.isInteger(firstReqid) && firstReqid >= 1 && firstReqid <= 2 ** 31)) {
      throw new RangeError(`xfrm: firstReqid is ${firstReqid}, expected a whole number from 1 to 2147483648`);
    }
    this.#marks = marks;
    this.#firstReqid = firstReqid;
    this.#run = run;
    this.#batches = new IpBatches(run, onFault);
  }

  /**
   * Takes out what a process before this one has left.
   *
   * @throws {Error} `ip` cannot be run, or may not look.
   * @throws {RangeError} an option is out of range.
   */
  static async open(options: XfrmOptions): Promise<XfrmChildSas> {
    const child = new XfrmChildSas(options);
    const states = await child.#run(["xfrm", "state", "list"]);
    const policies = await child.#run(["-s", "xfrm", "policy", "list"]);
    const errors = (states.errors || policies.errors).trim();
    if (errors !== "") throw new Error(`xfrm: ip cannot look: ${errors}`);
    const isOurs = (reqid: number) => reqid >= child.#firstReqid && reqid < child.#firstReqid + MOST_CHILD_SAS;
    child.#batches.add(leftoverLines(states.output, policies.output, isOurs));
    await child.#batches.idle;
    return child;
  }

  install(one: InstalledChildSa): void {
    const { lines, policies } = this.#linesOf(one);
    this.#batches.add([...lines, ...policies.map(({ line }) => line)]);
    this.#keep(one, policies);
  }

  /** The other state that sends goes: Linux must not go on by it. */
  replace(one: InstalledChildSa, old: InstalledChildSa): void {
    const { lines, policies } = this.#linesOf(one);
    const silenced = one.receivesOnly ? [] : [deleteStateLine(old, "out")];
    const stale = one.receivesOnly ? [] : this.#staleAfter(one.number, policies);
    this.#batches.add([...lines, ...policies.map(({ line }) => line), ...silenced, ...stale]);
    this.#keep(one, policies);
    if (!one.receivesOnly) this.#states.set(old.childSa, { ...old, receivesOnly: true });
  }

  /** States cannot be moved by `ip`: they are made anew, with the sequence numbers that they had. */
  move(one: InstalledChildSa, before: EspEnds): void {
    const reqid = this.#reqidOf(one);
    const policies = one.receivesOnly ? [] : policyLines(one, reqid, this.#marks);
    const directions = one.receivesOnly ? ["in"] as const : ["in", "out"] as const;
    // Keys are wiped with a Child SA that goes meanwhile: lines are made with copies of them now.
    for (const direction of directions) {
      const line = stateLine(one, direction, reqid, this.#marks).map((word) =>
        typeof word === "string" ? word : { secret: word.secret.slice() }
      );
      this.#batches.addLater(async () => {
        const { output } = await this.#run(["-s", "xfrm", "state", "get", ...stateName(one, direction, before)]);
        const words = replayPositionIn(output);
        const at = line.indexOf("replay-window");
        return [deleteStateLine(one, direction, before), [...line.slice(0, at), ...words, ...line.slice(at)]];
      });
    }
    this.#batches.add(policies.map(({ line }) => line));
    this.#keep(one, policies);
  }

  remove(one: InstalledChildSa, isLast: boolean): void {
    const installed = this.#states.get(one.childSa) ?? one;
    this.#states.delete(one.childSa);
    const lines: Line[] = isLast ? this.#policyDeletions(one.number) : [];
    if (!installed.receivesOnly) lines.push(deleteStateLine(one, "out"));
    this.#batches.add([...lines, deleteStateLine(one, "in")]);
  }

  async close(): Promise<void> {
    const lines: Line[] = [...this.#policies.keys()].flatMap((number) => this.#policyDeletions(number));
    for (const one of this.#states.values()) {
      if (!one.receivesOnly) lines.push(deleteStateLine(one, "out"));
      lines.push(deleteStateLine(one, "in"));
    }
    this.#states.clear();
    this.#batches.add(lines);
    await this.#batches.idle;
  }

  #linesOf(one: InstalledChildSa): { readonly lines: readonly Line[]; readonly policies: readonly PolicyLine[] } {
    const reqid = this.#reqidOf(one);
    const inbound = stateLine(one, "in", reqid, this.#marks);
    // One that only receives changes nothing of what is sent.
    if (one.receivesOnly) return { lines: [inbound], policies: [] };
    return { lines: [inbound, stateLine(one, "out", reqid, this.#marks)], policies: policyLines(one, reqid, this.#marks) };
  }

  #keep(one: InstalledChildSa, policies: readonly PolicyLine[]): void {
    this.#states.set(one.childSa, one);
    if (one.receivesOnly) return;
    this.#policies.set(one.number, policies);
    for (const { name } of policies) this.#policyOwners.set(name, one.number);
  }

  /** Policies that a Child SA had, and that the one in its place has not. */
  #staleAfter(number: number, policies: readonly PolicyLine[]): Line[] {
    const kept = new Set(policies.map(({ name }) => name));
    return this.#deletionsOf(number, (name) => !kept.has(name));
  }

  #policyDeletions(number: number): Line[] {
    const lines = this.#deletionsOf(number, () => true);
    this.#policies.delete(number);
    return lines;
  }

  /** A policy that another Child SA has taken over, as one that was resumed does, stays. */
  #deletionsOf(number: number, isWanted: (name: string) => boolean): Line[] {
    const gone = (this.#policies.get(number) ?? []).filter(({ name }) =>
      isWanted(name) && this.#policyOwners.get(name) === number
    );
    for (const { name } of gone) this.#policyOwners.delete(name);
    return gone.map(({ deletion }) => deletion);
  }

  #reqidOf({ number }: InstalledChildSa): number {
    return this.#firstReqid + number - 1;
  }
}
