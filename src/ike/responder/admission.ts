/**
 * Which other IKE SAs a client that has just proven itself may have beside its new one, and whether there is room for that at all.
 *
 * @module
 */
import { identityKey } from "../../ticket/identity.ts";
import type { AdmissionPolicy, Newcomer, ProvenNewcomer } from "../exchanges/responder_context.ts";
import { keptOf } from "../policy/client_rules.ts";
import type { NewsOfWorkers, ReplacedIdentity } from "../policy/other_workers.ts";
import type { ResponderConfiguration } from "../policy/responder_configuration.ts";
import type { DownReason, Effect } from "../states/effect.ts";
import type { IkeSaTable } from "../states/ike_sa_table.ts";
import type { Instant } from "../steps/instant.ts";
import type { IkeSaLife } from "./life.ts";
import { isOfClient } from "./same_client.ts";
import type { IkeSaTimers } from "./timers.ts";

/** IKE SAs of one identity, where the configuration does not say how many it may have. */
const MOST_OF_ONE_IDENTITY = 10_000;

/** How many of an identity's oldest IKE SAs are searched for the one that was silent longest: a crowd may share an identity. */
const CANDIDATES = 64;

const NOTHING_TOLD: readonly Effect[] = [];

export class Admission implements AdmissionPolicy {
  readonly #configuration: ResponderConfiguration;
  readonly #sas: IkeSaTable;
  readonly #lifecycle: IkeSaLife;
  readonly #timers: IkeSaTimers;
  #untold: Effect[] = [];
  /** IKE SAs that others were told of, and whose place in the order of all workers is not known yet. */
  readonly #unordered = new Set<bigint>();

  constructor(configuration: ResponderConfiguration, sas: IkeSaTable, lifecycle: IkeSaLife, timers: IkeSaTimers) {
    this.#configuration = configuration;
    this.#sas = sas;
    this.#lifecycle = lifecycle;
    this.#timers = timers;
  }

  /** There are as many IKE SAs as there may be: a request to begin another one need not be looked at. */
  get isFull(): boolean {
    return this.#sas.upCount + this.#sas.retiredCount >= this.#configuration.ikeSaLimit;
  }

  newcomer({ ownSpi, identity, saysInitialContact, ticketOf, remote }: ProvenNewcomer): Newcomer {
    const predecessor = ticketOf && this.#sas.ownSpiOf(ticketOf);
    const { rulesOf, uniqueIdentities } = this.#configuration;
    const unique = rulesOf?.(identity)?.uniqueIdentities ?? uniqueIdentities;
    return { ownSpi, key: identityKey(identity), saysInitialContact, predecessor, remote, unique };
  }

  /**
   * Why a client may not come in, although it has proven itself; `undefined`: it may. Where an identity may have no more than so many, its place is
   * taken from now on: others of the same wave are asked about before this one is up.
   */
  refusalOf(newcomer: Newcomer): DownReason | undefined {
    const kept = keptOf(newcomer.unique);
    const reason = this.#refusalOf(newcomer, kept);
    if (reason === undefined && kept !== undefined) this.#sas.list(newcomer.ownSpi, newcomer.key);
    return reason;
  }

  #refusalOf(newcomer: Newcomer, kept: number | undefined): DownReason | undefined {
    if (kept !== undefined && this.#countOthers(newcomer) >= kept && !this.#mayComeBeside(newcomer, kept)) {
      // They may be gone without a word: then the next attempt succeeds.
      for (const ownSpi of this.#others(newcomer)) this.#timers.ask(ownSpi);
      return "identity-in-use";
    }
    if (!this.isFull || newcomer.predecessor !== undefined || this.#hasOthers(newcomer) && this.#endsOthers(newcomer)) {
      return undefined;
    }
    return "ike-sa-limit";
  }

