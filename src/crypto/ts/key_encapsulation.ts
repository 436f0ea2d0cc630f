/** ML-KEM with noble. @module */
import { ml_kem1024, ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import type { KeyEncapsulation } from "../key_encapsulation.ts";
import { encapsulationById, ML_KEM_768 } from "../registry.ts";
import { wipe } from "../wipe.ts";

/** d and z (FIPS 203, section 7.1). */
const SEED_LENGTH = 64;
/** m (FIPS 203, section 7.2). */
const MESSAGE_LENGTH = 32;

export function createTsKeyEncapsulation(): KeyEncapsulation {
  return {
    name: "ts",
    generateKeyPair(method, random) {
      const { kem, ciphertextLength } = implementationOf(method);
      const seed = random(SEED_LENGTH);
      const { publicKey, secretKey } = kem.keygen(seed);
      wipe(seed);
      let isWiped = false;
      return {
        method,
        publicValue: publicKey,
        decapsulate(ciphertext) {
          if (isWiped) throw new Error("the key pair has been wiped");
          return ciphertext.length === ciphertextLength ? kem.decapsulate(ciphertext, secretKey) : undefined;
        },
        wipe() {
          wipe(secretKey);
          isWiped = true;
        },
      };
    },
    encapsulate(method, publicValue, random) {
      const { kem, publicValueLength } = implementationOf(method);
      if (publicValue.length !== publicValueLength) return undefined;
      const message = random(MESSAGE_LENGTH);
      try {
        const { cipherText, sharedSecret } = kem.encapsulate(publicValue, message);
        return { ciphertext: cipherText, sharedSecret };
      } catch {
        // The lengths are right: a number of the public key is not below q.
        return undefined;
      } finally {
        wipe(message);
      }
    },
  };
}

function implementationOf(id: number) {
  const method = encapsulationById(id);
  if (method === undefined) throw new RangeError(`key encapsulation method ${id} is not carried`);
  return { ...method, kem: method === ML_KEM_768 ? ml_kem768 : ml_kem1024 };
}
