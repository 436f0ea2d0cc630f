/**
 * One X.509 certificate, read once (RFC 5280, section 4).
 *
 * @module
 */
import { createHash, createPublicKey } from "node:crypto";
import { AsnConvert } from "@peculiar/asn1-schema";
import {
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate as CertificateAsn,
  ExtendedKeyUsage,
  type Extension,
  type GeneralName,
  KeyUsage,
  KeyUsageFlags,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  type Time,
} from "@peculiar/asn1-x509";
import { LONGEST_CERTIFICATE } from "../ike/authentication/certificate_authentication.ts";
import { toHexadecimal } from "../wire/hexadecimal.ts";
import { sameOctets } from "../wire/octets.ts";
import { formOf, type SignatureForm } from "./algorithm_identifiers.ts";
import { parseHostile } from "./parse_der.ts";
import { type KeyKind, LEAST_RSA_BITS, MOST_RSA_BITS, type PublicKey } from "./public_key.ts";

/** A certificate, as far as a chain and an identity need it. */
export interface Certificate {
  readonly der: Uint8Array;
  /** What its issuer signed. */
  readonly signedOctets: Uint8Array;
  readonly signature: Uint8Array;
  /** `undefined`: of an algorithm that is not taken. */
  readonly signatureForm: SignatureForm | undefined;
  readonly serialNumber: string;
  /** Names, DER. */
  readonly subject: Uint8Array;
  readonly issuer: Uint8Array;
  /** Seconds since 1970, both included. */
  readonly validFromEpochSeconds: number;
  readonly validToEpochSeconds: number;
  readonly publicKey: PublicKey;
  /** SHA-1 of SubjectPublicKeyInfo: what CERTREQ names an authority by (RFC 7296, section 3.7). */
  readonly keyHash: Uint8Array;
  readonly isAuthority: boolean;
  /** How many authorities may stand below it; `undefined`: any number. */
  readonly pathLength: number | undefined;
  /** `undefined`: the certificate does not limit it. */
  readonly keyUsage: number | undefined;
  readonly extendedKeyUsage: readonly string[] | undefined;
  readonly alternativeNames: readonly GeneralName[];
  readonly subjectKeyIdentifier: string | undefined;
  readonly authorityKeyIdentifier: string | undefined;
  /** Extensions that forbid its use here: critical ones that mean nothing here, and name constraints, which nothing here reads. */
  readonly forbidding: readonly string[];
}

/** What a certificate's key may be used for. */
export { KeyUsageFlags };

/** @throws {RangeError} why it cannot be read, or its key is not taken. */
export function readCertificate(der: Uint8Array): Certificate {
  if (der.length > LONGEST_CERTIFICATE) {
    throw new RangeError(`certificate: ${der.length} octets, expected at most ${LONGEST_CERTIFICATE}`);
  }
  const { tbsCertificate, tbsCertificateRaw, signatureAlgorithm, signatureValue } = parsed(der);
  const signedOctets = new Uint8Array(tbsCertificateRaw!);
  const identifier = new Uint8Array(AsnConvert.serialize(signatureAlgorithm));
  // The two have to be the same (RFC 5280, section 4.1.1.2).
  const isSame = sameOctets(identifier, new Uint8Array(AsnConvert.serialize(tbsCertificate.signature)));
  // The parser takes more for DER than is, and nobody has signed what stands behind the signed octets.
  if (!sameOctets(der.subarray(4 + signedOctets.length), signatureInDer(identifier, new Uint8Array(signatureValue)))) {
    throw new RangeError("certificate: its signature is not in DER");
  }
  const spki = new Uint8Array(AsnConvert.serialize(tbsCertificate.subjectPublicKeyInfo));
  const known = readExtensions(tbsCertificate.extensions ?? []);
  return {
    der,
    signedOctets,
    signature: new Uint8Array(signatureValue),
    signatureForm: isSame ? formOf(identifier) : undefined,
    serialNumber: toHexadecimal(new Uint8Array(tbsCertificate.serialNumber)),
    subject: new Uint8Array(AsnConvert.serialize(tbsCertificate.subject)),
    issuer: new Uint8Array(AsnConvert.serialize(tbsCertificate.issuer)),
    validFromEpochSeconds: epochSecondsOf(tbsCertificate.validity.notBefore),
    validToEpochSeconds: epochSecondsOf(tbsCertificate.validity.notAfter),
    publicKey: { spki, kind: kindOf(spki) },
    keyHash: new Uint8Array(createHash("sha1").update(spki).digest()),
    ...known,
  };
}

/** How the signature of a certificate is written: its algorithm, and a bit string of whole octets. */
function signatureInDer(identifier: Uint8Array, signature: Uint8Array): Uint8Array {
  const length = signature.length + 1;
  const lengthOctets = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Uint8Array.of(...identifier, 0x03, ...lengthOctets, 0, ...signature);
}

/** Whether a moment lies in its time, in seconds since 1970. */
export function isInTime({ validFromEpochSeconds, validToEpochSeconds }: Certificate, epochSeconds: number): boolean {
  return epochSeconds >= validFromEpochSeconds && epochSeconds <= validToEpochSeconds;
}

export function epochSecondsOf({ utcTime, generalTime }: Time): number {
  return (utcTime ?? generalTime ?? new Date(NaN)).getTime() / 1_000;
}

function parsed(der: Uint8Array): CertificateAsn {
  if (!isOneDerSequence(der)) throw new RangeError("certificate: no DER sequence, or octets behind it");
  try {
    return parseHostile(der, CertificateAsn);
  } catch (fault) {
    throw new RangeError("certificate: cannot be read as X.509", { cause: fault });
  }
}

