/** The MODP groups with node:crypto. @module */
import { createPublicKey, diffieHellman, type KeyObject } from "node:crypto";
import { Buffer } from "node:buffer";
import type { KeyPair, RandomSource } from "../key_exchange.ts";
import { privateValueOf } from "../key_pair.ts";
import { isModpPublicValue, type Modp, MODP_GENERATOR, modpPrivateValue } from "../modp.ts";
import { wipe } from "../wipe.ts";
import { derBitString, derOctetString, derSequence, derUnsigned } from "./der.ts";
import { octetsOfHex } from "./octets.ts";
import { PKCS8_VERSION_0, privateKeyOf } from "./private_key.ts";

/** PKCS #3 dhKeyAgreement. */
const DH_KEY_AGREEMENT = octetsOfHex("06092a864886f70d010301");

/** AlgorithmIdentifiers with the parameters of a group, made when it is first needed. */
const identifiers = new Map<Modp, Uint8Array>();

/**
 * Uses key objects, not `createDiffieHellman`: that tests the prime anew in Node 26 (240 ms), and in Node 22 it refuses public
 * values that are right.
 */
export function generateModp(modp: Modp, random: RandomSource): KeyPair {
  const exponent = modpPrivateValue(modp, random);
  const number = derUnsigned(exponent);
  const key = privateKeyOf(derSequence(PKCS8_VERSION_0, identifierOf(modp), derOctetString(number)));
  wipe(exponent, number);
  const agree = (key: KeyObject, peer: Uint8Array) => agreeModp(modp, key, peer);
  return { group: modp.group.id, publicValue: publicValueOf(modp, key), privateValue: privateValueOf(key, agree) };
}

/**
 * g^x, as the secret agreed with a peer whose value is g. The exported key holds it too, but Deno 2.9 leaves a first octet of
 * 255 out when the second is 128 or more, as if the number were negative: one pair in 512 would fail.
 */
function publicValueOf(modp: Modp, privateKey: KeyObject): Uint8Array {
  const publicValue = agreeModp(modp, privateKey, Uint8Array.of(MODP_GENERATOR));
  if (publicValue === undefined) throw new Error(`${modp.group.name}: this runtime refuses the generator as a public value`);
  return publicValue;
}

function agreeModp(modp: Modp, privateKey: KeyObject, peer: Uint8Array): Uint8Array | undefined {
  if (!isModpPublicValue(modp, peer)) return undefined;
  try {
    const info = derSequence(identifierOf(modp), derBitString(derUnsigned(peer)));
    const publicKey = createPublicKey({ key: Buffer.from(info.buffer), format: "der", type: "spki" });
    return filledOnTheLeft(diffieHellman({ privateKey, publicKey }), modp.group.sharedSecretLength);
  } catch {
    // A runtime may check more of the value than its range.
    return undefined;
  }
}

function identifierOf(modp: Modp): Uint8Array {
  let identifier = identifiers.get(modp);
  if (identifier === undefined) {
    const parameters = derSequence(derUnsigned(octetsOfHex(modp.primeHex)), derUnsigned(Uint8Array.of(MODP_GENERATOR)));
    identifiers.set(modp, identifier = derSequence(DH_KEY_AGREEMENT, parameters));
  }
  return identifier;
}

/** The last `length` octets of a number, zeros in front where it is shorter. */
function filledOnTheLeft(number: Uint8Array, length: number): Uint8Array {
  const filled = new Uint8Array(length);
  const digits = number.subarray(Math.max(0, number.length - length));
  filled.set(digits, length - digits.length);
  return filled;
}
