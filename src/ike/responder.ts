/**
 * The responder: all IKE SAs of a gateway, from first message to delete. No I/O, no clock, no random source of its own.
 *
 * @module
 */
import type { RandomSource } from "../crypto/key_exchange.ts";
import { decodeMessage, encodeMessage, type Message } from "../wire/message.ts";
import { sameOctets } from "../wire/octets.ts";
import { ExchangeType, NotifyType } from "../wire/constants.ts";
import { type Header, peekHeader } from "../wire/header.ts";
import { checkRules } from "../wire/rules.ts";
import type { WireError } from "../wire/wire_error.ts";
import { wipe } from "../crypto/wipe.ts";
import { copyIdentity, type Identity, sameIdentity } from "../ticket/identity.ts";
import { kindOfTicketId } from "../ticket/issued_ticket.ts";
import { RevokedIdentities } from "../ticket/revoked_identities.ts";
import { AddressPool } from "./address_pool.ts";
import { CookieJar } from "./cookie.ts";
import type { Datagram } from "./datagram.ts";
import type { Effect, SpiPair } from "./effect.ts";
import type { EstablishedContext } from "./established/context.ts";
import * as informational from "./established/informational.ts";
import { sendRequest, timeout } from "./established/requests.ts";
import {
  type Established,
  isOf,
  ownSpiOf,
  type RequestPurpose,
  type Transition,
  wipeEstablished,
} from "./established/state.ts";
import { forgetKeySource } from "./first_exchange.ts";
import { wipeIkeSaKeys } from "./ike_sa_keys.ts";
import type { Instant } from "./instant.ts";
import { findNotify, findPayload, notify } from "./notify.ts";
import { responseHeader } from "./responder/first_response.ts";
import { InitialExchanges } from "./responder/initial_exchanges.ts";
import { continueEap } from "./responder/eap.ts";
import { IkeSaTable } from "./responder/ike_sa_table.ts";
import { IssuedTickets, takeBack } from "./responder/issued_tickets.ts";
import { respondToAuth } from "./responder/ike_auth.ts";
import { respondToInit } from "./responder/ike_sa_init.ts";
import { respondToResume } from "./responder/ike_session_resume.ts";
import { grantTicket } from "./responder/ticket_request.ts";
import {
  type AwaitingAuth,
  type FirstAnswer,
  isTooLong,
  type ResponderContext,
  type ResponderState,
} from "./responder/state.ts";
import type { ResponderConfiguration } from "./responder_configuration.ts";
import type { TicketItems } from "../ticket/ticket_items.ts";
import type { Step } from "./step.ts";

export { type ResponderConfiguration, responderConfiguration, type ResponderOptions } from "./responder_configuration.ts";

/**
 * Datagrams with one serial key are handled one after the other: a step must not begin while another step on the same IKE SA waits
 * for its cryptography.
 *
 * @returns the initiator's SPI, or 0n for octets too short to hold one.
 */
export function serialKey(octets: Uint8Array): bigint {
  return octets.length < 8 ? 0n : new DataView(octets.buffer, octets.byteOffset).getBigUint64(0);
}

/**
 * All IKE SAs of a gateway. Whoever drives it hands in what comes, and calls {@link Responder.timeout} at {@link Responder.deadline}. Steps of one
 * {@link serialKey} run one after the other, those of others as they like. All but {@link Responder.receive} run alone, between waves: they may end
 * an IKE SA whose step waits for its cryptography or a store.
 */
export class Responder {
  readonly #configuration: ResponderConfiguration;
  readonly #random: RandomSource;
  readonly #cookies: CookieJar;
  readonly #sas = new IkeSaTable();
  readonly #initial: InitialExchanges;
  readonly #innerAddresses: AddressPool | undefined;
  readonly #issued = new IssuedTickets();
  readonly #revokedIdentities = new RevokedIdentities();

  constructor(configuration: ResponderConfiguration, random: RandomSource) {
    this.#configuration = configuration;
    this.#random = random;
    this.#cookies = new CookieJar(random);
    this.#innerAddresses = configuration.innerAddresses && new AddressPool(configuration.innerAddresses.ranges);
    this.#initial = new InitialExchanges(configuration.halfOpenLifetimeMs, random);
  }

  /** IKE SAs whose client has not proven itself yet. */
  get halfOpenCount(): number {
    return this.#sas.halfOpenCount;
  }