/** With its length in two octets, as every certificate has it: parsers pass over octets behind it. */
function isOneDerSequence(der: Uint8Array): boolean {
  return der[0] === 0x30 && der[1] === 0x82 && ((der[2] << 8) | der[3]) === der.length - 4;
}

type Known = Pick<
  Certificate,
  | "isAuthority"
  | "pathLength"
  | "keyUsage"
  | "extendedKeyUsage"
  | "alternativeNames"
  | "subjectKeyIdentifier"
  | "authorityKeyIdentifier"
  | "forbidding"
>;

/** @throws {RangeError} one is there twice, or cannot be read. */
function readExtensions(extensions: readonly Extension[]): Known {
  const known: { -readonly [Name in keyof Known]: Known[Name] } & { forbidding: string[] } = {
    isAuthority: false,
    pathLength: undefined,
    keyUsage: undefined,
    extendedKeyUsage: undefined,
    alternativeNames: [],
    subjectKeyIdentifier: undefined,
    authorityKeyIdentifier: undefined,
    forbidding: [],
  };
  const seen = new Set<string>();
  for (const { extnID, critical, extnValue } of extensions) {
    if (seen.has(extnID)) throw new RangeError(`certificate: extension ${extnID} is there twice`);
    seen.add(extnID);
    try {
      const mustBeKnown = critical || extnID === NAME_CONSTRAINTS;
      if (!readExtension(extnID, extnValue.buffer, known) && mustBeKnown) known.forbidding.push(extnID);
    } catch (fault) {
      throw new RangeError(`certificate: extension ${extnID} cannot be read`, { cause: fault });
    }
  }
  return known;
}

/** `false`: it means nothing here. */
function readExtension(id: string, value: ArrayBuffer, known: { -readonly [Name in keyof Known]: Known[Name] }): boolean {
  switch (id) {
    case "2.5.29.14":
      known.subjectKeyIdentifier = toHexadecimal(new Uint8Array(parseHostile(value, SubjectKeyIdentifier).buffer));
      return true;
    case "2.5.29.15":
      known.keyUsage = parseHostile(value, KeyUsage).toNumber();
      return true;
    case "2.5.29.17":
      known.alternativeNames = [...parseHostile(value, SubjectAlternativeName)];
      return true;
    case "2.5.29.19": {
      const { cA, pathLenConstraint } = parseHostile(value, BasicConstraints);
      [known.isAuthority, known.pathLength] = [cA, pathLenConstraint];
      return true;
    }
    case "2.5.29.35": {
      const { keyIdentifier } = parseHostile(value, AuthorityKeyIdentifier);
      known.authorityKeyIdentifier = keyIdentifier && toHexadecimal(new Uint8Array(keyIdentifier.buffer));
      return true;
    }
    case "2.5.29.37":
      known.extendedKeyUsage = [...parseHostile(value, ExtendedKeyUsage)];
      return true;
    case CERTIFICATE_POLICIES:
      // No policy is asked for here: any will do (RFC 5280, section 6.1.1).
      return true;
    default:
      return false;
  }
}

/** Have to be critical (RFC 5280, section 4.2.1.10), and are not always: to pass over them would let an authority vouch for more than it may. */
const NAME_CONSTRAINTS = "2.5.29.30";
const CERTIFICATE_POLICIES = "2.5.29.32";
const CURVES: ReadonlyMap<string | undefined, "P-256" | "P-384" | "P-521"> = new Map([
  ["prime256v1", "P-256"],
  ["P-256", "P-256"],
  ["secp384r1", "P-384"],
  ["P-384", "P-384"],
  ["secp521r1", "P-521"],
  ["P-521", "P-521"],
]);
/** By 1 anybody can sign, and no even number is one of a key. */
const LEAST_EXPONENT = 3n;
/** Deno and Node agree on no more: larger exponents only make a signature slower to check. */
const LARGEST_EXPONENT = 0xffff_ffffn;

function isExponent(exponent: bigint): boolean {
  return exponent >= LEAST_EXPONENT && exponent <= LARGEST_EXPONENT && exponent % 2n === 1n;
}

/** @throws {RangeError} the key is of no kind that is taken here. */
export function kindOf(spki: Uint8Array): KeyKind {
  let key: ReturnType<typeof createPublicKey>;
  try {
    key = createPublicKey(
      { key: spki as Parameters<typeof createPublicKey>[0] & Uint8Array, format: "der", type: "spki" } as never,
    );
  } catch (fault) {
    throw new RangeError("certificate: its key cannot be read", { cause: fault });
  }
  const { modulusLength = 0, publicExponent = 0n, namedCurve } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case "rsa":
      if (modulusLength < LEAST_RSA_BITS || modulusLength > MOST_RSA_BITS || !isExponent(publicExponent)) break;
      return { kind: "rsa", modulusBits: modulusLength };
    case "ec": {
      const curve = CURVES.get(namedCurve);
      if (curve) return { kind: "ecdsa", curve };
      break;
    }
    case "ed25519":
      return { kind: "ed25519" };
  }
  throw new RangeError(
    `certificate: a key of type ${key.asymmetricKeyType} ${
      namedCurve ?? modulusLength
    }, expected RSA of ${LEAST_RSA_BITS} to ${MOST_RSA_BITS} bits by an odd exponent from 3, ECDSA on P-256, P-384 or P-521, or Ed25519`,
  );
}
