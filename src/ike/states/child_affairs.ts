/**
 * What an end is about with an IKE SA and its Child SAs: what it is going to ask for, which Child SAs have had their place taken, and when each comes
 * to its end.
 *
 * @module
 */
import type { KeyPair } from "../../crypto/key_exchange.ts";
import type { Proposal, TrafficSelector } from "../../wire/payload.ts";
import type { ChildSa } from "../child_sa/child_sa.ts";
import type { WantedTraits } from "../child_sa/child_sa_traits.ts";
import type { Instant } from "../steps/instant.ts";
import type { Established } from "./established.ts";
import type { ChildSaInMaking, FollowupAttempt } from "./followup.ts";

/** Traffic that a Child SA is wanted for. */
export interface WantedTraffic {
  /** At least one. */
  readonly localSelectors: readonly TrafficSelector[];
  /** At least one. */
  readonly remoteSelectors: readonly TrafficSelector[];
}

interface Task {
  /** Monotonic milliseconds: not before. */
  readonly notBeforeMs: number;
  /** How often it was tried in vain. */
  readonly failures: number;
}

export interface CreationTask extends Task, WantedTraffic {
  readonly kind: "create";
  /** The number by which its owner knows the result. */
  readonly request?: number;
  /** In the place of one that is gone: not wanted where there is another one by then. */
  readonly isRemake?: boolean;
}

export interface RekeyTask extends Task {
  readonly kind: "rekey";
  /** This end's SPI of the Child SA. */
  readonly inboundSpi: number;
}

export interface DeletionTask extends Task {
  readonly kind: "delete";
  readonly inboundSpis: readonly number[];
  /** The peer alone has them: this end has refused the answer by which they were made. */
  readonly isPeersAlone?: boolean;
}

/** One request of this end's that waits for its turn. */
export type ChildTask = CreationTask | RekeyTask | DeletionTask;

/** A Child SA that the peer made in the place of the one that this end is rekeying itself. */
export interface CrossingChild {
  readonly inboundSpi: number;
  /** The lower one of its two nonces. */
  readonly lowestNonce: Uint8Array;
  /** It is not there yet: the peer has additional key exchanges to go through first. */
  readonly isAwaited?: boolean;
}

/** This end's offer of a Child SA, as long as it is not answered. */
export interface ChildCreation extends WantedTraffic {
  readonly kind: "creation";
  readonly task: CreationTask | RekeyTask;
  readonly inboundSpi: number;
  readonly nonce: Uint8Array;
  /** With PFS alone. */
  readonly pair?: KeyPair;
  readonly proposals: readonly Proposal[];
  readonly traits: WantedTraits;
  /** How often it was made anew, for another group. */
  readonly retries: number;
  readonly crossing?: CrossingChild;
  /** It was answered, and additional key exchanges follow: the request under way is theirs. */
  readonly followup?: FollowupAttempt<ChildSaInMaking>;
  /** SPIs that the peer has named meanwhile, and this end has said that it does not know: one of them may be that of the Child SA in the making. */
  readonly denied: readonly number[];
}

/** This end's DELETE of Child SAs, as long as it is not answered. */
export interface ChildDeletion {
  readonly kind: "deletion";
  readonly inboundSpis: readonly number[];
}

export type ChildAttempt = ChildCreation | ChildDeletion;

/** When a Child SA comes to its end, in monotonic milliseconds; `Infinity`: that is seen to already, or never. */
export interface ChildLife {
  readonly inboundSpi: number;
  readonly rekeyAtMs: number;
  readonly endsAtMs: number;
}

export interface ChildAffairs {
  /** In the order in which they are asked for. */
  readonly tasks: readonly ChildTask[];
  /** Inbound SPIs: another has taken its place, and it only receives until its DELETE. */
  readonly replaced: readonly number[];
  readonly lives: readonly ChildLife[];
  /** When this end offers a new IKE SA in the place of this one, in monotonic milliseconds; `undefined`: not by itself. */
  readonly rekeyIkeSaAtMs?: number;
  /** How often in short order a Child SA was made anew, and when last, in monotonic milliseconds. */
  readonly remakes?: { readonly count: number; readonly atMs: number };
}

