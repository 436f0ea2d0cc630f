/** Diffie-Hellman with node:crypto. @module */
import { createECDH, createPrivateKey, createPublicKey, diffieHellman, type ECDH, type KeyObject } from "node:crypto";
import { Buffer } from "node:buffer";
import { ecpPrivateValue } from "../ecp_scalar.ts";
import type { KeyExchange, KeyPair, RandomSource } from "../key_exchange.ts";
import { agree, knownGroup, privateValueOf } from "../key_pair.ts";
import { isModpPublicValue, MODP_2048_GENERATOR, MODP_2048_PRIME_HEX, modpPrivateValue } from "../modp_2048.ts";
import { CURVE25519, ECP_256, ECP_384, MODP_2048 } from "../registry.ts";
import { wipe } from "../wipe.ts";
import { derBitString, derOctetString, derSequence, derUnsigned } from "./der.ts";
import { ASKS_BY_EXCEPTION } from "./secret_key.ts";
import { type Curve25519Generator, loadLibcryptoCurve25519 } from "./libcrypto_curve25519.ts";
import { concatenate, plainView } from "./octets.ts";

/** Before x | y in SEC 1's uncompressed form, which RFC 5903 leaves out. */
const UNCOMPRESSED = Uint8Array.of(0x04);

/** PKCS #8 version 0, in DER. */
const VERSION_0 = Uint8Array.of(0x02, 0x01, 0x00);

/** A whole PKCS #8 private key of X25519 but for its last 32 octets, the key (RFC 8410, section 7). */
const X25519_PKCS8_PREFIX = octetsOfHex("302e020100300506032b656e04220420");

/** A whole SubjectPublicKeyInfo of X25519 but for its last 32 octets, the public value (RFC 8410, section 4). */
const X25519_SPKI_PREFIX = octetsOfHex("302a300506032b656e032100");

/** AlgorithmIdentifier of PKCS #3 dhKeyAgreement with the parameters of group 14. */
const MODP_2048_IDENTIFIER = derSequence(
  octetsOfHex("06092a864886f70d010301"),
  derSequence(derUnsigned(octetsOfHex(MODP_2048_PRIME_HEX)), derUnsigned(Uint8Array.of(MODP_2048_GENERATOR))),
);

/**
 * @param fasterCurve25519 loads what takes the place of node:crypto for Curve25519, when it is first needed; `undefined`: nothing does. Default:
 *   the system's OpenSSL on Deno.
 */
export function createNodeKeyExchange(
  fasterCurve25519: () => Curve25519Generator | undefined = loadLibcryptoCurve25519,
): KeyExchange {
  let curve25519: Curve25519Generator | undefined;
  const generate = (group: number, random: RandomSource): KeyPair => {
    if (group !== CURVE25519.id) return generateKeyPair(group, random);
    curve25519 ??= fasterCurve25519() ?? generateCurve25519;
    return curve25519(random);
  };
  return { name: "node", generateKeyPair: generate, agree };
}

function generateKeyPair(group: number, random: RandomSource): KeyPair {
  switch (knownGroup(group)) {
    case ECP_256:
      return generateEcp("prime256v1", 19, random);
    case ECP_384:
      return generateEcp("secp384r1", 20, random);
    case MODP_2048:
      return generateModp(random);
    default:
      throw new RangeError(`key exchange group ${group} has no implementation here`);
  }
}

/** PKCS #8 imports a private key on every runtime; JWK exports a public one with the least work. */
function generateCurve25519(random: RandomSource): KeyPair {
  const secret = random(CURVE25519.sharedSecretLength);
  const key = privateKeyOf(concatenate([X25519_PKCS8_PREFIX, secret]));
  wipe(secret);
  const { x } = createPublicKey(key).export({ format: "jwk" });
  if (x === undefined) throw new Error("node:crypto gave no X25519 public value");
  return {
    group: CURVE25519.id,
    publicValue: plainCopy(Buffer.from(x, "base64url")),
    privateValue: privateValueOf(key, agreeCurve25519),
  };
}

