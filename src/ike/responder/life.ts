/**
 * The life of a responder's IKE SAs: the next state after a transition, one in the place of another, and the end, with all that
 * depends on it: inner addresses, tickets, secrets, the turn of one that is to go elsewhere.
 *
 * @module
 */
import type { Identity } from "../../ticket/identity.ts";
import type { SpiPair } from "../ike_sa/spi.ts";
import type { OtherWorkers } from "../policy/other_workers.ts";
import type { RemoteAddresses } from "../policy/remote_addresses.ts";
import type { DownReason, Effect } from "../states/effect.ts";
import { ended } from "../states/ending.ts";
import { type Established, ownSpiOf, type Transition, wipeEstablished } from "../states/established.ts";
import type { IkeSaTable } from "../states/ike_sa_table.ts";
import { forgetSecrets } from "../states/responder_secrets.ts";
import { downEffect, whoseOf } from "../states/whose.ts";
import type { AwaitingAuth, AwaitingConfirmation, Refused, ResponderState } from "../states/responder_state.ts";
import type { Instant } from "../steps/instant.ts";
import type { IssuedTickets } from "../tickets/issued_tickets.ts";
import type { Redirections } from "./redirections.ts";

export class IkeSaLife {
  readonly #sas: IkeSaTable;
  readonly #issued: IssuedTickets;
  readonly #remoteAddresses: RemoteAddresses;
  readonly #redirections: Redirections;
  readonly #others: OtherWorkers | undefined;

  constructor(
    sas: IkeSaTable,
    issued: IssuedTickets,
    remoteAddresses: RemoteAddresses,
    redirections: Redirections,
    others?: OtherWorkers,
  ) {
    this.#redirections = redirections;
    this.#others = others;
    this.#sas = sas;
    this.#issued = issued;
    this.#remoteAddresses = remoteAddresses;
  }

  /** Takes over what a step has made of an IKE SA that is up. */
  apply(before: Established, { next, successor, redundant, effects }: Transition): Effect[] {
    // A resumption in the same wave may have replaced the IKE SA while this step waited: what is gone does not come back.
    if (this.#sas.established(ownSpiOf(before)) !== before) {
      if (successor) wipeEstablished(successor);
      if (redundant) wipeEstablished(redundant);
      return [{ type: "dropped", reason: "no-such-sa" }];
    }
    for (const made of [successor, redundant]) {
      if (made) this.#sas.keep(made);
    }
    if (successor) {
      this.#remoteAddresses.transfer(ownSpiOf(before), ownSpiOf(successor));
      this.#redirections.transfer(ownSpiOf(before), ownSpiOf(successor));
      this.#forgetPredecessor(ownSpiOf(before));
      this.#sas.succeed(before, successor);
    }
    if (next === undefined) return this.#remove(ownSpiOf(before), before.spis, effects, "remove");
    const isOver = next.retiredUntilMs !== undefined && before.retiredUntilMs === undefined;
    this.#sas.keep(next);
    if (isOver && !successor) this.#releaseAll(ownSpiOf(next));
    return [...effects];
  }

  /**
   * The IKE SA that a ticket stands for, if it is still there, goes silently, and its Child SAs with it: no DELETE
   * (RFC 5723, section 4.3.4). One that is not here may be at another worker, which is told.
   *
   * @param client the identity that resumed, in octets of its own.
   */
  replace(old: SpiPair, ticketId?: string, client?: Identity): Effect[] {
    if (this.#others && this.#sas.ownSpiOf(old) === undefined) {
      this.#others.resumed({ spis: { initiatorSpi: old.initiatorSpi, responderSpi: old.responderSpi }, ticketId });
    }
    return this.replaceHere(old, client);
  }

  /** The same, where another worker has found that it is not there. */
  replaceHere(old: SpiPair, client?: Identity): Effect[] {
    const ownSpi = this.#sas.ownSpiOf(old);
    if (ownSpi === undefined) return [];
    const spis = { initiatorSpi: old.initiatorSpi, responderSpi: old.responderSpi };
    // The end of an IKE SA that is no longer up was told then.
    const entry = this.#sas.isUp(ownSpi) ? this.#sas.entries.get(ownSpi) : undefined;
    const told = entry && downEffect(entry, spis, "replaced-by-resumption", client);
    return this.#remove(ownSpi, spis, told ? [told] : [], "discard");
  }

