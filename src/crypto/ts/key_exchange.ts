/**
 * Diffie-Hellman with noble, for where there is no node:crypto.
 *
 * BigInt arithmetic is not constant-time: noble hides what it can for the curves; the exponentiation of the MODP groups here hides
 * nothing but its length. A key pair serves one exchange, or a few hundred at a gateway that is flooded, which leaves little to
 * measure, and the `node` key exchange has neither weakness.
 *
 * @module
 */
import { x25519 } from "@noble/curves/ed25519.js";
import { p256, p384, p521 } from "@noble/curves/nist.js";
import { ecpPrivateValue } from "../ecp_scalar.ts";
import type { KeyEncapsulation } from "../key_encapsulation.ts";
import type { KeyExchange, KeyPair, RandomSource } from "../key_exchange.ts";
import { loadedOnce } from "../loaded_once.ts";
import { agree, knownGroup, privateValueOf } from "../key_pair.ts";
import { bigIntOf, isModpPublicValue, type Modp, MODP_GENERATOR, modpById, modpPrivateValue, octetsOf } from "../modp.ts";
import { CURVE25519, ECP_256, ECP_384, ECP_521 } from "../registry.ts";
import { wipe } from "../wipe.ts";

/** Before x | y in SEC 1's uncompressed form, which RFC 5903 leaves out. */
const UNCOMPRESSED = 0x04;

/** Diffie-Hellman over the noble packages: where JavaScript runs, it runs. Made at once; key encapsulation is loaded when it is asked for. */
export function createTsKeyExchange(): KeyExchange {
  return { name: "ts", generateKeyPair, agree, encapsulation: loadedOnce(loadEncapsulation) };
}

async function loadEncapsulation(): Promise<KeyEncapsulation> {
  return (await import("./key_encapsulation.ts")).createTsKeyEncapsulation();
}

function generateKeyPair(group: number, random: RandomSource): KeyPair {
  const modp = modpById(group);
  if (modp) return generateModp(modp, random);
  switch (knownGroup(group)) {
    case CURVE25519:
      return generateCurve25519(random);
    case ECP_256:
      return generateEcp(p256, 19, random);
    case ECP_384:
      return generateEcp(p384, 20, random);
    case ECP_521:
      return generateEcp(p521, 21, random);
    default:
      throw new RangeError(`key exchange group ${group} has no implementation here`);
  }
}

function generateCurve25519(random: RandomSource): KeyPair {
  const secret = random(CURVE25519.sharedSecretLength);
  return {
    group: CURVE25519.id,
    publicValue: x25519.getPublicKey(secret),
    // noble refuses the points of small order, which give the all-zero result (RFC 8031, section 2).
    privateValue: privateValueOf(
      secret,
      (secret, peer) => undefinedIfRefused(() => x25519.getSharedSecret(secret, peer)),
      wipe,
    ),
  };
}

function generateEcp(curve: typeof p256, group: 19 | 20 | 21, random: RandomSource): KeyPair {
  const secret = ecpPrivateValue(group, random);
  return {
    group,
    publicValue: curve.getPublicKey(secret, false).slice(1),
    privateValue: privateValueOf(
      secret,
      (secret, peer) => {
        const point = new Uint8Array(1 + peer.length);
        point[0] = UNCOMPRESSED;
        point.set(peer, 1);
        // The compressed form is one octet of sign, then x.
        return undefinedIfRefused(() => curve.getSharedSecret(secret, point, true).slice(1));
      },
      wipe,
    ),
  };
}

/** The input's length and the secret are right: noble throws only for a point that is not on the curve or of small order. */
function undefinedIfRefused(agreement: () => Uint8Array): Uint8Array | undefined {
  try {
    return agreement();
  } catch {
    return undefined;
  }
}

function generateModp(modp: Modp, random: RandomSource): KeyPair {
  const exponent = modpPrivateValue(modp, random);
  return {
    group: modp.group.id,
    publicValue: power(BigInt(MODP_GENERATOR), exponent, modp),
    privateValue: privateValueOf(
      exponent,
      (exponent, peer) => isModpPublicValue(modp, peer) ? power(bigIntOf(peer), exponent, modp) : undefined,
      wipe,
    ),
  };
}

/** base^exponent mod p, by squaring for every bit and multiplying for each that is set. */
function power(base: bigint, exponent: Uint8Array, { prime, group }: Modp): Uint8Array {
  let result = 1n;
  for (const octet of exponent) {
    for (let bit = 0x80; bit > 0; bit >>= 1) {
      result = (result * result) % prime;
      if ((octet & bit) !== 0) result = (result * base) % prime;
    }
  }
  return octetsOf(result, group.publicValueLength);
}
