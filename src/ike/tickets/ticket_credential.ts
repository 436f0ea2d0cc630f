/**
 * Ties a ticket to the shared key that it came from: a client whose key was changed does not come back by a ticket of the old
 * one (RFC 5723, section 5, note 2; section 4.3.2 leaves to policy what else a gateway demands).
 *
 * A ticket holds a fingerprint of the shared key, made with a key that is derived from the ticket key: neither whoever has the key of the client
 * nor whoever reads a store of tickets by reference can try shared keys on it.
 *
 * @module
 */
import { PRF_HMAC_SHA2_256 } from "../../crypto/registry.ts";
import type { Identity } from "../../ticket/identity.ts";
import { identityNumber } from "../../ticket/identity.ts";
import { CREDENTIAL_LENGTH } from "../../ticket/ticket_items.ts";
import type { TicketKey } from "../../ticket/ticket_key.ts";
import { usesOf } from "../../ticket/ticket_key_uses.ts";
import type { TicketState } from "../../ticket/ticket_state.ts";
import { isSharedKeyMethod } from "../authentication/auth_payload.ts";
import { AnsweredLater } from "../policy/later_answers.ts";
import type { ResponderConfiguration } from "../policy/responder_configuration.ts";
import type { Credential, TicketSeries } from "../states/ticket_series.ts";
import { type Known, prf, type Step } from "../steps/step.ts";

/** The latest fingerprints that are remembered of each shared key: under the current ticket key, and the one before. */
const MOST_REMEMBERED = 4;

/** `changed`: there is to be no ticket. `undefined`: a ticket that says nothing of a shared key. */
export type NextCredential = Uint8Array | undefined | "changed";

interface Remembered {
  /** Changes with the octets of the shared key: its array may have been written over. */
  readonly checksum: number;
  readonly made: Credential[];
}

export class TicketCredentials {
  readonly #configuration: ResponderConfiguration;
  readonly #remembered = new WeakMap<Uint8Array, Remembered>();

  constructor(configuration: ResponderConfiguration) {
    this.#configuration = configuration;
  }

  /** From now on the tickets of an IKE SA depend on the shared key with which it was just established. */
  *begin(series: TicketSeries, sharedKey: Uint8Array): Step<void> {
    const { bindTicketsToSharedKey, issueTickets, ticketKeys } = this.#configuration;
    if (!bindTicketsToSharedKey || !issueTickets) return;
    series.credential = yield* this.#fingerprint(sharedKey, ticketKeys.current);
  }

  /**
   * Whether a ticket that opened came from the shared key that its client has now. One that an earlier version issued does not
   * tell, and neither does one of a client that came by EAP: EAP's `admits` says whether that may come in. A step, where a
   * fingerprint is yet to be made.
   *
   * @throws {AnsweredLater} the shared key has to be waited for.
   */
  isCurrent(
    { credential, initiatorId }: TicketState,
    ticketKey: TicketKey,
    configuration: ResponderConfiguration = this.#configuration,
  ): Known<boolean> {
    if (!configuration.bindTicketsToSharedKey || credential === undefined) return true;
    const sharedKey = sharedKeyOf(initiatorId, configuration);
    if (sharedKey === undefined) return false;
    const made = this.#madeBefore(sharedKey, ticketKey);
    return made ? same(made.fingerprint, credential) : this.#isOf(sharedKey, ticketKey, credential);
  }

  /**
   * What the next ticket of a series says. `changed`: its client's shared key is no longer the one it proved itself by, or the
   * ticket key of that time is gone, so that nobody can tell: it gets none. A step, where a fingerprint is yet to be made.
   */
  next(
    series: TicketSeries,
    { initiatorId, eapType, authenticationMethod }: Pick<TicketState, "initiatorId" | "eapType" | "authenticationMethod">,
    ticketKey: TicketKey,
  ): Known<NextCredential> {
    if (!this.#configuration.bindTicketsToSharedKey || eapType !== undefined || !isSharedKeyMethod(authenticationMethod)) {
      return undefined;
    }
    const { credential } = series;
    const sharedKey = sharedKeyAtOnce(initiatorId, this.#configuration);
    if (sharedKey === "later") return this.#nextUnseen(credential, ticketKey);
    if (sharedKey === undefined) return "changed";
    const made = this.#madeBefore(sharedKey, ticketKey);
    // Nearly always: one ticket key, and a client whose fingerprint under it is known.
    if (made === undefined || credential?.ticketKey.key !== ticketKey.key) return this.#next(series, sharedKey, ticketKey);
    return this.#isInRing(credential) ? goesOn(series, credential, made) : "changed";
  }

  /**
   * Nobody waits for a shared key now: the ticket says what the one before said, and the shared key is looked at when it is presented. Under another
   * ticket key nobody can say it.
   */
  #nextUnseen(credential: Credential | undefined, ticketKey: TicketKey): NextCredential {
    return credential?.ticketKey.key === ticketKey.key && this.#isInRing(credential) ? credential.fingerprint : "changed";
  }

