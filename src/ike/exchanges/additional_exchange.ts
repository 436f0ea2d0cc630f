/**
 * One additional key exchange, whichever exchange carries it (RFC 9370, sections 2.2.2 and 2.2.4).
 *
 * @module
 */
import type { EncapsulationKeyPair } from "../../crypto/key_encapsulation.ts";
import { type KeyPair, wipeKeyPair } from "../../crypto/key_exchange.ts";
import { type AdditionalKeyExchange, isEncapsulation } from "../ike_sa/additional_key_exchange.ts";
import { agree, encapsulate, generateEncapsulationKeys, generateKeyPair, type Step } from "../steps/step.ts";

/** What an initiator begins with. */
export function* newExchange(method: AdditionalKeyExchange): Step<KeyPair | EncapsulationKeyPair> {
  return isEncapsulation(method) ? yield* generateEncapsulationKeys(method.id) : yield* generateKeyPair(method.id);
}

/** The secret, by what the responder answered. `undefined`: that is not valid. */
export function* secretOfAnswer(pair: KeyPair | EncapsulationKeyPair, answer: Uint8Array): Step<Uint8Array | undefined> {
  return "decapsulate" in pair ? pair.decapsulate(answer) : yield* agree({ pair, peerPublicValue: answer });
}

/**
 * What a responder answers a public value with, and the secret. `undefined`: the value is not valid.
 *
 * @param newPair a key pair of a group; wiped.
 */
export function* answerExchange(
  method: AdditionalKeyExchange,
  peerPublicValue: Uint8Array,
  newPair: (group: number) => Step<KeyPair>,
): Step<{ readonly publicValue: Uint8Array; readonly sharedSecret: Uint8Array } | undefined> {
  if (isEncapsulation(method)) {
    const made = yield* encapsulate({ method: method.id, publicValue: peerPublicValue });
    return made && { publicValue: made.ciphertext, sharedSecret: made.sharedSecret };
  }
  if (peerPublicValue.length !== method.publicValueLength) return undefined;
  const pair = yield* newPair(method.id);
  const sharedSecret = yield* agree({ pair, peerPublicValue });
  wipeKeyPair(pair);
  return sharedSecret && { publicValue: pair.publicValue, sharedSecret };
}
