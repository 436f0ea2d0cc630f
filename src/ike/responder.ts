/**
 * The responder: all IKE SAs of a gateway, from first message to delete. No I/O, no clock, no random source of its own.
 *
 * @module
 */
import type { RandomSource } from "../crypto/key_exchange.ts";
import { decodeMessage, encodeMessage, type Message } from "../wire/message.ts";
import { sameOctets } from "../wire/octets.ts";
import { ExchangeType, NotifyType } from "../wire/constants.ts";
import { checkRules } from "../wire/rules.ts";
import { CookieJar } from "./cookie.ts";
import type { Datagram } from "./datagram.ts";
import type { Effect, SpiPair } from "./effect.ts";
import * as informational from "./established/informational.ts";
import { type Established, type Transition, wipeEstablished } from "./established/state.ts";
import { forgetKeySource } from "./first_exchange.ts";
import { wipeIkeSaKeys } from "./ike_sa_keys.ts";
import type { Instant } from "./instant.ts";
import { findNotify, findPayload, notify } from "./notify.ts";
import { responseHeader } from "./responder/first_response.ts";
import { InitialExchanges } from "./responder/initial_exchanges.ts";
import { respondToAuth } from "./responder/ike_auth.ts";
import { respondToInit } from "./responder/ike_sa_init.ts";
import { respondToResume } from "./responder/ike_session_resume.ts";
import { type FirstAnswer, isTooLong, type ResponderContext, type ResponderState } from "./responder/state.ts";
import type { ResponderConfiguration } from "./responder_configuration.ts";
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
 * {@link serialKey} run one after the other, all others as they like.
 */
export class Responder {
  readonly #configuration: ResponderConfiguration;
  readonly #random: RandomSource;
  readonly #cookies: CookieJar;
  readonly #states = new Map<bigint, ResponderState>();
  readonly #initial: InitialExchanges;
  /** IKE SAs with a request of this end's under way, by their own SPI. */
  readonly #requesting = new Set<bigint>();
  #establishedCount = 0;

  constructor(configuration: ResponderConfiguration, random: RandomSource) {
    this.#configuration = configuration;
    this.#random = random;
    this.#cookies = new CookieJar(random);
    this.#initial = new InitialExchanges(configuration.halfOpenLifetimeMs, random);
  }

  /** IKE SAs whose client has not proven itself yet. */
  get halfOpenCount(): number {
    return this.#states.size - this.#establishedCount;
  }

  /** IKE SAs that are up. */
  get establishedCount(): number {
    return this.#establishedCount;
  }

  /** When `timeout` is next due, in monotonic milliseconds; `undefined` while nothing waits. */
  get deadline(): number | undefined {
    let earliest = this.#initial.nextExpiryMs;
    for (const responderSpi of this.#requesting) {
      const due = this.#established(responderSpi)?.sendWindow.outstanding?.dueAtMs;
      if (due !== undefined && (earliest === undefined || due < earliest)) earliest = due;
    }
    return earliest;
  }

  /** A datagram came. Whatever its octets are, this neither throws nor does more than bounded work. */
  *receive(datagram: Datagram, now: Instant): Step<Effect[]> {
    const decoded = decodeMessage(datagram.octets);
    if (!decoded.ok) return drop(`malformed-${decoded.error.kind}`);
    const message = decoded.value;
    const { header } = message;
    if (header.responderSpi !== 0n) return yield* this.#receiveOnSa(message, datagram, now);
    if (header.isResponse || !header.fromInitiator || header.messageId !== 0) return drop("no-such-sa");
    if (header.initiatorSpi === 0n) return drop("zero-spi");
    return yield* this.#receiveFirst(message, datagram, now);
  }