  *#next(series: TicketSeries, sharedKey: Uint8Array, ticketKey: TicketKey): Step<NextCredential> {
    const { credential } = series;
    if (credential) {
      if (!this.#isInRing(credential)) return "changed";
      if (goesOn(series, credential, yield* this.#fingerprint(sharedKey, credential.ticketKey)) === "changed") return "changed";
    }
    if (series.credential?.ticketKey.key !== ticketKey.key) series.credential = yield* this.#fingerprint(sharedKey, ticketKey);
    return series.credential.fingerprint;
  }

  *#isOf(sharedKey: Uint8Array, ticketKey: TicketKey, credential: Uint8Array): Step<boolean> {
    return same((yield* this.#fingerprint(sharedKey, ticketKey)).fingerprint, credential);
  }

  #isInRing({ ticketKey: { keyId, key } }: Credential): boolean {
    return this.#configuration.ticketKeys.find(keyId)?.key === key;
  }

  #madeBefore(sharedKey: Uint8Array, ticketKey: TicketKey): Credential | undefined {
    for (const earlier of this.#rememberedOf(sharedKey).made) {
      if (earlier.ticketKey.key === ticketKey.key) return earlier;
    }
    return undefined;
  }

  *#fingerprint(sharedKey: Uint8Array, ticketKey: TicketKey): Step<Credential> {
    const earlier = this.#madeBefore(sharedKey, ticketKey);
    if (earlier) return earlier;
    const whole = yield* prf({ prf: PRF_HMAC_SHA2_256, key: usesOf(ticketKey).credential, data: [sharedKey] });
    const made = { ticketKey, fingerprint: whole.subarray(0, CREDENTIAL_LENGTH) };
    const remembered = this.#rememberedOf(sharedKey);
    if (remembered.made.length >= MOST_REMEMBERED) remembered.made.shift();
    remembered.made.push(made);
    return made;
  }

  #rememberedOf(sharedKey: Uint8Array): Remembered {
    const checksum = identityNumber({ idType: 0, identification: sharedKey });
    let remembered = this.#remembered.get(sharedKey);
    if (remembered?.checksum !== checksum) this.#remembered.set(sharedKey, remembered = { checksum, made: [] });
    return remembered;
  }
}

/** Everyone knows the empty key: a look-up that comes back with it has found nothing. */
function sharedKeyOf(identity: Identity, configuration: ResponderConfiguration): Uint8Array | undefined {
  const sharedKey = configuration.presharedKeyOf(identity);
  return sharedKey?.length === 0 ? undefined : sharedKey;
}

function sharedKeyAtOnce(identity: Identity, configuration: ResponderConfiguration): Uint8Array | undefined | "later" {
  try {
    return sharedKeyOf(identity, configuration);
  } catch (later) {
    if (later instanceof AnsweredLater) return "later";
    throw later;
  }
}

/** Whether the shared key that a series has depended on so far is the one whose fingerprint is `remembered`. */
function goesOn(series: TicketSeries, credential: Credential, remembered: Credential): NextCredential {
  if (!same(remembered.fingerprint, credential.fingerprint)) return "changed";
  series.credential = remembered;
  return remembered.fingerprint;
}

/** Looks at every octet, equal or not. */
function same(one: Uint8Array, other: Uint8Array): boolean {
  let difference = one.length ^ other.length;
  for (let index = 0; index < one.length; index++) difference |= one[index] ^ (other[index] ?? 0);
  return difference === 0;
}