  /**
   * Lets a client in: others of its identity make room, at once, which {@link Admission.takeUntold} tells. Whose place another has taken meanwhile finds
   * itself no longer listed when it is up.
   */
  admit(newcomer: Newcomer, now: Instant): void {
    const { key, ownSpi, saysInitialContact, unique } = newcomer;
    if (keptOf(unique) !== undefined && !this.#sas.isListed(ownSpi, key)) return;
    if (this.#endsOthers(newcomer)) {
      const reason = saysInitialContact ? "initial-contact" : "replaced-by-newcomer";
      for (const other of this.#others(newcomer)) this.#end(other, reason, now);
      this.#tellOthers({ key, ownSpi, reason });
    } else {
      if (saysInitialContact || keptOf(unique) !== undefined) {
        // The client has several devices, of which this one was restarted, or it proves itself anew and has the older one to delete. Silence
        // will tell which of the others it was before.
        for (const other of this.#others(newcomer)) this.#timers.ask(other);
      }
      const most = typeof unique === "number" ? unique : MOST_OF_ONE_IDENTITY;
      for (let excess = this.#countOthers(newcomer) + 1 - most; excess > 0; excess--) {
        const silent = this.#longestSilent(newcomer);
        if (silent !== undefined) this.#end(silent, "replaced-by-newcomer", now);
      }
    }
    this.#sas.list(ownSpi, key);
  }

  /**
   * Clients came up in the place of all others of their identities. Those of this worker that did so themselves, and are later in the order of all
   * workers, stay.
   */
  replaced({ replaced, isOwn }: NewsOfWorkers, now: Instant): void {
    for (const { key, ownSpi, reason } of replaced) {
      if (isOwn) this.#unordered.delete(ownSpi);
      else {for (const other of [...this.#sas.identities.of(key)]) {
          if (!this.#unordered.has(other)) this.#end(other, reason, now);
        }}
    }
  }

  /** Effects of what was ended since this was last called. */
  takeUntold(): readonly Effect[] {
    return this.#untold.length === 0 ? NOTHING_TOLD : this.#untold.splice(0);
  }

  /**
   * A client that says INITIAL_CONTACT is not one of several that share its identity (RFC 7296, section 2.4), unless policy says that it is: most
   * clients say so whenever they start.
   */
  #endsOthers({ saysInitialContact, unique }: Newcomer): boolean {
    return unique === "replace" || saysInitialContact && (unique === undefined || keptOf(unique) === 1);
  }

  #tellOthers(others: ReplacedIdentity): void {
    const { otherWorkers } = this.#configuration;
    if (otherWorkers === undefined) return;
    this.#unordered.add(others.ownSpi);
    otherWorkers.replaced(others);
  }

  #end(ownSpi: bigint, reason: DownReason, now: Instant): void {
    const state = this.#sas.established(ownSpi);
    // An IKE SA that is just coming up, in the same wave, finds itself no longer listed when it is up.
    if (state === undefined) this.#sas.unlist(ownSpi);
    else this.#untold.push(...this.#lifecycle.end(state, reason, now, this.isFull));
  }

  /**
   * Whether a client comes in although its identity has as many IKE SAs as are kept. INITIAL_CONTACT ends the one that is kept; of several it does not
   * say which.
   *
   * A client proves itself anew by an IKE SA that it makes before it deletes the one that it has, without INITIAL_CONTACT (RFC 7296, section 2.8.3;
   * RFC 4718, section 5.2): one of the others is reached where this one is. Beyond those and this one there is none.
   */
  #mayComeBeside(newcomer: Newcomer, kept: number): boolean {
    if (newcomer.saysInitialContact && kept === 1) return true;
    return this.#countOthers(newcomer) === kept &&
      this.#others(newcomer).some((other) => isOfClient(this.#sas, other, newcomer.key, newcomer.remote));
  }

  #hasOthers(newcomer: Newcomer): boolean {
    return this.#countOthers(newcomer) > 0;
  }

  /** Without its own place, and that of the one that it comes back from. */
  #countOthers({ key, ownSpi, predecessor }: Newcomer): number {
    const isPredecessorListed = predecessor !== undefined && this.#sas.isListed(predecessor, key);
    return this.#sas.identities.count(key) - (isPredecessorListed ? 1 : 0) - (this.#sas.isListed(ownSpi, key) ? 1 : 0);
  }

  #others({ key, ownSpi, predecessor }: Newcomer): bigint[] {
    return [...this.#sas.identities.of(key)].filter((other) => other !== ownSpi && other !== predecessor);
  }

  #longestSilent({ key, ownSpi: own, predecessor }: Newcomer): bigint | undefined {
    let [found, silentSince, seen]: [bigint | undefined, number, number] = [undefined, Infinity, 0];
    for (const ownSpi of this.#sas.identities.of(key)) {
      if (ownSpi === own || ownSpi === predecessor) continue;
      const heardAtMs = this.#sas.heardAtMs(ownSpi) ?? Infinity;
      if (found === undefined || heardAtMs < silentSince) [found, silentSince] = [ownSpi, heardAtMs];
      if (++seen === CANDIDATES) break;
    }
    return found;
  }
}
