/**
 * Ticket keys that follow from a master secret and the time: gateways that share nothing but the secret have the same keys, and new ones every
 * epoch, without a word between them (RFC 5723, sections 6.1 and 9.5).
 *
 * HKDF with SHA-256 (RFC 5869) over the master secret. The name of an epoch, which goes in as info, says what the octets are for, the algorithm, the
 * length of epochs and the number of this one since 1970: gateways that differ in any of these have different keys with different identities, and
 * refuse each other's tickets cleanly.
 *
 * @module
 */
import type { CryptoProvider, DeriveKeysRequest } from "../crypto/provider.ts";
import { PRF_HMAC_SHA2_256 } from "../crypto/registry.ts";
import { isAllZero, KEY_ID_LENGTH, type TicketAlgorithm, type TicketKey, ticketKeyLength } from "./ticket_key.ts";
import type { RandomSource } from "../crypto/key_exchange.ts";
import { TicketKeyRing, type TicketKeySource } from "./ticket_key_ring.ts";
import type { TicketKeyPolicy } from "./ticket_key_policy.ts";
import { CLOCK_SKEW_SECONDS } from "./ticket_key_schedule.ts";

/** 256 bits. */
export const LEAST_MASTER_SECRET_LENGTH = 32;
export const DEFAULT_EPOCH_SECONDS = 86_400;

const SALT = new TextEncoder().encode("ike-resume ticket keys");

/** A secret, and what the keys that follow from it are for. */
export interface MasterSecret {
  /** At least 32 octets of a cryptographic random source. Secret. */
  readonly secret: Uint8Array;
  /** What its keys seal with. */
  readonly algorithm: TicketAlgorithm;
}

/** What keys are made of, and when one takes the place of another. */
export interface DerivedTicketKeysOptions {
  /** Tickets are sealed under keys of the first; those of the others open: an earlier secret or algorithm, or the one to come. */
  readonly masters: readonly MasterSecret[];
  /** How long one key seals. The same at all gateways. */
  readonly epochSeconds: number;
  /** The longest lifetime of a ticket: the keys of earlier epochs are there as long. */
  readonly ticketLifetimeSeconds: number;
}

/**
 * A ring of keys that follow from master secrets: nothing is kept anywhere, and nobody has to rotate.
 *
 * @param random For the decoy key alone.
 * @throws {RangeError} as `derivedTicketKeys`, or epochs that are too short for the lifetime of tickets (RFC 5723, section 6.2).
 */
export function derivedTicketKeyRing(
  provider: CryptoProvider,
  options: DerivedTicketKeysOptions,
  random: RandomSource,
  nowEpochSeconds: number,
  policy: Partial<Pick<TicketKeyPolicy, "sealLimit">> = {},
): TicketKeyRing {
  const { epochSeconds: rotationSeconds, ticketLifetimeSeconds } = options;
  const source = derivedTicketKeys(provider, options);
  return TicketKeyRing.of(source, random, nowEpochSeconds, { ...policy, rotationSeconds, ticketLifetimeSeconds });
}

/**
 * For `TicketKeyRing.of`: the keys of this epoch, of the next, which gateways whose clocks are ahead seal under already, and of all before it under
 * which a ticket may still live.
 *
 * The secrets are copied, and wiped by nobody: a ring needs them as long as it lives.
 *
 * @throws {RangeError} no secret, a secret that is too short or all zero, one that stands there twice, or a number out of range.
 */
export function derivedTicketKeys(provider: CryptoProvider, options: DerivedTicketKeysOptions): TicketKeySource {
  const { epochSeconds, ticketLifetimeSeconds } = options;
  checkMasters(options.masters);
  if (!Number.isInteger(epochSeconds) || epochSeconds < 1 || epochSeconds > 2 ** 31) {
    throw new RangeError(`ticket master secret: epochs of ${epochSeconds} s, expected a whole number from 1 to ${2 ** 31}`);
  }
  const masters = options.masters.map(({ secret, algorithm }) => ({ secret: secret.slice(), algorithm }));
  return (nowEpochSeconds) => {
    const current = Math.floor(nowEpochSeconds / epochSeconds);
    const oldest = Math.floor((nowEpochSeconds - ticketLifetimeSeconds - CLOCK_SKEW_SECONDS) / epochSeconds);
    const keys: TicketKey[] = [];
    for (const [index, master] of masters.entries()) {
      for (let epoch = current + 1; epoch >= Math.max(oldest, 0); epoch--) {
        keys.push(keyOfEpoch(provider, master, epoch, epochSeconds, index === 0));
      }
    }
    return keys;
  };
}

function keyOfEpoch(
  provider: CryptoProvider,
  { secret, algorithm }: MasterSecret,
  epoch: number,
  epochSeconds: number,
  seals: boolean,
): TicketKey {
  const name = `${algorithm}, ${epochSeconds} s, ${epoch}`;
  const begin = epoch * epochSeconds;
  const [key] = provider.deriveKeys([hkdf(secret, `key, ${name}`, ticketKeyLength(algorithm))]);
  return {
    keyId: identityOf(provider, secret, name),
    key,
    algorithm,
    madeAtEpochSeconds: begin,
    activeFromEpochSeconds: seals ? begin : Infinity,
    // Nobody can tell since when all gateways that share the secret derive a key for each use.
    opensVersion1: true,
  };
}

/** The key's identity. Once in 2^64 it would be all zero: then every gateway takes the next one. */
function identityOf(provider: CryptoProvider, secret: Uint8Array, name: string): Uint8Array {
  for (let attempt = 0;; attempt++) {
    const [keyId] = provider.deriveKeys([hkdf(secret, `identity ${attempt}, ${name}`, KEY_ID_LENGTH)]);
    if (!isAllZero(keyId)) return keyId;
  }
}

/** HKDF: extract is the prf, and expand is prf+ (RFC 5869, sections 2.2 and 2.3; RFC 7296, section 2.13). */
function hkdf(secret: Uint8Array, info: string, length: number): DeriveKeysRequest {
  return { prf: PRF_HMAC_SHA2_256, key: SALT, data: [secret], seed: [new TextEncoder().encode(info)], length };
}

function checkMasters(masters: readonly MasterSecret[]): void {
  if (masters.length === 0) throw new RangeError("ticket master secret: none, expected at least one");
  for (const [index, { secret, algorithm }] of masters.entries()) {
    if (secret.length < LEAST_MASTER_SECRET_LENGTH) {
      throw new RangeError(
        `ticket master secret ${index + 1}: ${secret.length} octets, expected at least ${LEAST_MASTER_SECRET_LENGTH}`,
      );
    }
    if (isAllZero(secret)) throw new RangeError(`ticket master secret ${index + 1}: all zero`);
    const first = masters.findIndex((other) => other.algorithm === algorithm && String(other.secret) === String(secret));
    if (first !== index) {
      throw new RangeError(`ticket master secret ${index + 1}: the same as ${first + 1}, with the same algorithm`);
    }
  }
}