  /** Something authentic from the peer of an IKE SA came by another way. */
  hear(spis: SpiPair, now: Instant): void {
    this.#sas.hear(spis, now.monotonicMs);
  }

  /**
   * Ends an IKE SA that is up, from this moment on.
   *
   * @param silently without a DELETE, where as little as possible is to be kept.
   */
  end(state: Established, reason: DownReason, now: Instant, silently = false): Effect[] {
    if (state.retiredUntilMs !== undefined) return [];
    if (!silently) return this.apply(state, ended(state, reason, now));
    return this.#remove(
      ownSpiOf(state),
      state.spis,
      [{ type: "ike-sa-down", spis: state.spis, reason, ...whoseOf(state) }],
      "discard",
    );
  }

  /** A half-open IKE SA was made for nothing. */
  discard(state: AwaitingAuth | AwaitingConfirmation): void {
    this.#remoteAddresses.release(state.first.spis.responderSpi);
    forgetSecrets(state);
  }

  /** Forgets a half-open IKE SA. Nothing happens when it is up. */
  forgetHalfOpen(responderSpi: bigint): void {
    const state = this.#sas.standingOf(responderSpi);
    if (state === undefined || state === "established") return;
    this.#sas.deleteHalfOpen(responderSpi);
    // A step that failed in the midst of IKE_AUTH may have left some.
    this.#remoteAddresses.release(responderSpi);
    forgetSecrets(state);
  }

  /** One that is up is told to go to another gateway, in its turn. */
  sendAway(ownSpi: bigint, to: string): void {
    this.#redirections.add(ownSpi, to);
  }

  /** One that does not come up after all holds neither a place among those of its client nor an address. */
  leave(responderSpi: bigint): void {
    this.#sas.unlist(responderSpi);
    this.#remoteAddresses.release(responderSpi);
  }

  /** No keys can be made, or none may be: it counts as half-open until its time is over. */
  makeHopeless(responderSpi: bigint, state: ResponderState): void {
    forgetSecrets(state);
    this.#sas.set(responderSpi, HOPELESS);
  }

  /** Half-open IKE SAs whose ticket was taken back come to nothing. */
  abandon(isTakenBack: (state: AwaitingAuth | AwaitingConfirmation) => boolean): void {
    for (const [responderSpi, state] of this.#sas.halfOpen()) {
      const mayBe = state.waitsFor === "IKE_AUTH" || state.waitsFor === "confirmation";
      if (mayBe && isTakenBack(state)) this.makeHopeless(responderSpi, state);
    }
  }

  /** Forgets everything and wipes all keys, without a word to any peer. */
  dispose(): void {
    for (const [responderSpi] of this.#sas.halfOpen()) this.forgetHalfOpen(responderSpi);
    this.#sas.clear();
    this.#remoteAddresses.clear();
    this.#issued.clear();
  }

  /** @param by whether its secrets are to be wiped, or its step has done so where they were. */
  #remove(ownSpi: bigint, spis: SpiPair, effects: readonly Effect[], by: "discard" | "remove"): Effect[] {
    this.#issued.forgetSa(spis, effects);
    this.#sas[by](ownSpi);
    this.#releaseAll(ownSpi);
    return [...effects];
  }

  /** An IKE SA is no longer up: it holds no inner addresses, and no turn. */
  #releaseAll(ownSpi: bigint): void {
    this.#remoteAddresses.release(ownSpi);
    this.#redirections.forget(ownSpi);
  }

  /**
   * When an IKE SA is rekeyed in its turn, its predecessor no longer waits for its DELETE: a peer that rekeys over and over and
   * deletes nothing must not have more than one that waits.
   */
  #forgetPredecessor(ownSpi: bigint): void {
    const state = this.#sas.takePredecessor(ownSpi);
    if (state?.retiredUntilMs === undefined) return;
    this.#remove(ownSpiOf(state), state.spis, [], "discard");
  }
}

/**
 * A hopeless IKE SA counts as long as its first exchange is remembered: clients that make some on purpose meet the same limit
 * as others.
 */
const HOPELESS: Refused = { waitsFor: "repeated request", request: new Uint8Array(0), response: new Uint8Array(0) };
