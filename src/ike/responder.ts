/**
 * The responder: all IKE SAs of a gateway, from first message to delete. No I/O, no clock, no random source of its own.
 *
 * @module
 */
import type { RandomSource } from "../crypto/key_exchange.ts";
import type { Identity } from "../ticket/identity.ts";
import { decodeMessage, type Message } from "../wire/message.ts";
import { IdentityNumbers } from "./child_sa/identity_numbers.ts";
import type { ChildOrder } from "./exchanges/create_child_sa/child_orders.ts";
import type { EstablishedContext } from "./exchanges/established_context.ts";
import * as establishedMessages from "./exchanges/established_messages.ts";
import type { FirstMessageCounters } from "./exchanges/first_message_counters.ts";
import { FirstMessages } from "./exchanges/first_messages.ts";
import { gatewayEstablishedContext } from "./exchanges/gateway_context.ts";
import { KeyPairPool } from "./exchanges/ike_sa_init/key_pair_pool.ts";
import { drop } from "./exchanges/reply.ts";
import type { ResponderContext } from "./exchanges/responder_context.ts";
import type { SpiPair } from "./ike_sa/spi.ts";
import { type LaneAnswers, ResumptionLane } from "./lane/lane.ts";
import type { LaneContext } from "./lane/lane_context.ts";
import { FragmentBudget } from "./message/fragments.ts";
import { guardHooks, withOthers } from "./policy/guarded_hooks.ts";
import { type AnsweredLater, askedBefore } from "./policy/later_answers.ts";
import { RemoteAddresses } from "./policy/remote_addresses.ts";
import type { ResponderConfiguration } from "./policy/responder_configuration.ts";
import { Administration } from "./responder/administration.ts";
import { Admission } from "./responder/admission.ts";
import { HalfOpenMessages } from "./responder/half_open_messages.ts";
import { IkeSaList } from "./responder/ike_sa_list.ts";
import { IkeSaLife } from "./responder/life.ts";
import { Redirections } from "./responder/redirections.ts";
import type { ResponderListeners } from "./responder/responder_listeners.ts";
import { Revocation } from "./responder/revocation.ts";
import { isOfClient } from "./responder/same_client.ts";
import { IkeSaTimers } from "./responder/timers.ts";
import { type Urgency, urgencyOf } from "./responder/urgency.ts";
import type { Effect } from "./states/effect.ts";
import type { HalfOpenTable } from "./states/half_open_table.ts";
import { IkeSaTable } from "./states/ike_sa_table.ts";
import { isTooLong } from "./states/responder_state.ts";
import type { Datagram } from "./steps/datagram.ts";
import type { Instant } from "./steps/instant.ts";
import type { Step } from "./steps/step.ts";
import type { WaveServices } from "./steps/wave.ts";
import { IssuedTickets } from "./tickets/issued_tickets.ts";
import { SpentTickets } from "./tickets/spent_tickets.ts";

export { serialKey } from "./ike_sa/spi.ts";
export * from "./policy/responder_configuration.ts";

/**
 * All IKE SAs of a gateway. Its driver hands in the datagrams that come, and calls {@link Responder.timeout} at
 * {@link Responder.deadline}. Steps with the same {@link serialKey} run one after the other, all others side by side. Every
 * step but those of {@link Responder.receive} runs alone, between waves: it may end an IKE SA whose step waits for its
 * cryptography or a store.
 */
export class Responder {
  #configuration: ResponderConfiguration;
  readonly #random: RandomSource;
  readonly #sas: IkeSaTable;
  readonly #first: FirstMessages;
  readonly #lifecycle: IkeSaLife;
  readonly #timers: IkeSaTimers;
  readonly #admission: Admission;
  readonly #remoteAddresses: RemoteAddresses;
  readonly #issued: IssuedTickets;
  readonly #fragments: FragmentBudget;
  readonly #keyPairs = new KeyPairPool();
  readonly #spentTickets = new SpentTickets();
  readonly #revocation: Revocation;
  readonly #administration: Administration;
  readonly #halfOpen: HalfOpenMessages;
  readonly #lane: ResumptionLane;

