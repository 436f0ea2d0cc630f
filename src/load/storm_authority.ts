/**
 * The little authority of a storm, made at its start: it signs the gateway's certificate, and one for each client. All clients have the same key
 * pair, so that thousands of them cost a signature each and no key; what a gateway does with their certificates is the same.
 *
 * @module
 */
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  BasicConstraints,
  Certificate,
  Extension,
  Extensions,
  GeneralName,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from "@peculiar/asn1-x509";

/** ECDSA on P-256 with SHA-256. */
const CURVE = "P-256";
const HASH = "sha256";
const SIGNATURE_ALGORITHM = new AlgorithmIdentifier({ algorithm: "1.2.840.10045.4.3.2" });
const COMMON_NAME = "2.5.4.3";
const SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";
const BASIC_CONSTRAINTS = "2.5.29.19";
const KEY_USAGE = "2.5.29.15";
/** Clocks may be set while a storm goes on. */
const VALID_BEFORE_MS = 3_600_000;
const VALID_AFTER_MS = 86_400_000;
const SERIAL_NUMBER_LENGTH = 15;

/** An end's private key, for as many certificates as there are to be. */
export interface StormKey {
  readonly privateKey: KeyObject;
  readonly subjectPublicKeyInfo: SubjectPublicKeyInfo;
}

export function newStormKey(): StormKey {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: CURVE });
  const spki = createPublicKey(privateKey as never).export({ type: "spki", format: "der" });
  return { privateKey, subjectPublicKeyInfo: AsnConvert.parse(new Uint8Array(spki), SubjectPublicKeyInfo) };
}

export class StormAuthority {
  readonly #key = newStormKey();
  readonly #name = nameOf("Storm authority");
  readonly #validity: Validity;
  /** DER. */
  readonly certificate: Uint8Array;

  constructor(nowMs: number = Date.now()) {
    this.#validity = new Validity({
      notBefore: new Date(nowMs - VALID_BEFORE_MS),
      notAfter: new Date(nowMs + VALID_AFTER_MS),
    });
    this.certificate = this.#sign(this.#name, this.#key, [
      extension(BASIC_CONSTRAINTS, new BasicConstraints({ cA: true }), true),
      extension(KEY_USAGE, new KeyUsage(KeyUsageFlags.keyCertSign), true),
    ]);
  }

  /** A certificate that names one end in subjectAltName, DER. */
  issue(name: Partial<GeneralName>, key: StormKey): Uint8Array {
    return this.#sign(nameOf("Storm end"), key, [
      extension(KEY_USAGE, new KeyUsage(KeyUsageFlags.digitalSignature), true),
      extension(SUBJECT_ALTERNATIVE_NAME, new SubjectAlternativeName([new GeneralName(name)])),
    ]);
  }

  #sign(subject: Name, { subjectPublicKeyInfo }: StormKey, extensions: readonly Extension[]): Uint8Array {
    const tbsCertificate = new TBSCertificate({
      version: Version.v3,
      // The first octet keeps it positive, and without a zero in front.
      serialNumber: Uint8Array.of(1, ...randomBytes(SERIAL_NUMBER_LENGTH)).buffer,
      signature: SIGNATURE_ALGORITHM,
      issuer: this.#name,
      validity: this.#validity,
      subject,
      subjectPublicKeyInfo,
      extensions: new Extensions([...extensions]),
    });
    const signed = new Uint8Array(AsnConvert.serialize(tbsCertificate));
    const signatureValue = new Uint8Array(sign(HASH, signed, this.#key.privateKey as never)).buffer;
    const certificate = new Certificate({ tbsCertificate, signatureAlgorithm: SIGNATURE_ALGORITHM, signatureValue });
    return new Uint8Array(AsnConvert.serialize(certificate));
  }
}

/** PEM, as a gateway's command line takes certificates. */
export function pemOf(certificate: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...certificate)).replace(/.{64}/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
}

export function privateKeyPemOf({ privateKey }: StormKey): string {
  return privateKey.export({ type: "pkcs8", format: "pem" }) as string;
}

function extension(extnID: string, value: object, critical = false): Extension {
  return new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

function nameOf(commonName: string): Name {
  const value = new AttributeValue({ utf8String: commonName });
  return new Name([new RelativeDistinguishedName([new AttributeTypeAndValue({ type: COMMON_NAME, value })])]);
}
