/**
 * Public keys of certificates, and signatures checked with them, by WebCrypto: in another thread, where the runtime has them.
 *
 * @module
 */
import type { HashName, SignatureForm } from "./algorithm_identifiers.ts";
import { fromDer } from "./ecdsa_signature.ts";

/** Elliptic curves, with the octets of a number. */
export type CurveName = "P-256" | "P-384" | "P-521";
export const CURVE_OCTETS: Readonly<Record<CurveName, number>> = { "P-256": 32, "P-384": 48, "P-521": 66 };

export type KeyKind =
  | { readonly kind: "rsa"; readonly modulusBits: number }
  | { readonly kind: "ecdsa"; readonly curve: CurveName }
  | { readonly kind: "ed25519" };

/** Bits of an RSA modulus: below, it is weak; above, a stranger could have this end compute for long. */
export const LEAST_RSA_BITS = 2_048;
export const MOST_RSA_BITS = 8_192;

/** A key as a certificate holds it: SubjectPublicKeyInfo, DER. */
export interface PublicKey {
  readonly spki: Uint8Array;
  readonly kind: KeyKind;
}

/** How a signature stands on the wire: ECDSA in DER, or as two numbers (RFC 4754). */
export type EcdsaEncoding = "der" | "pair";

/** Whether a signature is right. A form that is not the key's is wrong. Never rejects. */
export async function isSignatureOf(
  { spki, kind }: PublicKey,
  form: SignatureForm,
  signature: Uint8Array,
  octets: Uint8Array,
  encoding: EcdsaEncoding = "der",
): Promise<boolean> {
  const raw = kind.kind === "ecdsa" && encoding === "der" ? fromDer(signature, CURVE_OCTETS[kind.curve]) : signature;
  if (!isFormOf(form, kind) || raw === undefined) return false;
  try {
    const { subtle } = crypto;
    const key = await subtle.importKey("spki", own(spki), importParameters(form, kind), false, ["verify"]);
    return await subtle.verify(operationParameters(form), key, own(raw), own(octets));
  } catch {
    // What the runtime does not take is no signature.
    return false;
  }
}

export function isFormOf(form: SignatureForm, kind: KeyKind): boolean {
  return form.kind === kind.kind || kind.kind === "rsa" && (form.kind === "rsa-pkcs1" || form.kind === "rsa-pss");
}

type Import = RsaHashedImportParams | EcKeyImportParams | { readonly name: string };

export function importParameters(form: SignatureForm, kind: KeyKind): Import {
  switch (form.kind) {
    case "rsa-pkcs1":
      return { name: "RSASSA-PKCS1-v1_5", hash: form.hash };
    case "rsa-pss":
      return { name: "RSA-PSS", hash: form.hash };
    case "ecdsa":
      return { name: "ECDSA", namedCurve: kind.kind === "ecdsa" ? kind.curve : "" };
    case "ed25519":
      return { name: "Ed25519" };
  }
}

export function operationParameters(form: SignatureForm): AlgorithmIdentifier | RsaPssParams | EcdsaParams {
  switch (form.kind) {
    case "rsa-pkcs1":
      return { name: "RSASSA-PKCS1-v1_5" };
    case "rsa-pss":
      return { name: "RSA-PSS", saltLength: HASH_OCTETS[form.hash] };
    case "ecdsa":
      return { name: "ECDSA", hash: form.hash };
    case "ed25519":
      return { name: "Ed25519" };
  }
}

const HASH_OCTETS: Readonly<Record<HashName, number>> = { "SHA-1": 20, "SHA-256": 32, "SHA-384": 48, "SHA-512": 64 };

/** WebCrypto's types want memory that is not shared. */
export function own(octets: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(octets);
}