  /** `random`: the one source of all randomness of this end. */
  constructor(options: ResponderConfiguration, random: RandomSource, { onHookFault, cameUp }: ResponderListeners = {}) {
    const configuration = guardHooks(options, onHookFault ?? (() => {}));
    this.#configuration = configuration;
    this.#random = random;
    this.#fragments = new FragmentBudget(configuration.mostFragmentOctets);
    const numbers = new IdentityNumbers(random);
    this.#sas = new IkeSaTable(numbers, configuration.exposeKeys);
    this.#issued = new IssuedTickets(configuration, this.#sas);
    this.#remoteAddresses = new RemoteAddresses(configuration.innerAddresses, numbers, random);
    const redirections = new Redirections(configuration.redirectsPerSecond);
    const { otherWorkers } = configuration;
    this.#lifecycle = new IkeSaLife(this.#sas, this.#issued, this.#remoteAddresses, redirections, otherWorkers);
    this.#first = new FirstMessages(configuration, random, {
      begin: (responderSpi, state) => this.#sas.set(responderSpi, state),
      discard: (state) => this.#lifecycle.discard(state),
      forget: (responderSpi) => this.#lifecycle.forgetHalfOpen(responderSpi),
      cameUp,
    });
    this.#revocation = new Revocation(configuration, this.#sas, this.#lifecycle, this.#issued);
    this.#timers = new IkeSaTimers(this.#sas, this.#lifecycle, redirections, configuration);
    this.#admission = new Admission(configuration, this.#sas, this.#lifecycle, this.#timers);
    this.#administration = new Administration(
      this.#sas,
      this.#lifecycle,
      this.#timers,
      this.#issued,
      this.#admission,
      new IkeSaList(this.#sas, this.#remoteAddresses),
      (now) => this.#establishedContext(now),
    );
    this.#halfOpen = new HalfOpenMessages(this.#first, this.#sas, this.#lifecycle, this.#admission, this.#issued);
    this.#lane = new ResumptionLane(configuration);
  }

  /** @internal */
  get fragments(): FragmentBudget {
    return this.#fragments;
  }

  /** IKE SAs whose client has not proven itself yet. */
  get halfOpenCount(): number {
    return this.#sas.halfOpenCount;
  }

  /** @internal How many half-open IKE SAs began with a ticket, and how many octets of messages all of them keep. */
  get halfOpen(): Pick<HalfOpenTable, "resumptionCount" | "octets"> {
    return this.#first.halfOpen;
  }

  /** Counts of what first messages led to. */
  get firstMessageCounters(): Readonly<FirstMessageCounters> {
    return this.#first.counters;
  }

  /** IKE SAs that are up. */
  get establishedCount(): number {
    return this.#sas.upCount;
  }

  /** IKE SAs that are no longer up, rekeyed ones for example, and wait for their DELETE. */
  get retiredCount(): number {
    return this.#sas.retiredCount;
  }

  /** When `timeout` is next due, in monotonic milliseconds; `undefined` while nothing waits. */
  get deadline(): number | undefined {
    const earliest = Math.min(this.#first.nextExpiryMs ?? Infinity, this.#timers.nextDueMs, this.#keyPairs.nextExpiryMs);
    return earliest === Infinity ? undefined : earliest;
  }

  /**
   * A datagram came. Whatever its octets are, this neither throws nor does more than bounded work. `waitedMs`: how long it waited to be
   * processed, by which the responder knows that there is more than it can do. `later`: what policy, asked in the lane, answered later.
   */
  *receive(datagram: Datagram, now: Instant, waitedMs: number = 0, later?: AnsweredLater): Step<Effect[]> {
    const decoded = decodeMessage(datagram.octets);
    if (!decoded.ok) return this.#first.refuseUndecodable(datagram, decoded.error, now);
    const message = decoded.value;
    const { header } = message;
    this.#configuration.ticketKeys.advance(now.epochSeconds);
    if (header.responderSpi !== 0n) return yield* this.#receiveOnSa(message, datagram, now, later);
    return yield* this.#first.receive(message, datagram, this.#context(now, later), waitedMs);
  }

  /**
   * @internal Serves what is plain of a wave together, in the lane. No two of the datagrams may be on one IKE SA. What is left is for
   * {@link Responder.receive}: nothing has happened to it.
   * @param whenFaulty A fault has ended what one datagram asked for; gives its effects, and must not throw.
   */
  receiveTogether(
    datagrams: readonly Datagram[],
    now: Instant,
    services: WaveServices,
    whenFaulty: LaneContext["whenFaulty"],
  ): LaneAnswers {
    const [first, halfOpen, sas] = [this.#first, this.#halfOpen, this.#sas];
    return this.#lane.serve(datagrams, { ...this.#context(now), services, first, halfOpen, sas, whenFaulty });
  }

  /**
   * Time has passed: half-open IKE SAs expire, requests of this end are sent again, silent clients are asked for a sign of
   * life, IKE SAs end. Where thousands are due at once it serves some of them; the deadline of the rest is over already.
   */
  *timeout(now: Instant): Step<Effect[]> {
    this.#keyPairs.expire(now.monotonicMs);
    const effects = [...this.#admission.takeUntold(), ...this.#first.expire(now.monotonicMs)];
    effects.push(...yield* this.#timers.serve(now, this.#establishedContext(now)));
    return yield* this.#issued.settle(effects);
  }

  /** Deletes an IKE SA and tells the peer. Nothing happens when no IKE SA has these SPIs. */
  *close(spis: SpiPair, now: Instant): Step<Effect[]> {
    return yield* this.#administration.close(spis, now);
  }

  /** Asks the peer for a sign of life (RFC 7296, section 2.4): at once, or as soon as `livenessChecksPerSecond` allows. */
  *checkLiveness(spis: SpiPair, now: Instant): Step<Effect[]> {
    return yield* this.#administration.checkLiveness(spis, now);
  }

  /** Authentic ESP came from the peers of these IKE SAs: a sign of life like any other (RFC 7296, section 2.4). */
  // deno-lint-ignore require-yield -- it runs alone, as whatever changes an IKE SA does.
  *peersHeard(heard: Iterable<SpiPair>, now: Instant): Step<Effect[]> {
    for (const spis of heard) this.#lifecycle.hear(spis, now);
    return [];
  }

  /** Offers the client a new IKE SA in place of one (RFC 7296, section 2.8). Ends with "ike-sa-rekeyed" or "ike-sa-rekey-failed". */
  *rekey(spis: SpiPair, now: Instant): Step<Effect[]> {
    return yield* this.#administration.rekey(spis, now);
  }

  /** Makes, rekeys or deletes a Child SA, or takes note of what it has carried. Nothing happens when no IKE SA has these SPIs. */
  *orderChildSa(spis: SpiPair, order: ChildOrder, now: Instant): Step<Effect[]> {
    return yield* this.#administration.orderChildSa(spis, order, now);
  }

  /** @internal What else its owner may ask. */
  get administration(): Administration {
    return this.#administration;
  }

  /**
   * Takes one ticket back: from now on it is refused like any other that is no good (RFC 5723, section 9.8). It need not be
   * known here. A ticket by value is remembered until `expiresAtEpochSeconds`, or as long as a ticket issued now would live.
   * @throws {RangeError} `ticketId` is no ticket's name.
   */
  *revokeTicket(ticketId: string, now: Instant, expiresAtEpochSeconds?: number): Step<Effect[]> {
    return yield* this.#revocation.revokeTicket(ticketId, now, expiresAtEpochSeconds);
  }

  /**
   * Takes back, for this gateway, every ticket issued so far to a client with this IDi, or authenticated as this identity by
   * EAP, also where another gateway with the same keys issued it. IKE SAs that are up stay up. Tickets whose IKE SAs are up
   * here are taken back from the stores too.
   */
  *revokeIdentity(identity: Identity, now: Instant): Step<Effect[]> {
    return yield* this.#revocation.revokeIdentity(identity, now);
  }

  /** @internal How urgent a datagram is, before any other work is done for it. */
  urgencyOf(octets: Uint8Array): Urgency {
    return urgencyOf(octets, this.#configuration.profiles, this.#knownOf);
  }

  readonly #knownOf = (ownSpi: bigint) =>
    this.#sas.standingOf(ownSpi) === "established" ? "up" : this.#first.halfOpen.kindOf(ownSpi);

  /** From now on no IKE SA comes up: first messages are answered with another gateway's name, or not at all. */
  leave(to: string): void {
    this.#configuration = withOthers(this.#configuration, { leavesTo: to, redirectFirst: () => to });
  }

  /** Forgets everything and wipes all keys, without a word to any peer. */
  dispose(): void {
    this.#lifecycle.dispose();
    this.#keyPairs.clear();
    this.#timers.clear();
  }

  *#receiveOnSa(message: Message, datagram: Datagram, now: Instant, later?: AnsweredLater): Step<Effect[]> {
    const { responderSpi, initiatorSpi, fromInitiator } = message.header;
    // This end is the original initiator of an IKE SA that it offered in the place of another: the first SPI is then its own.
    const ownSpi = fromInitiator ? responderSpi : initiatorSpi;
    const standing = this.#sas.standingOf(ownSpi);
    // No INVALID_IKE_SPI: an unprotected answer would tell a client nothing that it may believe (RFC 5723, section 9.4).
    if (standing === undefined || !fromInitiator && standing !== "established") return drop("no-such-sa");
    if (isTooLong(message, this.#configuration)) return drop("too-long");
    if (standing === "established") return yield* this.#receiveOnEstablished(ownSpi, message, datagram, now);
    const effects = yield* this.#halfOpen.receive(standing, message, datagram, this.#context(now, later));
    // What confirms an IKE SA is a request on it as any other.
    const isConfirmed = standing.waitsFor === "confirmation" && this.#sas.standingOf(ownSpi) === "established";
    return isConfirmed ? [...effects, ...yield* this.#receiveOnEstablished(ownSpi, message, datagram, now)] : effects;
  }

  /** Nobody is woken by what is none of the IKE SA's messages: whoever has seen one of its SPIs can send that. */
  *#receiveOnEstablished(ownSpi: bigint, message: Message, datagram: Datagram, now: Instant): Step<Effect[]> {
    const state = this.#sas.ownSpiOf(message.header) === ownSpi ? this.#sas.established(ownSpi) : undefined;
    if (state === undefined) return drop("no-such-sa");
    const step = establishedMessages.receive(state, message, datagram, now, this.#establishedContext(now));
    return yield* this.#issued.settle(this.#lifecycle.apply(state, yield* step));
  }

  #context(now: Instant, later?: AnsweredLater): ResponderContext {
    return {
      configuration: later ? askedBefore(this.#configuration, later) : this.#configuration,
      random: this.#random,
      now,
      revokedIdentities: this.#revocation.identities,
      keyPairs: this.#keyPairs,
      spentTickets: this.#spentTickets,
      remoteAddresses: this.#remoteAddresses,
      issued: this.#issued,
      fragmentBudget: this.#fragments,
      admission: this.#admission,
      ownSpiOf: (spis) => this.#sas.ownSpiOf(spis),
      isSameClient: (ownSpi, key, remote) => isOfClient(this.#sas, ownSpi, key, remote),
    };
  }

  #establishedContext(now: Instant): EstablishedContext {
    return gatewayEstablishedContext(this.#context(now));
  }
}