  /** Time has passed: half-open IKE SAs expire, requests of this end are sent again. */
  // deno-lint-ignore require-yield -- like every entry point it is a step, whether or not it comes to need cryptography.
  *timeout(now: Instant): Step<Effect[]> {
    const effects: Effect[] = [];
    for (const { responderSpi, initiatorSpi } of this.#initial.expire(now.monotonicMs)) {
      const state = this.#states.get(responderSpi);
      if (state === undefined || state.waitsFor === "requests") continue;
      this.#forgetHalfOpen(responderSpi, state);
      effects.push({ type: "ike-sa-down", spis: { initiatorSpi, responderSpi }, reason: "half-open-expired" });
    }
    for (const responderSpi of this.#requesting) {
      const state = this.#established(responderSpi);
      if (state) effects.push(...this.#apply(state, informational.timeout(state, now, this.#establishedContext)));
    }
    return effects;
  }

  /** Deletes an IKE SA and tells the peer. Nothing happens when there is none of these SPIs. */
  *close(spis: SpiPair, now: Instant): Step<Effect[]> {
    return yield* this.#request(spis, "delete", now);
  }

  /** Asks the peer for a sign of life (RFC 7296, section 2.4). */
  *checkLiveness(spis: SpiPair, now: Instant): Step<Effect[]> {
    return yield* this.#request(spis, "liveness", now);
  }

  /** Forgets everything and wipes all keys, without a word to any peer. */
  dispose(): void {
    for (const [responderSpi, state] of this.#states) {
      if (state.waitsFor === "requests") wipeEstablished(state);
      else this.#forgetHalfOpen(responderSpi, state);
    }
    this.#states.clear();
    this.#requesting.clear();
    this.#establishedCount = 0;
  }

  *#receiveFirst(message: Message, datagram: Datagram, now: Instant): Step<Effect[]> {
    const repeated = this.#initial.find(message);
    // Found by the whole packet, not by its SPI alone: RFC 4718, section 2.3.
    if (repeated) return [reply(repeated.response, datagram)];
    const { exchangeType } = message.header;
    if (exchangeType !== ExchangeType.IKE_SA_INIT && exchangeType !== ExchangeType.IKE_SESSION_RESUME) {
      return drop("no-such-sa");
    }
    if (checkRules(exchangeType, false, false, message.payloads) !== undefined) return drop("malformed-rule");
    // A ticket that is too long gets its answer, and leaves nothing behind.
    if (exchangeType === ExchangeType.IKE_SA_INIT && isTooLong(message, this.#configuration)) return drop("too-long");

    if (this.halfOpenCount >= this.#configuration.halfOpenLimit) return drop("half-open-limit");
    const challenge = this.halfOpenCount >= this.#configuration.cookieThreshold
      ? yield* this.#challenge(message, datagram, now)
      : undefined;
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
        return [reply(answer.response, datagram), { type: refusal, reason: answer.reason }];
      }
      case "accepted": {
        const { responderSpi } = answer.next.first.spis;
        this.#states.set(responderSpi, answer.next);
        this.#initial.add(message, answer.response, responderSpi, now.monotonicMs);
        return [reply(answer.response, datagram)];
      }
    }
  }

  *#receiveOnSa(message: Message, datagram: Datagram, now: Instant): Step<Effect[]> {
    const { responderSpi, initiatorSpi, exchangeType, isResponse, fromInitiator } = message.header;
    const state = this.#states.get(responderSpi);
    // No INVALID_IKE_SPI: an unprotected answer would tell a client nothing that it may believe (RFC 5723, section 9.4).
    if (state === undefined || !fromInitiator) return drop("no-such-sa");
    if (isTooLong(message, this.#configuration)) return drop("too-long");
    switch (state.waitsFor) {
      case "requests":
        if (state.spis.initiatorSpi !== initiatorSpi) return drop("no-such-sa");
        return this.#apply(state, yield* informational.receive(state, message, datagram, now, this.#establishedContext));
      case "repeated request": {
        const same = sameOctets(state.request, message.octets);
        return same ? [reply(state.response, datagram)] : drop("refused-before");
      }
      case "IKE_AUTH": {
        if (state.first.spis.initiatorSpi !== initiatorSpi) return drop("no-such-sa");
        if (exchangeType !== ExchangeType.IKE_AUTH || isResponse) return drop("unexpected-exchange");
        const answer = yield* respondToAuth(state, message, datagram, this.#context(now));
        if (answer.kind === "hopeless") {
          this.#forgetSecrets(state);
          this.#states.set(responderSpi, HOPELESS);
          return drop(answer.reason);
        }
        this.#states.set(responderSpi, answer.next);
        if (answer.kind === "ignored") return drop(answer.reason);
        if (answer.kind === "refused") {
          this.#forgetSecrets(state);
          const spis = { initiatorSpi, responderSpi };
          return [reply(answer.response, datagram), { type: "ike-sa-down", spis, reason: "authentication-failed" }];
        }
        this.#establishedCount++;
        const replaced = state.presented ? this.#replaceOld(state.presented.state) : [];
        return [reply(answer.response, datagram), ...answer.effects, ...replaced];
      }
    }
  }

  /**
   * The IKE SA that the ticket stands for, if it is still there, goes silently, and its Child SAs with it: no DELETE
   * (RFC 5723, section 4.3.4).
   */
  #replaceOld(old: { readonly initiatorSpi: bigint; readonly responderSpi: bigint }): Effect[] {
    const state = this.#established(old.responderSpi);
    if (state === undefined || state.spis.initiatorSpi !== old.initiatorSpi) return [];
    wipeEstablished(state);
    return this.#remove(state, [{ type: "ike-sa-down", spis: state.spis, reason: "replaced-by-resumption" }]);
  }

  *#request(spis: SpiPair, purpose: "delete" | "liveness", now: Instant): Step<Effect[]> {
    const state = this.#established(spis.responderSpi);
    if (state === undefined || state.spis.initiatorSpi !== spis.initiatorSpi) return [];
    return this.#apply(state, yield* informational.sendRequest(state, purpose, now, this.#establishedContext));
  }

  #apply(before: Established, { next, effects }: Transition): Effect[] {
    const { responderSpi } = before.spis;
    // A resumption in the same wave may have replaced the IKE SA while this step waited: what is gone does not come back.
    if (this.#states.get(responderSpi) !== before) return drop("no-such-sa");
    if (next === undefined) return this.#remove(before, effects);
    this.#states.set(responderSpi, next);
    if (next.sendWindow.outstanding) this.#requesting.add(responderSpi);
    else this.#requesting.delete(responderSpi);
    return [...effects];
  }

  #remove({ spis }: Established, effects: readonly Effect[]): Effect[] {
    this.#states.delete(spis.responderSpi);
    this.#requesting.delete(spis.responderSpi);
    this.#establishedCount--;
    return [...effects];
  }