  /** IKE SAs that are up. */
  get establishedCount(): number {
    return this.#sas.establishedCount;
  }

  /** When `timeout` is next due, in monotonic milliseconds; `undefined` while nothing waits. */
  get deadline(): number | undefined {
    const [expiry = Infinity, due = Infinity] = [this.#initial.nextExpiryMs, this.#sas.nextDueMs];
    const earliest = Math.min(expiry, due);
    return earliest === Infinity ? undefined : earliest;
  }

  /** A datagram came. Whatever its octets are, this neither throws nor does more than bounded work. */
  *receive(datagram: Datagram, now: Instant): Step<Effect[]> {
    const decoded = decodeMessage(datagram.octets);
    if (!decoded.ok) return refuseUndecodable(datagram, decoded.error) ?? drop(`malformed-${decoded.error.kind}`);
    const message = decoded.value;
    const { header } = message;
    this.#configuration.ticketKeys.advance(now.epochSeconds);
    if (header.responderSpi !== 0n) return yield* this.#receiveOnSa(message, datagram, now);
    if (header.isResponse || !header.fromInitiator || header.messageId !== 0) return drop("no-such-sa");
    if (header.initiatorSpi === 0n) return drop("zero-spi");
    return yield* this.#receiveFirst(message, datagram, now);
  }

  /** Time has passed: half-open IKE SAs expire, requests of this end are sent again. */
  *timeout(now: Instant): Step<Effect[]> {
    const effects: Effect[] = [];
    for (const { responderSpi, initiatorSpi } of this.#initial.expire(now.monotonicMs)) {
      const state = this.#sas.get(responderSpi);
      if (state === undefined || state.waitsFor === "requests") continue;
      this.#forgetHalfOpen(responderSpi, state);
      effects.push({ type: "ike-sa-down", spis: { initiatorSpi, responderSpi }, reason: "half-open-expired" });
    }
    for (const ownSpi of this.#sas.waitingSpis) {
      const state = this.#sas.established(ownSpi);
      if (state) effects.push(...this.#apply(state, yield* timeout(state, now, this.#establishedContext(now))));
    }
    return yield* this.#issued.settle(effects);
  }

  /** Deletes an IKE SA and tells the peer. Nothing happens when there is none of these SPIs. */
  *close(spis: SpiPair, now: Instant): Step<Effect[]> {
    // A client that is not there to hear of it must not come back by its ticket.
    const effects = this.#sas.find(spis) ? yield* this.#issued.takeBackOf(spis) : [];
    return [...effects, ...yield* this.#request(spis, "delete", now)];
  }

  /** Asks the peer for a sign of life (RFC 7296, section 2.4). */
  *checkLiveness(spis: SpiPair, now: Instant): Step<Effect[]> {
    return yield* this.#request(spis, "liveness", now);
  }

  /**
   * Offers the client a new IKE SA in place of one (RFC 7296, section 2.8), of which this end is then the original initiator. Ends with
   * "ike-sa-rekeyed" or "ike-sa-rekey-failed". Nothing happens when there is none of these SPIs.
   */
  *rekey(spis: SpiPair, now: Instant): Step<Effect[]> {
    return yield* this.#request(spis, "rekey", now);
  }

  /**
   * Takes one ticket back: from now on it is refused like any other that is no good (RFC 5723, section 9.8). It need not be one that is known
   * here; by value, it is remembered until `expiresAtEpochSeconds`, or as long as a ticket lives that is issued now.
   *
   * @throws {RangeError} `ticketId` is no ticket's name.
   */
  *revokeTicket(ticketId: string, now: Instant, expiresAtEpochSeconds?: number): Step<Effect[]> {
    const kind = kindOfTicketId(ticketId);
    if (kind === undefined) throw new RangeError("revokeTicket: ticketId is no ticket's name");
    this.#abandon(({ presented }) => presented?.ticketId === ticketId);
    const expiry = expiresAtEpochSeconds ?? this.#lastExpiry(now);
    return [yield* takeBack({ kind, ticketId, expiresAtEpochSeconds: expiry })];
  }

  /**
   * Takes back every ticket that was issued so far to a client of this IDi, or that EAP authenticated as it, by this gateway or any with its
   * keys, to be presented to this one. IKE SAs that are up stay so. Those of its tickets whose IKE SAs are up here are taken back from the
   * stores too.
   */
  *revokeIdentity(identity: Identity, now: Instant): Step<Effect[]> {
    this.#revokedIdentities.add(copyIdentity(identity), this.#lastExpiry(now), now.epochSeconds);
    const isTheirs = (initiatorId: Identity, { eapIdentity }: TicketItems) =>
      sameIdentity(initiatorId, identity) || eapIdentity !== undefined && sameIdentity(eapIdentity, identity);
    this.#abandon(({ presented }) => presented !== undefined && isTheirs(presented.state.initiatorId, presented.state));
    const effects: Effect[] = [];
    for (const [, state] of [...this.#sas.entries()]) {
      if (state.waitsFor !== "requests" || !isTheirs(state.initiatorId, state.authentication.items)) continue;
      effects.push(...yield* this.#issued.takeBackOf(state.spis));
    }
    return effects;
  }

  /** Forgets everything and wipes all keys, without a word to any peer. */
  dispose(): void {
    for (const [responderSpi, state] of this.#sas.entries()) {
      if (state.waitsFor === "requests") wipeEstablished(state);
      else this.#forgetHalfOpen(responderSpi, state);
    }
    this.#sas.clear();
    this.#innerAddresses?.clear();
    this.#issued.clear();
  }

  *#receiveFirst(message: Message, datagram: Datagram, now: Instant): Step<Effect[]> {
    const repeated = this.#initial.find(message);
    // Found by the whole packet, not by its SPI alone: RFC 4718, section 2.3.
    if (repeated) return [reply(repeated.response, datagram)];
    const { exchangeType } = message.header;
    if (exchangeType !== ExchangeType.IKE_SA_INIT && exchangeType !== ExchangeType.IKE_SESSION_RESUME) {
      return drop("no-such-sa");
    }
    if (checkRules(exchangeType, false, false, message.payloads) !== undefined) {
      return exchangeType === ExchangeType.IKE_SESSION_RESUME
        ? refuseTicket(message.header, datagram, "malformed")
        : drop("malformed-rule");
    }
    // A ticket that is too long gets its answer, and leaves nothing behind.
    if (exchangeType === ExchangeType.IKE_SA_INIT && isTooLong(message, this.#configuration)) return drop("too-long");

    if (this.halfOpenCount >= this.#configuration.halfOpenLimit) return drop("half-open-limit");
    const { cookieThreshold, resumptionCookieThreshold = cookieThreshold } = this.#configuration;
    const threshold = exchangeType === ExchangeType.IKE_SESSION_RESUME ? resumptionCookieThreshold : cookieThreshold;
    const challenge = this.halfOpenCount >= threshold ? yield* this.#challenge(message, datagram, now) : undefined;
    if (challenge) return [reply(challenge, datagram)];

    const context = this.#context(now);
    const answer = exchangeType === ExchangeType.IKE_SA_INIT
      ? yield* respondToInit(message, datagram, context)
      : yield* respondToResume(message, datagram, context);
    return this.#keepFirst(answer, message, datagram, now);
  }

  /** N(COOKIE), unless the message brought a valid one. Nothing is kept (RFC 7296, section 2.6). */
  *#challenge(message: Message, datagram: Datagram, now: Instant): Step<Uint8Array | undefined> {
    const nonce = findPayload(message.payloads, "Nonce")?.nonce;
    if (nonce === undefined) return undefined;
    const content = { remote: datagram.remote, nonce, initiatorSpi: message.header.initiatorSpi };
    const cookie = findNotify(message.payloads, NotifyType.COOKIE)?.data;
    if (cookie !== undefined && (yield* this.#cookies.isValid(cookie, content, now))) return undefined;
    const fresh = yield* this.#cookies.make(content, now);
    return encodeMessage(responseHeader(message.header, 0n), [notify(NotifyType.COOKIE, fresh)]);
  }

  #keepFirst(answer: FirstAnswer, message: Message, datagram: Datagram, now: Instant): Effect[] {
    switch (answer.kind) {
      case "dropped":
        return drop(answer.reason);
      case "refused": {
        const refusal = message.header.exchangeType === ExchangeType.IKE_SESSION_RESUME ? "ticket-refused" : "init-refused";
        const fault = answer.fault === undefined ? {} : { fault: answer.fault };
        return [reply(answer.response, datagram), { type: refusal, reason: answer.reason, ...fault }];
      }
      case "accepted": {
        const { responderSpi } = answer.next.first.spis;
        this.#sas.set(responderSpi, answer.next);
        this.#initial.add(message, answer.response, responderSpi, now.monotonicMs);
        return [reply(answer.response, datagram)];
      }
    }
  }

  *#receiveOnSa(message: Message, datagram: Datagram, now: Instant): Step<Effect[]> {
    const { responderSpi, initiatorSpi, exchangeType, isResponse, fromInitiator } = message.header;
    // Of an IKE SA that this end offered, in the place of another, it is the original initiator, and the first SPI is its own.
    const state = this.#sas.get(fromInitiator ? responderSpi : initiatorSpi);
    // No INVALID_IKE_SPI: an unprotected answer would tell a client nothing that it may believe (RFC 5723, section 9.4).
    if (state === undefined || !fromInitiator && state.waitsFor !== "requests") return drop("no-such-sa");
    if (isTooLong(message, this.#configuration)) return drop("too-long");
    switch (state.waitsFor) {
      case "requests":
        if (!isOf(state, message.header)) return drop("no-such-sa");
        return yield* this.#issued.settle(
          this.#apply(state, yield* informational.receive(state, message, datagram, now, this.#establishedContext(now))),
        );
      case "repeated request": {
        const same = sameOctets(state.request, message.octets);
        return same ? [reply(state.response, datagram)] : drop("refused-before");
      }
      case "IKE_AUTH":
      case "EAP": {
        if (state.first.spis.initiatorSpi !== initiatorSpi) return drop("no-such-sa");
        if (exchangeType !== ExchangeType.IKE_AUTH || isResponse) return drop("unexpected-exchange");
        const context = this.#context(now);
        const answer = state.waitsFor === "EAP"
          ? yield* continueEap(state, message, datagram, context)
          : yield* respondToAuth(state, message, datagram, context);
        if (answer.kind === "hopeless") {
          this.#forgetSecrets(state);
          this.#sas.set(responderSpi, HOPELESS);
          return drop(answer.reason);
        }
        this.#sas.set(responderSpi, answer.next);
        if (answer.kind === "ignored") return drop(answer.reason);
        if (answer.kind === "continued") return [reply(answer.response, datagram)];
        if (answer.kind === "refused") {
          this.#forgetSecrets(state);
          const spis = { initiatorSpi, responderSpi };
          return [reply(answer.response, datagram), { type: "ike-sa-down", spis, reason: "authentication-failed" }];
        }
        this.#sas.countEstablished();
        const replaced = state.waitsFor === "IKE_AUTH" && state.presented ? this.#replaceOld(state.presented.state) : [];
        const usedId = state.waitsFor === "IKE_AUTH" ? state.presented?.ticketId : undefined;
        return yield* this.#issued.settle([reply(answer.response, datagram), ...answer.effects, ...replaced], usedId);
      }
    }
  }

  /**
   * The IKE SA that the ticket stands for, if it is still there, goes silently, and its Child SAs with it: no DELETE
   * (RFC 5723, section 4.3.4).
   */
  #replaceOld(old: { readonly initiatorSpi: bigint; readonly responderSpi: bigint }): Effect[] {
    const state = this.#sas.find(old);
    if (state === undefined) return [];
    wipeEstablished(state);
    return this.#remove(state, [{ type: "ike-sa-down", spis: state.spis, reason: "replaced-by-resumption" }]);
  }

  *#request(spis: SpiPair, purpose: RequestPurpose, now: Instant): Step<Effect[]> {
    const state = this.#sas.find(spis);
    if (state === undefined) return [];
    return yield* this.#issued.settle(
      this.#apply(state, yield* sendRequest(state, purpose, now, this.#establishedContext(now))),
    );
  }

  #apply(before: Established, { next, successor, redundant, effects }: Transition): Effect[] {
    // A resumption in the same wave may have replaced the IKE SA while this step waited: what is gone does not come back.
    if (this.#sas.get(ownSpiOf(before)) !== before) {
      if (successor) wipeEstablished(successor);
      if (redundant) wipeEstablished(redundant);
      return drop("no-such-sa");
    }
    for (const made of [successor, redundant]) {
      if (made === undefined) continue;
      this.#sas.countEstablished();
      this.#sas.keep(made);
    }
    if (successor) {
      this.#innerAddresses?.transfer(ownSpiOf(before), ownSpiOf(successor));
      this.#forgetPredecessor(ownSpiOf(before));
      this.#sas.succeed(before, successor);
    }
    if (next === undefined) return this.#remove(before, effects);
    this.#sas.keep(next);
    return [...effects];
  }

  #remove(gone: Established, effects: readonly Effect[]): Effect[] {
    this.#sas.remove(gone);
    this.#innerAddresses?.release(ownSpiOf(gone));
    this.#issued.forgetSa(gone.spis, effects);
    return [...effects];
  }

  /**
   * Of an IKE SA that is rekeyed in its turn, the predecessor waits for its DELETE no longer: who rekeys over and over and deletes nothing
   * must not have more than one that waits.
   */
  #forgetPredecessor(ownSpi: bigint): void {
    const state = this.#sas.takePredecessor(ownSpi);
    if (state?.retiredUntilMs === undefined) return;
    wipeEstablished(state);
    this.#remove(state, []);
  }

  #forgetHalfOpen(responderSpi: bigint, state: ResponderState): void {
    this.#sas.deleteHalfOpen(responderSpi);
    // A step that failed in the midst of IKE_AUTH may have left one.
    this.#innerAddresses?.release(responderSpi);
    this.#forgetSecrets(state);
  }

