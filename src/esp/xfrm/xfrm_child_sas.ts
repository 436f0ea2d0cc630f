/**
 * Child SAs in Linux: XFRM states and policies, by the program `ip`.
 *
 * @module
 */
import type { CarriedTraffic, ChildSaSystem, EspEnds, InstalledChildSa } from "../child_sa_system.ts";
import { contain } from "../../ike/steps/hook_faults.ts";
import { MOST_CHILD_SAS } from "../installed_child_sas.ts";
import { forget, IpBatches, ownCopy, type RunIp, runIp } from "./ip_command.ts";
import { leftoverLines } from "./leftovers.ts";
import { deleteStateLine, type Line, type PolicyLine, policyLines, stateLine, stateName, type XfrmMarks } from "./lines.ts";
import { replayPositionIn } from "./replay_position.ts";
import { StateOwners } from "./state_owners.ts";
import { ChildSaUses, StateUseReader } from "./state_use.ts";

/** How Child SAs stand in the kernel. */
export interface XfrmOptions extends XfrmMarks {
  /**
   * What is ours in the kernel is known by its reqid, from this number on, 2^20 of them: what is left of a process that was killed is taken out by the
   * next one with the same number. Several gateways on one machine have several, so far apart. 1 to 2^31; default 0x49000000.
   */
  readonly firstReqid?: number;
  /** Told of what Linux refuses. What it throws goes nowhere. */
  readonly onFault: (fault: Error) => void;
  /** For tests. Default: `ip`. */
  readonly run?: RunIp;
}

const FIRST_REQID = 0x49000000;
const LIST_USES = ["-s", "xfrm", "state", "list", "nokeys"];

/** Child SAs in the kernel of Linux, by the program `ip xfrm` (of iproute2). Needs CAP_NET_ADMIN. */
export class XfrmChildSas implements ChildSaSystem {
  readonly #marks: XfrmMarks;
  readonly #firstReqid: number;
  readonly #run: RunIp;
  readonly #onFault: (fault: Error) => void;
  readonly #batches: IpBatches;
  /** Which Child SA, by its number, each policy is of: another one may have taken it over. */
  readonly #policyOwners = new Map<string, number>();
  readonly #policies = new Map<number, readonly PolicyLine[]>();
  readonly #states = new Map<InstalledChildSa["childSa"], InstalledChildSa>();

  readonly #stateOwners = new StateOwners();
  readonly #uses = new ChildSaUses();
  /** Child SAs that have no states, because another one has theirs. */
  readonly #refused = new WeakSet<InstalledChildSa["childSa"]>();
  /** Moves whose turn has not come. */
  readonly #moves = new Map<InstalledChildSa["childSa"], Move>();

  private constructor({ firstReqid = FIRST_REQID, onFault, run = runIp, ...marks }: XfrmOptions) {
    if (!(Number.isInteger(firstReqid) && firstReqid >= 1 && firstReqid <= 2 ** 31)) {
      throw new RangeError(`xfrm: firstReqid is ${firstReqid}, expected a whole number from 1 to 2147483648`);
    }
    this.#marks = marks;
    this.#firstReqid = firstReqid;
    this.#run = run;
    this.#onFault = (fault) => contain(() => onFault(fault), () => {});
    this.#batches = new IpBatches(run, this.#onFault);
  }

  /**
   * Takes out what a process before this one has left.
   *
   * @throws {Error} `ip` cannot be run, or may not look.
   * @throws {RangeError} an option is out of range.
   */
  static async open(options: XfrmOptions): Promise<XfrmChildSas> {
    const child = new XfrmChildSas(options);
    const states = await child.#run(["xfrm", "state", "list", "nokeys"]);
    const policies = await child.#run(["-s", "xfrm", "policy", "list"]);
    const errors = (states.errors || policies.errors).trim();
    if (errors !== "") throw new Error(`xfrm: ip cannot look: ${errors}`);
    const isOurs = (reqid: number) => reqid >= child.#firstReqid && reqid < child.#firstReqid + MOST_CHILD_SAS;
    child.#batches.add(leftoverLines(states.output, policies.output, isOurs));
    await child.#batches.idle;
    return child;
  }

