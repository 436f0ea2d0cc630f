/**
 * Proposals by the names that strongSwan made common: `aes256gcm16-prfsha256-x25519`. Several names of one kind are alternatives,
 * in order of preference.
 *
 * @module
 */
import type { IntegrityAlgorithm, KeyExchangeGroup, PrfAlgorithm } from "../crypto/algorithms.ts";
import {
  AES_CBC,
  AES_GCM_16,
  AUTH_HMAC_SHA2_256_128,
  AUTH_HMAC_SHA2_384_192,
  AUTH_HMAC_SHA2_512_256,
  CHACHA20_POLY1305,
  CURVE25519,
  ECP_256,
  ECP_384,
  ECP_521,
  ML_KEM_1024,
  ML_KEM_768,
  MODP_1024,
  MODP_2048,
  MODP_3072,
  MODP_4096,
  PRF_HMAC_SHA1,
  PRF_HMAC_SHA2_256,
  PRF_HMAC_SHA2_384,
  PRF_HMAC_SHA2_512,
} from "../crypto/registry.ts";
import type { AdditionalChoice, AdditionalKeyExchange } from "../ike/ike_sa/additional_key_exchange.ts";
import type { EncryptionChoice, EspProposal, IkeProposal } from "../ike/ike_sa/proposals.ts";
import { ConfigurationError } from "./configuration_error.ts";

const ENCRYPTION: ReadonlyMap<string, EncryptionChoice> = new Map([
  ["aes256gcm16", { algorithm: AES_GCM_16, keyLength: 32 }],
  ["aes192gcm16", { algorithm: AES_GCM_16, keyLength: 24 }],
  ["aes128gcm16", { algorithm: AES_GCM_16, keyLength: 16 }],
  ["chacha20poly1305", { algorithm: CHACHA20_POLY1305, keyLength: 32 }],
  ["aes256", { algorithm: AES_CBC, keyLength: 32 }],
  ["aes192", { algorithm: AES_CBC, keyLength: 24 }],
  ["aes128", { algorithm: AES_CBC, keyLength: 16 }],
]);
const INTEGRITY: ReadonlyMap<string, IntegrityAlgorithm> = new Map([
  ["sha256", AUTH_HMAC_SHA2_256_128],
  ["sha384", AUTH_HMAC_SHA2_384_192],
  ["sha512", AUTH_HMAC_SHA2_512_256],
]);
const PRFS: ReadonlyMap<string, PrfAlgorithm> = new Map([
  ["prfsha256", PRF_HMAC_SHA2_256],
  ["prfsha384", PRF_HMAC_SHA2_384],
  ["prfsha512", PRF_HMAC_SHA2_512],
  ["prfsha1", PRF_HMAC_SHA1],
]);
const GROUPS: ReadonlyMap<string, KeyExchangeGroup> = new Map([
  ["x25519", CURVE25519],
  ["ecp256", ECP_256],
  ["ecp384", ECP_384],
  ["ecp521", ECP_521],
  ["modp2048", MODP_2048],
  ["modp3072", MODP_3072],
  ["modp4096", MODP_4096],
  ["modp1024", MODP_1024],
]);
/** `ke1_mlkem768` and the like: a place from 1 to 7, and a method. */
const ADDITIONAL = /^ke([1-7])_(.+)$/;
const ADDITIONAL_METHODS: ReadonlyMap<string, AdditionalKeyExchange | "none"> = new Map<string, AdditionalKeyExchange | "none">(
  [
    ["mlkem768", ML_KEM_768],
    ["mlkem1024", ML_KEM_1024],
    ...GROUPS,
    ["none", "none"],
  ],
);
/** How additional key exchanges are written, for messages. */
const ADDITIONAL_EXAMPLE: ReadonlyMap<string, unknown> = new Map([["ke1_mlkem768 to ke7_…", undefined]]);
const SEQUENCE_NUMBERS: ReadonlyMap<string, boolean> = new Map([["noesn", false], ["esn", true]]);

/**
 * One IKE proposal: ciphers, integrity algorithms where a cipher needs one, prfs, groups, and additional key exchanges, such as
 * `ke1_mlkem768`; with `ke1_none` beside it a peer may do without.
 *
 * @throws {ConfigurationError} a name is unknown, a kind is missing, or AEADs and other ciphers are mixed (RFC 5282, section 8).
 */
