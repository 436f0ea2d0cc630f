/**
 * First messages, which open an exchange without an IKE SA: IKE_SA_INIT and IKE_SESSION_RESUME, repeated ones, cookies, and how much of what
 * they begin is kept.
 *
 * @module
 */
import type { RandomSource } from "../../crypto/key_exchange.ts";
import { costOfGroup, costOfSuite } from "../ike_sa/key_exchange_cost.ts";
import { ExchangeType, NotifyType } from "../../wire/constants.ts";
import { encodeMessage, type Message } from "../../wire/message.ts";
import type { WireError } from "../../wire/wire_error.ts";
import { addressPrefix } from "../message/address.ts";
import { CookieJar } from "../message/cookie.ts";
import { findNotify, findPayload, notify } from "../message/notify.ts";
import { checkFirstMessage } from "../profiles/first_rules.ts";
import { presentedInInit, profileOfExchange } from "../profiles/resumption_profile.ts";
import type { ResponderConfiguration } from "../policy/responder_configuration.ts";
import type { Effect } from "../states/effect.ts";
import { HalfOpenTable } from "../states/half_open_table.ts";
import { type HalfOpenState, isTooLong, octetsBesideFirst } from "../states/responder_state.ts";
import type { Datagram } from "../steps/datagram.ts";
import type { Instant } from "../steps/instant.ts";
import type { Step } from "../steps/step.ts";
import { answerFirst } from "./first_answer.ts";
import { type FirstMessageCounters, noFirstMessages } from "./first_message_counters.ts";
import { FirstRefusals, refusalOf, refuseResumption } from "./first_refusals.ts";
import { type FirstAnswer, responseHeader } from "./first_response.ts";
import type { HalfOpenStates } from "./half_open_states.ts";
import { type InitialExchange, InitialExchanges } from "./initial_exchanges.ts";
import { redirectFirst } from "./redirection.ts";
import { drop, reply } from "./reply.ts";
import type { ResponderContext } from "./responder_context.ts";
import { WaitingRequests } from "./waiting_requests.ts";

/** A full exchange whose first message waited so long is asked for a cookie: the next one waits even longer. */
const OVERLOAD_WAIT_MS = 250;

/** Milliseconds between two looks at what has expired: under a flood something does all the time. */
const EXPIRY_PACE_MS = 1_000;

export class FirstMessages {
  readonly #configuration: ResponderConfiguration;
  readonly #cookies: CookieJar;
  readonly #states: HalfOpenStates;
  readonly #halfOpen: HalfOpenTable;
  readonly #initial: InitialExchanges;
  readonly #refusals: FirstRefusals;
  readonly #counters = noFirstMessages();
  readonly #waiting = new WaitingRequests();
  #expiredAtMs = -Infinity;
  readonly #inSteps = new Set<bigint>();
  /** Their time was over while a step of theirs was set aside: they go when it is done. */
  readonly #overdue = new Set<bigint>();
  /** `half_open_evicted_total` when it was last told. */
  #evictedTold = 0;

  constructor(configuration: ResponderConfiguration, random: RandomSource, states: HalfOpenStates) {
    this.#configuration = configuration;
    this.#refusals = new FirstRefusals(configuration);
    this.#cookies = new CookieJar(random);
    this.#states = states;
    this.#halfOpen = new HalfOpenTable(configuration.halfOpenLimit);
    this.#initial = new InitialExchanges(configuration.halfOpenLifetimeMs, random);
  }

  get counters(): Readonly<FirstMessageCounters> {
    return this.#counters;
  }

  get halfOpen(): Pick<HalfOpenTable, "count" | "resumptionCount" | "octets" | "kindOf"> {
    return this.#halfOpen;
  }