  /** Half-open IKE SAs whose ticket was taken back come to nothing. */
  #abandon(isTakenBack: (state: AwaitingAuth) => boolean): void {
    for (const [responderSpi, state] of this.#sas.entries()) {
      if (state.waitsFor !== "IKE_AUTH" || !isTakenBack(state)) continue;
      this.#forgetSecrets(state);
      this.#sas.set(responderSpi, HOPELESS);
    }
  }

  /** No ticket that was issued so far expires later, in seconds since 1970. */
  #lastExpiry({ epochSeconds }: Instant): number {
    return Math.floor(epochSeconds) + this.#configuration.ticketLifetimeSeconds;
  }

  #forgetSecrets(state: ResponderState): void {
    if (state.waitsFor !== "IKE_AUTH" && state.waitsFor !== "EAP") return;
    if (state.keys) wipeIkeSaKeys(state.keys);
    if (state.waitsFor === "EAP" && state.success?.msk) wipe(state.success.msk);
    forgetKeySource(state.first);
  }

  #context(now: Instant): ResponderContext {
    return {
      configuration: this.#configuration,
      random: this.#random,
      now,
      revokedIdentities: this.#revokedIdentities,
      innerAddresses: this.#innerAddresses,
      findSa: (spis) => this.#sas.find(spis),
    };
  }

  #establishedContext(now: Instant): EstablishedContext {
    const { retransmission, ikeProposals, exposeKeys } = this.#configuration;
    return {
      random: this.#random,
      retransmission,
      ikeProposals,
      exposeKeys,
      grantTicket: (request, sa, beside) => grantTicket(request, sa, beside, this.#context(now)),
    };
  }
}

