/**
 * This end's private key: how it signs what AUTH covers (RFC 7296, section 2.15; RFC 7427; RFC 4754).
 *
 * @module
 */
import type { CertificateCredential, Signature } from "../ike/authentication/certificate_authentication.ts";
import { AuthenticationMethod } from "../wire/constants.ts";
import { ED25519, HASH_NUMBERS, type HashName, identifierOf, type SignatureForm } from "./algorithm_identifiers.ts";
import { toDer } from "./ecdsa_signature.ts";
import { type CurveName, importParameters, type KeyKind, operationParameters, own } from "./public_key.ts";

const { RSA_DIGITAL_SIGNATURE, DIGITAL_SIGNATURE, ECDSA_SHA_256_P_256, ECDSA_SHA_384_P_384, ECDSA_SHA_512_P_521 } =
  AuthenticationMethod;

/** The hash that goes with each curve, where a method names both (RFC 4754), and is the first choice elsewhere. */
const OF_CURVE: Readonly<Record<CurveName, { readonly hash: HashName; readonly method: number }>> = {
  "P-256": { hash: "SHA-256", method: ECDSA_SHA_256_P_256 },
  "P-384": { hash: "SHA-384", method: ECDSA_SHA_384_P_384 },
  "P-521": { hash: "SHA-512", method: ECDSA_SHA_512_P_521 },
};
const STRONG: readonly HashName[] = ["SHA-256", "SHA-384", "SHA-512"];

export interface SignerOptions {
  /** PKCS #8, DER. Secret; it is copied. */
  readonly pkcs8: Uint8Array;
  readonly kind: KeyKind;
  /** RSA by PSS, where the peer knows RFC 7427. */
  readonly usesPss: boolean;
  /** With RSA, SHA-1 for peers that do not know RFC 7427; else SHA-256, which a peer of RFC 4306 alone may not read. */
  readonly signsSha1: boolean;
}

/** Signs in another thread, where the runtime does so. */
export class Signer {
  readonly #kind: KeyKind;
  readonly #usesPss: boolean;
  readonly #signsSha1: boolean;
  readonly #pkcs8: Uint8Array<ArrayBuffer>;
  /** WebCrypto's keys, which are each for one form. */
  readonly #keys = new Map<string, Promise<CryptoKey>>();

  constructor({ pkcs8, kind, usesPss, signsSha1 }: SignerOptions) {
    this.#kind = kind;
    this.#usesPss = usesPss;
    this.#signsSha1 = signsSha1;
    this.#pkcs8 = own(pkcs8);
  }

  readonly sign: CertificateCredential["sign"] = async (octets, peerHashes): Promise<Signature> => {
    const choice = peerHashes === undefined
      ? this.#beforeRfc7427()
      : { method: DIGITAL_SIGNATURE, form: this.#formFor(peerHashes) };
    const { form, method } = choice;
    const { subtle } = crypto;
    const raw = new Uint8Array(await subtle.sign(operationParameters(form), await this.#keyFor(form), own(octets)));
    if (method !== DIGITAL_SIGNATURE) return { method, data: raw };
    return { method, data: withIdentifier(form, form.kind === "ecdsa" ? toDer(raw) : raw) };
  };

  /** @throws {Error} the key cannot be used: to be found out before a peer waits for it. */
  async check(): Promise<void> {
    await this.sign(new Uint8Array(1), Object.values(HASH_NUMBERS));
  }

  #formFor(peerHashes: readonly number[]): SignatureForm {
    const taken = (hash: HashName) => peerHashes.includes(HASH_NUMBERS[hash]);
    if (this.#kind.kind === "ed25519") {
      if (peerHashes.includes(HASH_NUMBERS.identity)) return ED25519;
      throw new Error("the peer takes no signatures by Ed25519 (RFC 8420)");
    }
    const first = this.#kind.kind === "ecdsa" ? OF_CURVE[this.#kind.curve].hash : "SHA-256";
    const hash = [first, ...STRONG].find(taken);
    if (hash === undefined) throw new Error(`the peer takes none of ${STRONG.join(", ")} (RFC 7427)`);
    return { kind: this.#kind.kind === "ecdsa" ? "ecdsa" : this.#usesPss ? "rsa-pss" : "rsa-pkcs1", hash };
  }

  #beforeRfc7427(): { readonly method: number; readonly form: SignatureForm } {
    switch (this.#kind.kind) {
      case "rsa":
        return { method: RSA_DIGITAL_SIGNATURE, form: { kind: "rsa-pkcs1", hash: this.#signsSha1 ? "SHA-1" : "SHA-256" } };
      case "ecdsa": {
        const { hash, method } = OF_CURVE[this.#kind.curve];
        return { method, form: { kind: "ecdsa", hash } };
      }
      case "ed25519":
        throw new Error("the peer does not know RFC 7427, without which there is no Ed25519");
    }
  }

  #keyFor(form: SignatureForm): Promise<CryptoKey> {
    const name = `${form.kind} ${form.hash}`;
    let key = this.#keys.get(name);
    if (key === undefined) {
      key = crypto.subtle.importKey("pkcs8", this.#pkcs8, importParameters(form, this.#kind), false, ["sign"]);
      this.#keys.set(name, key);
    }
    return key;
  }
}

/** The data of AUTH by RFC 7427, section 3: the length of the AlgorithmIdentifier, that, and the signature. */
function withIdentifier(form: SignatureForm, signature: Uint8Array): Uint8Array {
  const identifier = identifierOf(form);
  const data = new Uint8Array(1 + identifier.length + signature.length);
  data[0] = identifier.length;
  data.set(identifier, 1);
  data.set(signature, 1 + identifier.length);
  return data;
}
