/**
 * The keys that tickets are sealed under (RFC 5723, sections 6.1 and 9.5).
 *
 * @module
 */
import type { RandomSource } from "../crypto/key_exchange.ts";
import { wipe } from "../crypto/wipe.ts";

/** Octets of a key identity (RFC 5723, appendix A.1). */
export const KEY_ID_LENGTH = 8;
/** Octets of an AES-256-GCM ticket key. */
export const TICKET_KEY_LENGTH = 32;

/** What `inspect` of node:util asks an object for, on Deno too. */
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** One ticket key. It serves tickets and nothing else. */
export interface TicketKey {
  /** 8 octets, not all zero: an empty slot must never match what an attacker can write. */
  readonly keyId: Uint8Array;
  /** 32 octets. Secret. */
  readonly key: Uint8Array;
  /** Seconds since 1970. */
  readonly madeAtEpochSeconds: number;
}

/**
 * The current key, under which tickets are issued, and earlier ones, under which they still open until they expire
 * (RFC 5723, section 6.1).
 */
export class TicketKeyRing {
  readonly #keys = new Map<string, TicketKey>();
  readonly #decoy: TicketKey;
  #current: TicketKey;

  /**
   * @param keys The current key first. At least one.
   * @throws {RangeError} no key, a key or key identity of a wrong length, an all-zero key identity, or one identity twice.
   */
  constructor(keys: readonly TicketKey[], random: RandomSource) {
    if (keys.length === 0) throw new RangeError("ticket key ring: no key, expected at least one");
    for (const key of keys) {
      checkTicketKey(key);
      if (this.#keys.has(nameOf(key.keyId))) {
        throw new RangeError(`ticket key ring: key ${nameOf(key.keyId)} stands there twice`);
      }
      this.#keys.set(nameOf(key.keyId), key);
    }
    this.#current = keys[0];
    this.#decoy = makeTicketKey(random, 0);
    // Inspection with getters would show what the getters give.
    Object.defineProperty(this, INSPECT, { value: () => this.toJSON() });
  }

  /** A ring with one new key. */
  static generate(random: RandomSource, nowEpochSeconds: number): TicketKeyRing {
    return new TicketKeyRing([makeTicketKey(random, nowEpochSeconds)], random);
  }

  /** The key for new tickets. */
  get current(): TicketKey {
    return this.#current;
  }

  /** All keys, the current one first. */
  get keys(): readonly TicketKey[] {
    return [this.#current, ...[...this.#keys.values()].filter((key) => key !== this.#current)];
  }

  /** The key of an identity, if the ring has it. */
  find(keyId: Uint8Array): TicketKey | undefined {
    return this.#keys.get(nameOf(keyId));
  }

  /** A key that no ticket was ever sealed under: opening with it takes the time of a known key, and fails. */
  get decoy(): TicketKey {
    return this.#decoy;
  }

  /** Makes a new key the current one. Tickets under the keys before it open as long as `forget` has not taken those away. */
  rotate(random: RandomSource, nowEpochSeconds: number): TicketKey {
    const key = makeTicketKey(random, nowEpochSeconds);
    this.#keys.set(nameOf(key.keyId), key);
    this.#current = key;
    return key;
  }

  /**
   * Wipes and removes the keys that were replaced before a moment: all their tickets have expired, if it lies a ticket lifetime back.
   *
   * @returns how many keys are gone.
   */
  forgetReplacedBefore(epochSeconds: number): number {
    const replaced = [...this.#keys.values()].filter((key) => key !== this.#current && this.#replacedAt(key) < epochSeconds);
    for (const key of replaced) {
      this.#keys.delete(nameOf(key.keyId));
      wipe(key.key);
    }
    return replaced.length;
  }

  /** A key was replaced when the next newer one was made; one that has none newer, in the very second it was made. */
  #replacedAt({ madeAtEpochSeconds }: TicketKey): number {
    const newer = [...this.#keys.values()].map((key) => key.madeAtEpochSeconds).filter((made) => made > madeAtEpochSeconds);
    return newer.length === 0 ? madeAtEpochSeconds : Math.min(...newer);
  }

  /** Shows which keys there are, never what they are. */
  toJSON(): { readonly keyIds: readonly string[] } {
    return { keyIds: this.keys.map(({ keyId }) => nameOf(keyId)) };
  }
}

/** A new key with a random identity. */
export function makeTicketKey(random: RandomSource, nowEpochSeconds: number): TicketKey {
  let keyId = random(KEY_ID_LENGTH);
  while (isAllZero(keyId)) keyId = random(KEY_ID_LENGTH);
  return { keyId, key: random(TICKET_KEY_LENGTH), madeAtEpochSeconds: nowEpochSeconds };
}

function checkTicketKey({ keyId, key }: TicketKey): void {
  if (keyId.length !== KEY_ID_LENGTH) {
    throw new RangeError(`ticket key: identity of ${keyId.length} octets, expected ${KEY_ID_LENGTH}`);
  }
  if (isAllZero(keyId)) throw new RangeError("ticket key: identity is all zero, expected any other");
  if (key.length !== TICKET_KEY_LENGTH) throw new RangeError(`ticket key: ${key.length} octets, expected ${TICKET_KEY_LENGTH}`);
}

function isAllZero(octets: Uint8Array): boolean {
  return octets.every((octet) => octet === 0);
}

function nameOf(keyId: Uint8Array): string {
  let name = "";
  for (const octet of keyId) name += octet.toString(16).padStart(2, "0");
  return name;
}