function agreeCurve25519(privateKey: KeyObject, peer: Uint8Array): Uint8Array | undefined {
  try {
    const publicKey = publicCurve25519(peer);
    return plainView(diffieHellman({ privateKey, publicKey }));
  } catch {
    // The all-zero result (RFC 8031, section 2).
    return undefined;
  }
}

/**
 * JWK imports a public value in 3 µs, PEM in 8, measured on Deno and Node 22 and 26; where each object is asked by an exception what it is, JWK
 * takes 22 to 28.
 */
function publicCurve25519(value: Uint8Array): KeyObject {
  if (ASKS_BY_EXCEPTION) {
    const info = Buffer.from(concatenate([X25519_SPKI_PREFIX, value]).buffer).toString("base64");
    return createPublicKey(`-----BEGIN PUBLIC KEY-----\n${info}\n-----END PUBLIC KEY-----\n`);
  }
  const x = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64url");
  return createPublicKey({ key: { kty: "OKP", crv: "X25519", x }, format: "jwk" });
}

function generateEcp(curve: string, group: 19 | 20, random: RandomSource): KeyPair {
  const secret = ecpPrivateValue(group, random);
  const ecdh = createECDH(curve);
  ecdh.setPrivateKey(secret);
  return {
    group,
    publicValue: plainCopy(ecdh.getPublicKey().subarray(1)),
    // Deno's ECDH goes on using the array it was given, so it is overwritten only when the pair is wiped.
    privateValue: privateValueOf(ecdh, agreeEcp, () => wipe(secret)),
  };
}

function agreeEcp(ecdh: ECDH, peer: Uint8Array): Uint8Array | undefined {
  try {
    return plainView(ecdh.computeSecret(concatenate([UNCOMPRESSED, peer])));
  } catch {
    // Not a point of the curve.
    return undefined;
  }
}

/**
 * Uses key objects, not `createDiffieHellman`: that tests the prime anew in Node 26 (240 ms), and in Node 22 it refuses public
 * values that are right.
 */
function generateModp(random: RandomSource): KeyPair {
  const exponent = modpPrivateValue(random);
  const number = derUnsigned(exponent);
  const key = privateKeyOf(derSequence(VERSION_0, MODP_2048_IDENTIFIER, derOctetString(number)));
  wipe(exponent, number);
  return { group: MODP_2048.id, publicValue: modpPublicValueOf(key), privateValue: privateValueOf(key, agreeModp) };
}

/**
 * g^x, as the secret agreed with a peer whose value is g. The exported key holds it too, but Deno 2.9 leaves a first octet of
 * 255 out when the second is 128 or more, as if the number were negative: one pair in 512 would fail.
 */
function modpPublicValueOf(privateKey: KeyObject): Uint8Array {
  const publicValue = agreeModp(privateKey, Uint8Array.of(MODP_2048_GENERATOR));
  if (publicValue === undefined) throw new Error("MODP-2048: this runtime refuses the generator as a public value");
  return publicValue;
}

function agreeModp(privateKey: KeyObject, peer: Uint8Array): Uint8Array | undefined {
  if (!isModpPublicValue(peer)) return undefined;
  try {
    const info = derSequence(MODP_2048_IDENTIFIER, derBitString(derUnsigned(peer)));
    const publicKey = createPublicKey({ key: Buffer.from(info.buffer), format: "der", type: "spki" });
    return filledOnTheLeft(diffieHellman({ privateKey, publicKey }), MODP_2048.sharedSecretLength);
  } catch {
    // A runtime may check more of the value than its range.
    return undefined;
  }
}

function privateKeyOf(pkcs8: Uint8Array<ArrayBuffer>): KeyObject {
  const key = createPrivateKey({ key: Buffer.from(pkcs8.buffer), format: "der", type: "pkcs8" });
  wipe(pkcs8);
  return key;
}

/** The last `length` octets of a number, zeros in front where it is shorter. */
function filledOnTheLeft(number: Uint8Array, length: number): Uint8Array {
  const filled = new Uint8Array(length);
  const digits = number.subarray(Math.max(0, number.length - length));
  filled.set(digits, length - digits.length);
  return filled;
}

function plainCopy(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer);
}

function octetsOfHex(hex: string): Uint8Array {
  return plainCopy(Buffer.from(hex, "hex"));
}