export function parseIkeProposal(text: string): IkeProposal {
  const names = new Names(text);
  const proposal = {
    encryption: names.take(ENCRYPTION),
    integrity: names.take(INTEGRITY),
    prfs: names.take(PRFS),
    groups: names.take(GROUPS),
  };
  const additional = names.takeAdditional();
  names.refuseRest([ENCRYPTION, INTEGRITY, PRFS, GROUPS, ADDITIONAL_EXAMPLE]);
  checkProtection(text, proposal);
  if (proposal.prfs.length === 0) throw missing(text, "a prf", PRFS);
  if (proposal.groups.length === 0) throw missing(text, "a key exchange group", GROUPS);
  return additional.length === 0 ? proposal : { ...proposal, additional };
}

/**
 * One ESP proposal: ciphers, integrity algorithms where a cipher needs one, and `esn` or `noesn` (the default), or both. Groups ask for perfect
 * forward secrecy of every Child SA but the first of its IKE SA, additional key exchanges (`ke1_mlkem768`) beside them for those as well.
 *
 * @throws {ConfigurationError} likewise.
 */
export function parseEspProposal(text: string): EspProposal {
  const names = new Names(text);
  const protection = { encryption: names.take(ENCRYPTION), integrity: names.take(INTEGRITY) };
  const stated = names.take(SEQUENCE_NUMBERS);
  const groups = names.take(GROUPS);
  const additional = names.takeAdditional();
  names.refuseRest([ENCRYPTION, INTEGRITY, SEQUENCE_NUMBERS, GROUPS, ADDITIONAL_EXAMPLE]);
  checkProtection(text, protection);
  if (additional.length > 0 && groups.length === 0) throw missing(text, "a key exchange group beside additional ones", GROUPS);
  return {
    ...protection,
    extendedSequenceNumbers: stated.length === 0 ? [false] : stated,
    ...(groups.length > 0 && { groups }),
    ...(additional.length > 0 && { additional }),
  };
}

/** The names of one proposal, each to be taken by its kind. */
class Names {
  readonly #text: string;
  readonly #names: Set<string>;

  constructor(text: string) {
    this.#text = text;
    this.#names = new Set(text.split("-"));
  }

  take<T>(kind: ReadonlyMap<string, T>): T[] {
    return [...this.#names].filter((name) => kind.has(name)).map((name) => {
      this.#names.delete(name);
      return kind.get(name)!;
    });
  }

  /** Additional key exchanges by their place, the first place first. */
  takeAdditional(): AdditionalChoice[] {
    const byPlace = new Map<number, (AdditionalKeyExchange | "none")[]>();
    for (const name of [...this.#names]) {
      const [, place, method] = ADDITIONAL.exec(name) ?? [];
      const known = ADDITIONAL_METHODS.get(method ?? "");
      if (known === undefined) continue;
      this.#names.delete(name);
      byPlace.set(Number(place), [...(byPlace.get(Number(place)) ?? []), known]);
    }
    return [...byPlace].sort(([one], [other]) => one - other).map(([place, methods]) => ({
      place,
      methods: methods.filter((method) => method !== "none"),
      optional: methods.includes("none"),
    }));
  }

  refuseRest(kinds: readonly ReadonlyMap<string, unknown>[]): void {
    for (const name of this.#names) {
      const allowed = kinds.flatMap((kind) => [...kind.keys()]).join(", ");
      throw new ConfigurationError(`proposal "${this.#text}": "${name}" is unknown, allowed are ${allowed}`);
    }
  }
}

function checkProtection(text: string, { encryption, integrity }: Pick<EspProposal, "encryption" | "integrity">): void {
  if (encryption.length === 0) throw missing(text, "a cipher", ENCRYPTION);
  const [first] = encryption;
  const isAead = first.algorithm.icvLength > 0;
  if (encryption.some(({ algorithm }) => (algorithm.icvLength > 0) !== isAead)) {
    throw new ConfigurationError(`proposal "${text}": AEADs and other ciphers cannot stand in one proposal, write two`);
  }
  if (isAead && integrity.length > 0) {
    throw new ConfigurationError(`proposal "${text}": an AEAD takes no integrity algorithm, leave it out`);
  }
  if (!isAead && integrity.length === 0) throw missing(text, "an integrity algorithm", INTEGRITY);
}

function missing(text: string, kind: string, allowed: ReadonlyMap<string, unknown>): ConfigurationError {
  return new ConfigurationError(`proposal "${text}": ${kind} is missing, allowed are ${[...allowed.keys()].join(", ")}`);
}