  #forgetHalfOpen(responderSpi: bigint, state: ResponderState): void {
    this.#states.delete(responderSpi);
    this.#forgetSecrets(state);
  }

  #forgetSecrets(state: ResponderState): void {
    if (state.waitsFor !== "IKE_AUTH") return;
    if (state.keys) wipeIkeSaKeys(state.keys);
    forgetKeySource(state.first);
  }

  #established(responderSpi: bigint): Established | undefined {
    const state = this.#states.get(responderSpi);
    return state?.waitsFor === "requests" ? state : undefined;
  }

  #context(now: Instant): ResponderContext {
    return { configuration: this.#configuration, random: this.#random, now };
  }

  get #establishedContext(): informational.EstablishedContext {
    return { random: this.#random, retransmission: this.#configuration.retransmission };
  }
}

/**
 * No keys can be made. It counts as half-open until its time is over: its first exchange is remembered as long, and whoever makes such
 * IKE SAs on purpose must find the same limit as others.
 */
const HOPELESS: ResponderState = { waitsFor: "repeated request", request: new Uint8Array(0), response: new Uint8Array(0) };

function drop(reason: string): Effect[] {
  return [{ type: "dropped", reason }];
}

/** Goes back to where the request came from, over the port it came in on (RFC 4718, section 7.6). */
function reply(octets: Uint8Array, { local, remote, encapsulated }: Datagram): Effect {
  return { type: "send", datagram: { octets, local, remote, encapsulated } };
}
