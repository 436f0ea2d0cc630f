/** Diffie-Hellman with node:crypto. @module */
import { createECDH, createPublicKey, diffieHellman, type ECDH, type KeyObject } from "node:crypto";
import { Buffer } from "node:buffer";
import { ecpPrivateValue } from "../ecp_scalar.ts";
import type { KeyEncapsulation } from "../key_encapsulation.ts";
import type { KeyExchange, KeyPair, RandomSource } from "../key_exchange.ts";
import { loadedOnce } from "../loaded_once.ts";
import { agree, knownGroup, privateValueOf } from "../key_pair.ts";
import { modpById } from "../modp.ts";
import { CURVE25519, ECP_256, ECP_384, ECP_521 } from "../registry.ts";
import { wipe } from "../wipe.ts";
import { generateEcp521 } from "./ecp_521.ts";
import { type Curve25519Generator, loadLibcryptoCurve25519 } from "./libcrypto_curve25519.ts";
import { generateModp } from "./modp.ts";
import { concatenate, octetsOfHex, plainView } from "./octets.ts";
import { privateKeyOf } from "./private_key.ts";
import { ASKS_BY_EXCEPTION } from "./secret_key.ts";

/** Before x | y in SEC 1's uncompressed form, which RFC 5903 leaves out. */
const UNCOMPRESSED = Uint8Array.of(0x04);

/** A whole PKCS #8 private key of X25519 but for its last 32 octets, the key (RFC 8410, section 7). */
const X25519_PKCS8_PREFIX = octetsOfHex("302e020100300506032b656e04220420");

/** A whole SubjectPublicKeyInfo of X25519 but for its last 32 octets, the public value (RFC 8410, section 4). */
const X25519_SPKI_PREFIX = octetsOfHex("302a300506032b656e032100");

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
  return { name: "node", generateKeyPair: generate, agree, encapsulation: loadedOnce(loadEncapsulation) };
}

/** Where this runtime's node:crypto has no ML-KEM, noble's takes its place. */
async function loadEncapsulation(): Promise<KeyEncapsulation> {
  return (await import("./key_encapsulation.ts")).createNodeKeyEncapsulation() ??
    (await import("../ts/key_encapsulation.ts")).createTsKeyEncapsulation();
}

function generateKeyPair(group: number, random: RandomSource): KeyPair {
  const modp = modpById(group);
  if (modp) return generateModp(modp, random);
  switch (knownGroup(group)) {
    case ECP_256:
      return generateEcp("prime256v1", 19, random);
    case ECP_384:
      return generateEcp("secp384r1", 20, random);
    case ECP_521:
      return generateEcp521(random);
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

function plainCopy(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer);
}