export const NO_AFFAIRS: ChildAffairs = { tasks: [], replaced: [], lives: [] };

export function affairsOf({ children = NO_AFFAIRS }: Established): ChildAffairs {
  return children;
}

/** The Child SA of an inbound SPI, if it is there. */
export function childSaOf({ childSas }: Established, inboundSpi: number): ChildSa | undefined {
  return childSas.find((childSa) => childSa.inboundSpi === inboundSpi);
}

/** The same IKE SA, with one thing more to ask for; what waits already is not asked for twice. */
export function withTask(state: Established, task: ChildTask): Established {
  const affairs = affairsOf(state);
  if (task.kind === "rekey" && affairs.tasks.some((one) => one.kind === "rekey" && one.inboundSpi === task.inboundSpi)) {
    return state;
  }
  return { ...state, children: { ...affairs, tasks: [...affairs.tasks, task] } };
}

/** The same IKE SA, which asks the peer to delete what this end has refused of an answer that made it there, under this SPI of this end's. */
export function withoutPeers(state: Established, inboundSpi: number, { monotonicMs: notBeforeMs }: Instant): Established {
  return withTask(state, { kind: "delete", inboundSpis: [inboundSpi], isPeersAlone: true, notBeforeMs, failures: 0 });
}

export function isReplaced({ children }: Established, inboundSpi: number): boolean {
  return children?.replaced.includes(inboundSpi) ?? false;
}

/** This end is deleting the Child SA, or will as soon as it can. */
export function isBeingClosed({ sendWindow: { outstanding }, children }: Established, inboundSpi: number): boolean {
  const { child } = outstanding ?? {};
  return child?.kind === "deletion" && child.inboundSpis.includes(inboundSpi) ||
    (children?.tasks.some((task) => task.kind === "delete" && task.inboundSpis.includes(inboundSpi)) ?? false);
}

/** Those that traffic goes by: no other has taken their place, and this end is not deleting them. */
export function childSasInUse(state: Established): readonly ChildSa[] {
  if (state.children === undefined && state.sendWindow.outstanding === undefined) return state.childSas;
  return state.childSas.filter(({ inboundSpi }) => !isReplaced(state, inboundSpi) && !isBeingClosed(state, inboundSpi));
}

/** The same IKE SA without some Child SAs, and without all that concerned them. */
export function withoutChildSas(state: Established, gone: readonly ChildSa[]): Established {
  if (gone.length === 0) return state;
  const childSas = state.childSas.filter((childSa) => !gone.includes(childSa));
  if (state.children === undefined) return { ...state, childSas };
  const isGone = (inboundSpi: number) => gone.some((childSa) => childSa.inboundSpi === inboundSpi);
  const { tasks, replaced, lives, ...rest } = state.children;
  return {
    ...state,
    childSas,
    children: {
      ...rest,
      tasks: tasks.filter((task) => task.kind !== "rekey" || !isGone(task.inboundSpi)),
      replaced: replaced.filter((inboundSpi) => !isGone(inboundSpi)),
      lives: lives.filter(({ inboundSpi }) => !isGone(inboundSpi)),
    },
  };
}

/** When something is due of all that, in monotonic milliseconds; `Infinity`: never. Tasks wait until the window is free. */
export function childDueMs({ children, sendWindow: { outstanding } }: Established): number {
  if (children === undefined) return Infinity;
  let due = children.rekeyIkeSaAtMs ?? Infinity;
  for (const { rekeyAtMs, endsAtMs } of children.lives) due = Math.min(due, rekeyAtMs, endsAtMs);
  if (outstanding === undefined) { for (const { notBeforeMs } of children.tasks) due = Math.min(due, notBeforeMs); }
  return due;
}