  /** When `expire` is next due, in monotonic milliseconds. */
  get nextExpiryMs(): number | undefined {
    const { nextExpiryMs } = this.#initial;
    return nextExpiryMs === undefined ? undefined : Math.max(nextExpiryMs, this.#expiredAtMs + EXPIRY_PACE_MS);
  }

  /** Forgets the half-open IKE SAs whose time is over, and the first exchanges of all others. */
  expire(nowMs: number): Effect[] {
    const before = this.#counters.half_open_expired_total;
    for (const responderSpi of this.#initial.expire(nowMs)) {
      this.#expiredAtMs = nowMs;
      if (this.#halfOpen.kindOf(responderSpi) === undefined) continue;
      if (this.isInStep(responderSpi)) this.#overdue.add(responderSpi);
      else this.#forget(responderSpi);
    }
    const expired = this.#counters.half_open_expired_total - before;
    const evicted = this.#counters.half_open_evicted_total - this.#evictedTold;
    this.#evictedTold = this.#counters.half_open_evicted_total;
    return expired + evicted > 0 ? [{ type: "half-open-ended", expired, evicted }] : [];
  }

  refuseUndecodable(datagram: Datagram, error: WireError, now: Instant): Effect[] {
    return this.#refusals.ofUndecodable(datagram, error, now.monotonicMs);
  }

  /** `waitedMs`: how long the datagram waited before this. */
  *receive(message: Message, datagram: Datagram, context: ResponderContext, waitedMs: number): Step<Effect[]> {
    const { header, octets } = message;
    const { exchangeType } = header;
    const profile = profileOfExchange(this.#configuration.profiles, exchangeType);
    if (header.isResponse || !header.fromInitiator) return drop("no-such-sa");
    if (header.initiatorSpi === 0n) return drop("zero-spi");
    if (exchangeType !== ExchangeType.IKE_SA_INIT && !profile) return drop("no-such-sa");
    // Neither refusal leaves anything behind.
    const wrong = header.messageId !== 0 ? "no-such-sa" : isTooLong(message, this.#configuration) ? "too-long" : undefined;
    if (wrong) return profile ? refuseResumption(header, datagram, profile, wrong) : drop(wrong);

    const hash = this.#initial.hashOf(octets);
    const earlier = this.#initial.find(octets, hash);
    if (earlier) return this.#repeat(earlier, datagram);
    if (this.#waiting.has(hash)) return drop("in-progress");
    if (checkFirstMessage(message, profile) !== undefined) {
      return profile ? refuseResumption(header, datagram, profile, "malformed") : drop("malformed-rule");
    }
    // Dropped in silence, and before any cost: the client asks again, and there may be room then. A resumption may take the
    // place of its old IKE SA.
    const inInit = presentedInInit(this.#configuration.profiles, message);
    if (!profile && !inInit && context.admission.isFull) return drop("ike-sa-limit");
    const isAsked = profile ? this.isResumptionAsked : this.#isInitAsked(message, waitedMs);
    const isProtected = profile?.presentation.kind === "protected-exchange";
    if (isAsked && !isProtected) {
      const challenge = yield* this.#challenge(message, datagram, context.now);
      if (challenge) return [reply(challenge, datagram)];
    }
    const waiting = this.#waiting.during(hash);
    const answer = redirectFirst(message, datagram, context.configuration) ??
      (yield* answerFirst(message, datagram, { profile, inInit }, waiting, isProtected && isAsked && this.#cookies, context));
    return this.#keep(answer, message, hash, datagram, context.now);
  }

  /** A step serves a message on a half-open IKE SA: until {@link processed} it takes no other, which may come while the step is set aside. */
  beginStep(responderSpi: bigint): void {
    this.#inSteps.add(responderSpi);
    this.hold(responderSpi);
  }

  isInStep(responderSpi: bigint): boolean {
    return this.#inSteps.size > 0 && this.#inSteps.has(responderSpi);
  }

  /** A message on a half-open IKE SA is about to be processed: until {@link processed} it does not make room for others. */
  hold(responderSpi: bigint): void {
    this.#halfOpen.hold(responderSpi);
  }

  /**
   * Takes the state after a message: it may keep more than before, so that others have to go, or be up, and count here no more.
   */
  processed(responderSpi: bigint, state: HalfOpenState | "established" | undefined): void {
    // Nothing is in steps of what the lane serves.
    if (this.#inSteps.size > 0) this.#inSteps.delete(responderSpi);
    const isOverdue = this.#overdue.size > 0 && this.#overdue.delete(responderSpi);
    if (state === "established") {
      const found = this.#halfOpen.remove(responderSpi);
      if (found) this.#states.cameUp?.(found.profile, found.admittedAtMs);
      this.#initial.over(responderSpi);
    } else if (isOverdue) this.#forget(responderSpi);
    else this.#evict(this.#halfOpen.keep(responderSpi, octetsBesideFirst(state)));
  }

  /** What a request is known by when it comes again. */
  hashOf(request: Uint8Array): number {
    return this.#initial.hashOf(request);
  }

  /** Whether exactly this request came before. */
  isRepeated(request: Uint8Array, hash: number): boolean {
    return this.#waiting.has(hash) || this.#initial.find(request, hash) !== undefined;
  }

  /**
   * Keeps what an accepted first message has begun, if there is room for it, and answers.
   *
   * @param hash of the request, as {@link FirstMessages.hashOf} made it.
   */
  begin(
    { response, next, told = [] }: Extract<FirstAnswer, { kind: "accepted" }>,
    request: Uint8Array,
    hash: number,
    datagram: Datagram,
    now: Instant,
  ): Effect[] {
    // The same message may have been answered in this wave: there is one IKE SA for both.
    const earlier = this.#initial.find(request, hash);
    if (earlier) {
      this.#states.discard(next);
      return this.#repeat(earlier, datagram);
    }
    const octets = request.length + response.length;
    const kind = next.presented === undefined ? "full exchange" : "resumption";
    const { gone, isRoom } = this.#halfOpen.makeRoom(octets, kind);
    this.#evict(gone);
    if (!isRoom) {
      this.#states.discard(next);
      this.#counters.half_open_refused_total++;
      return drop("half-open-limit");
    }
    const { spis: { responderSpi }, keySource } = next.first;
    this.#halfOpen.add(
      {
        responderSpi,
        prefix: addressPrefix(datagram.remote.address),
        octets,
        cost: kind === "resumption" ? 0 : costOfSuite(next.first.suite),
        profile: keySource.kind === "ticket" ? keySource.profile.name : undefined,
      },
      kind,
      now.monotonicMs,
    );
    this.#states.begin(responderSpi, next);
    this.#initial.add({ responderSpi, request, response, hash }, now.monotonicMs);
    const sent = [reply(response, datagram)];
    return told.length === 0 ? sent : sent.concat(told);
  }

  /** Whether requests to resume have to bring a cookie now. */
  get isResumptionAsked(): boolean {
    const { cookieThreshold, resumptionCookieThreshold = cookieThreshold } = this.#configuration;
    return this.#halfOpen.resumptionCount + this.#waiting.count >= resumptionCookieThreshold;
  }

  /** A client that wants much work done is asked sooner, and so is every client when much is to come, or waits already. */
  #isInitAsked({ payloads }: Message, waitedMs: number): boolean {
    if (waitedMs > OVERLOAD_WAIT_MS) return true;
    const cost = costOfGroup(findPayload(payloads, "KE")?.group);
    return this.#halfOpen.costToCome + cost > this.#configuration.cookieThreshold;
  }

  /** N(COOKIE), unless the message brought a valid one. Nothing is kept (RFC 7296, section 2.6). */
  *#challenge(message: Message, datagram: Datagram, now: Instant): Step<Uint8Array | undefined> {
    const nonce = findPayload(message.payloads, "Nonce")?.nonce;
    if (nonce === undefined) return undefined;
    const content = { remote: datagram.remote, nonce, initiatorSpi: message.header.initiatorSpi };
    const cookie = findNotify(message.payloads, NotifyType.COOKIE)?.data;
    if (cookie !== undefined && (yield* this.#cookies.isValid(cookie, content, now))) return undefined;
    const fresh = yield* this.#cookies.make(content, now);
    this.#counters.cookies_asked_total++;
    return encodeMessage(responseHeader(message.header, 0n), [notify(NotifyType.COOKIE, fresh)]);
  }

  #keep(answer: FirstAnswer, message: Message, hash: number, datagram: Datagram, now: Instant): Effect[] {
    switch (answer.kind) {
      case "dropped":
        return drop(answer.reason);
      case "refused": {
        const profile = profileOfExchange(this.#configuration.profiles, message.header.exchangeType);
        const fault = answer.fault === undefined ? {} : { fault: answer.fault };
        return [reply(answer.response, datagram), { ...refusalOf(profile, answer.reason), ...fault }];
      }
      case "challenged":
        this.#counters.cookies_asked_total++;
        return [reply(answer.response, datagram)];
      case "redirected":
        return [
          reply(answer.response, datagram),
          { type: "client-redirected", to: answer.to, remote: datagram.remote, proven: false },
        ];
      case "accepted":
        return this.begin(answer, message.octets, hash, datagram, now);
    }
  }

  #repeat({ response }: InitialExchange, datagram: Datagram): Effect[] {
    this.#counters.first_messages_repeated_total++;
    return response ? [reply(response, datagram)] : drop("repeated-first-message");
  }

  #forget(responderSpi: bigint): void {
    this.#halfOpen.remove(responderSpi);
    this.#counters.half_open_expired_total++;
    this.#states.forget(responderSpi);
  }

  #evict(gone: readonly bigint[]): void {
    for (const responderSpi of gone) {
      this.#counters.half_open_evicted_total++;
      this.#initial.forget(responderSpi);
      this.#states.forget(responderSpi);
    }
  }
}
