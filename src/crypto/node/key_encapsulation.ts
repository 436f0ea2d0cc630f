/** ML-KEM with node:crypto, where its OpenSSL has it (Node 24). @module */
// Not by name: where it has no such function, the module would not load.
import * as nodeCrypto from "node:crypto";
import { Buffer } from "node:buffer";
import type { KeyEncapsulation } from "../key_encapsulation.ts";
import type { RandomSource } from "../key_exchange.ts";
import { encapsulationById, ML_KEM_768 } from "../registry.ts";
import { wipe } from "../wipe.ts";
import { concatenate, octetsOfHex, plainView } from "./octets.ts";
import { privateKeyOf } from "./private_key.ts";

/** Not every runtime's types know them. */
interface Encapsulating {
  encapsulate(key: nodeCrypto.KeyObject): { readonly sharedKey: Uint8Array; readonly ciphertext: Uint8Array };
  decapsulate(key: nodeCrypto.KeyObject, ciphertext: Uint8Array): Uint8Array;
}

/** d and z (FIPS 203, section 7.1). */
const SEED_LENGTH = 64;

/** A whole PKCS #8 private key but for its last octets, the seed, and a whole SubjectPublicKeyInfo but for the public key (RFC 9935). */
const PREFIXES = {
  768: {
    pkcs8: octetsOfHex("3054020100300b060960864801650304040204428040"),
    spki: octetsOfHex("308204b2300b0609608648016503040402038204a100"),
  },
  1024: {
    pkcs8: octetsOfHex("3054020100300b060960864801650304040304428040"),
    spki: octetsOfHex("30820632300b06096086480165030404030382062100"),
  },
} as const;

/** `undefined`: this runtime has no ML-KEM. */
export function createNodeKeyEncapsulation(): KeyEncapsulation | undefined {
  const { encapsulate, decapsulate } = nodeCrypto as Partial<Encapsulating>;
  if (!encapsulate || !decapsulate || !hasMlKem()) return undefined;
  return {
    name: "node",
    generateKeyPair(id, random) {
      const { method, prefixes } = parametersOf(id);
      let key: nodeCrypto.KeyObject | undefined = generatePrivateKey(prefixes.pkcs8, random);
      const info = nodeCrypto.createPublicKey(key).export({ format: "der", type: "spki" });
      return {
        method: id,
        publicValue: new Uint8Array(info.subarray(prefixes.spki.length)),
        decapsulate(ciphertext) {
          if (key === undefined) throw new Error("the key pair has been wiped");
          return ciphertext.length === method.ciphertextLength ? plainView(decapsulate(key, ciphertext)) : undefined;
        },
        wipe() {
          key = undefined;
        },
      };
    },
    encapsulate(id, publicValue) {
      const { method, prefixes } = parametersOf(id);
      if (publicValue.length !== method.publicValueLength) return undefined;
      try {
        const info = concatenate([prefixes.spki, publicValue]);
        const key = nodeCrypto.createPublicKey({ key: Buffer.from(info.buffer), format: "der", type: "spki" });
        const { sharedKey, ciphertext } = encapsulate(key);
        return { ciphertext: plainView(ciphertext), sharedSecret: plainView(sharedKey) };
      } catch {
        // A number of the public key is not below q.
        return undefined;
      }
    },
  };
}

function generatePrivateKey(prefix: Uint8Array, random: RandomSource): nodeCrypto.KeyObject {
  const seed = random(SEED_LENGTH);
  const key = privateKeyOf(concatenate([prefix, seed]));
  wipe(seed);
  return key;
}

function hasMlKem(): boolean {
  try {
    privateKeyOf(concatenate([PREFIXES[768].pkcs8, new Uint8Array(SEED_LENGTH)]));
    return true;
  } catch {
    return false;
  }
}

function parametersOf(id: number) {
  const method = encapsulationById(id);
  if (method === undefined) throw new RangeError(`key encapsulation method ${id} is not carried`);
  return { method, prefixes: PREFIXES[method === ML_KEM_768 ? 768 : 1024] };
}