/**
 * No keys can be made. It counts as half-open until its time is over: its first exchange is remembered as long, and whoever makes such
 * IKE SAs on purpose must find the same limit as others.
 */
const HOPELESS: ResponderState = { waitsFor: "repeated request", request: new Uint8Array(0), response: new Uint8Array(0) };

/**
 * A request to resume whose nonce is of a length that none has is refused as one with a bad ticket is: a client that knows no other refusal
 * goes on to a full exchange (RFC 5723, section 4.3.2). The answer is shorter than any such request.
 */
function refuseUndecodable(datagram: Datagram, { payload }: WireError): Effect[] | undefined {
  const header = peekHeader(datagram.octets);
  if (payload !== "Nonce" || header?.exchangeType !== ExchangeType.IKE_SESSION_RESUME) return undefined;
  const isFirst = !header.isResponse && header.fromInitiator && header.messageId === 0 && header.responderSpi === 0n;
  return isFirst && header.initiatorSpi !== 0n ? refuseTicket(header, datagram, "malformed") : undefined;
}

function refuseTicket(request: Header, datagram: Datagram, reason: string): Effect[] {
  const response = encodeMessage(responseHeader(request, 0n), [notify(NotifyType.TICKET_NACK)]);
  return [reply(response, datagram), { type: "ticket-refused", reason }];
}

function drop(reason: string): Effect[] {
  return [{ type: "dropped", reason }];
}

/** Goes back to where the request came from, over the port it came in on (RFC 4718, section 7.6). */
function reply(octets: Uint8Array, { local, remote, encapsulated }: Datagram): Effect {
  return { type: "send", datagram: { octets, local, remote, encapsulated } };
}