  /** Puts its two states and its policies into the kernel, soon: with others in one call. */
  install(one: InstalledChildSa): void {
    const { lines, policies } = this.#linesOf(one);
    if (!this.#takesNames(one)) return;
    this.#batches.add([...lines, ...policies.map(({ line }) => line)]);
    this.#keep(one, policies);
  }

  /** The other state that sends goes: Linux must not go on by it. */
  replace(one: InstalledChildSa, old: InstalledChildSa): void {
    const { lines, policies } = this.#linesOf(one);
    if (!this.#takesNames(one)) return;
    const silenced = one.receivesOnly || this.#refused.has(old.childSa) ? [] : [deleteStateLine(old, "out")];
    const stale = one.receivesOnly ? [] : this.#staleAfter(one.number, policies);
    this.#batches.add([...lines, ...policies.map(({ line }) => line), ...silenced, ...stale]);
    this.#keep(one, policies);
    if (one.receivesOnly || this.#refused.has(old.childSa)) return;
    this.#states.set(old.childSa, { ...old, receivesOnly: true });
    this.#stateOwners.release(old);
    this.#stateOwners.take({ ...old, receivesOnly: true });
  }

  /**
   * States cannot be moved by `ip`: they are made anew, with the sequence numbers that they had. A client that moves again before its turn has come is
   * moved once: behind a NAT each datagram may come from another port.
   */
  move(one: InstalledChildSa, before: EspEnds): void {
    if (this.#refused.has(one.childSa)) return;
    this.#stateOwners.release(one, before);
    if (!this.#takesNames(one)) return this.#takeOut(one, before);
    const reqid = this.#reqidOf(one);
    const policies = one.receivesOnly ? [] : policyLines(one, reqid, this.#marks);
    const directions = one.receivesOnly ? ["in"] as const : ["in", "out"] as const;
    // Keys are wiped with a Child SA that goes meanwhile: lines are made with copies of them now.
    const states = directions.map((direction) => ({ direction, line: ownCopy(stateLine(one, direction, reqid, this.#marks)) }));
    this.#keep(one, policies);
    const waiting = this.#moves.get(one.childSa);
    if (waiting?.one.receivesOnly === one.receivesOnly) {
      for (const { line } of waiting.states) forget(line);
      Object.assign(waiting, { one, states, policies });
      return;
    }
    const move: Move = { one, states, policies };
    this.#moves.set(one.childSa, move);
    this.#batches.addLater(async () => {
      if (this.#moves.get(one.childSa) === move) this.#moves.delete(one.childSa);
      const lines: Line[] = [];
      for (const { direction, line } of move.states) {
        lines.push(deleteStateLine(move.one, direction, before));
        const words = await this.#replayPositionOf(move.one, direction, before);
        const at = line.indexOf("replay-window");
        if (words === undefined) forget(line);
        else lines.push([...line.slice(0, at), ...words, ...line.slice(at)]);
      }
      return [...lines, ...move.policies.map((policy) => policy.line)];
    });
  }

  /** `undefined`: `ip` has failed, which was told. Nothing is made anew then: sequence numbers must not come twice. */
  async #replayPositionOf(one: InstalledChildSa, direction: "in" | "out", ends: EspEnds): Promise<string[] | undefined> {
    try {
      return replayPositionIn((await this.#run(["-s", "xfrm", "state", "get", ...stateName(one, direction, ends)])).output);
    } catch (fault) {
      this.#onFault(new Error(`xfrm: a Child SA that moves is taken out: ${fault instanceof Error ? fault.message : fault}`));
      return undefined;
    }
  }

  remove(one: InstalledChildSa, isLast: boolean): void {
    const lines: Line[] = isLast ? this.#policyDeletions(one.number) : [];
    if (this.#refused.has(one.childSa)) return this.#batches.add(lines);
    const installed = this.#states.get(one.childSa) ?? one;
    this.#states.delete(one.childSa);
    this.#stateOwners.release(installed);
    if (!installed.receivesOnly) lines.push(deleteStateLine(one, "out"));
    this.#batches.add([...lines, deleteStateLine(one, "in")]);
  }

  async carried(): Promise<(childSa: InstalledChildSa["childSa"]) => CarriedTraffic | undefined> {
    const reader = new StateUseReader((destination, spi, use) => {
      const owner = this.#stateOwners.ownerOf(destination, spi);
      if (owner) this.#uses.read(owner.childSa, owner.direction, use);
    });
    const { output, errors } = await this.#run(LIST_USES, undefined, (text) => reader.take(text));
    if (errors !== "") throw new Error(`xfrm: ip cannot look what was carried: ${errors.trim()}`);
    reader.take(output);
    return (childSa) => this.#uses.of(childSa);
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

  #takesNames(one: InstalledChildSa): boolean {
    if (this.#stateOwners.take(one)) return true;
    this.#refused.add(one.childSa);
    const { inboundSpi, outboundSpi } = one.childSa;
    const spis = `SPIs ${inboundSpi.toString(16)} in, ${outboundSpi.toString(16)} out`;
    this.#onFault(
      new Error(`xfrm: another Child SA has a state of this one: ${spis}, ${one.ends.remote.address}: it is left out`),
    );
    return false;
  }

  /** It has met another one's state where it went. */
  #takeOut(one: InstalledChildSa, before: EspEnds): void {
    const lines = this.#policyDeletions(one.number);
    if (!one.receivesOnly) lines.push(deleteStateLine(one, "out", before));
    this.#states.delete(one.childSa);
    this.#batches.add([...lines, deleteStateLine(one, "in", before)]);
  }

  /** @throws {RangeError} Linux has no such states or policies: nothing of it is installed, nor taken out later. */
  #linesOf(one: InstalledChildSa): { readonly lines: readonly Line[]; readonly policies: readonly PolicyLine[] } {
    const reqid = this.#reqidOf(one);
    try {
      const inbound = stateLine(one, "in", reqid, this.#marks);
      // One that only receives changes nothing of what is sent.
      if (one.receivesOnly) return { lines: [inbound], policies: [] };
      return { lines: [inbound, stateLine(one, "out", reqid, this.#marks)], policies: policyLines(one, reqid, this.#marks) };
    } catch (fault) {
      this.#refused.add(one.childSa);
      throw fault;
    }
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

/** A Child SA on its way: where to is told until its turn has come. */
interface Move {
  one: InstalledChildSa;
  states: readonly { readonly direction: "in" | "out"; readonly line: Line }[];
  policies: readonly PolicyLine[];
}
