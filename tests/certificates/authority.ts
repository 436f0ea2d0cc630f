/**
 * Certificates for tests, made when they are needed: of any key, with any extension, right or wrong.
 *
 * @module
 */
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  CertificateList,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  KeyIdentifier,
  KeyUsage,
  Name,
  RelativeDistinguishedName,
  RevokedCertificate,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  TBSCertList,
  Time,
  Validity,
  Version,
} from "@peculiar/asn1-x509";
import type { CredentialOptions } from "../../src/certificates/options.ts";

export type KeyName = "P-256" | "P-384" | "P-521" | "Ed25519" | "RSA" | "RSA-1024";

export interface Wanted {
  readonly subject: string;
  readonly key?: KeyName;
  /** The key, and its identifier, of another one. Not given: new ones. */
  readonly keyOf?: Pick<Issued, "privateKey" | "keyIdentifier">;
  /** Names for subjectAltName. */
  readonly names?: readonly Partial<GeneralName>[];
  /** Days from the tests' present: from, to. */
  readonly days?: readonly [number, number];
  /** `undefined`: no basicConstraints; else cA, and the path length. */
  readonly authority?: { readonly isAuthority: boolean; readonly pathLength?: number };
  readonly keyUsage?: number;
  readonly purposes?: readonly string[];
  readonly extensions?: readonly Extension[];
  /** Hash of the signature. Default SHA-256, or what goes with the curve. */
  readonly hash?: string;
}

/** One certificate with its private key. */
export interface Issued {
  readonly der: Uint8Array;
  readonly privateKey: KeyObject;
  readonly subject: Name;
  readonly keyIdentifier: ArrayBuffer;
}

const DAY_MS = 86_400_000;
const COMMON_NAME = "2.5.4.3";

/** Whoever issues it; without one it signs itself. `presentMs`: the moment that days count from. */
export function issue(wanted: Wanted, issuer?: Issued, presentMs: number = 1_700_000_000_000): Issued {
  const { privateKey, keyIdentifier } = wanted.keyOf ??
    { privateKey: newKey(wanted.key ?? "P-256"), keyIdentifier: new Uint8Array(randomBytes(8)).buffer };
  const subject = nameOf(wanted.subject);
  const spki = new Uint8Array(createPublicKey(privateKey as never).export({ type: "spki", format: "der" }));
  const signer = issuer ?? { privateKey, subject, keyIdentifier };
  const [from, to] = wanted.days ?? [-1, 30];
  const { algorithm, hash } = signatureAlgorithm(signer.privateKey, wanted.hash);
  const tbs = new TBSCertificate({
    version: Version.v3,
    serialNumber: new Uint8Array([1, ...randomBytes(8)]).buffer,
    signature: algorithm,
    issuer: signer.subject,
    validity: new Validity({ notBefore: new Date(presentMs + from * DAY_MS), notAfter: new Date(presentMs + to * DAY_MS) }),
    subject,
    subjectPublicKeyInfo: AsnConvert.parse(spki, SubjectPublicKeyInfo),
    extensions: new Extensions(extensionsOf(wanted, keyIdentifier, signer.keyIdentifier)),
  });
  const octets = AsnConvert.serialize(tbs);
  const signatureValue = new Uint8Array(sign(hash, new Uint8Array(octets), signer.privateKey as never)).buffer;
  const certificate = new Certificate({ tbsCertificate: tbs, signatureAlgorithm: algorithm, signatureValue });
  return { der: new Uint8Array(AsnConvert.serialize(certificate)), privateKey, subject, keyIdentifier };
}

/** An authority that signs itself. */
export function authorityOf(
  subject = "Test Authority",
  key: KeyName = "P-256",
  wanted: Partial<Wanted> = {},
  issuer?: Issued,
  presentMs?: number,
): Issued {
  return issue({ subject, key, authority: { isAuthority: true }, keyUsage: 0b110_0000, ...wanted }, issuer, presentMs);
}

/** A list of revoked certificates. `days`: from, to, from the tests' present. */
export function revocationListOf(
  issuer: Issued,
  revoked: readonly Issued[],
  days: readonly [number, number] = [-1, 1],
  extensions: readonly Extension[] = [],
): Uint8Array {
  const { algorithm, hash } = signatureAlgorithm(issuer.privateKey);
  const at = (day: number) => new Time(new Date(1_700_000_000_000 + day * DAY_MS));
  const tbs = new TBSCertList({
    version: Version.v2,
    signature: algorithm,
    issuer: issuer.subject,
    thisUpdate: at(days[0]),
    nextUpdate: at(days[1]),
    ...(revoked.length > 0 && {
      revokedCertificates: revoked.map(({ der }) =>
        new RevokedCertificate({
          userCertificate: AsnConvert.parse(der, Certificate).tbsCertificate.serialNumber,
          revocationDate: at(0),
        })
      ),
    }),
    ...(extensions.length > 0 && { crlExtensions: [...extensions] }),
  });
  const signature = new Uint8Array(sign(hash, new Uint8Array(AsnConvert.serialize(tbs)), issuer.privateKey as never)).buffer;
  return new Uint8Array(
    AsnConvert.serialize(new CertificateList({ tbsCertList: tbs, signatureAlgorithm: algorithm, signature })),
  );
}

/** What an end proves itself with: its certificate, then those that lead to an authority. */
export function credentialOf(end: Issued, ...above: readonly Issued[]): CredentialOptions {
  return {
    certificates: [end, ...above].map(({ der }) => pem("CERTIFICATE", der)).join(""),
    privateKey: end.privateKey.export({ type: "pkcs8", format: "pem" }) as string,
  };
}

export function pem(label: string, der: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...der)).replace(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN ${label}-----\n${base64}\n-----END ${label}-----\n`;
}

/** The subject's DER, as ID_DER_ASN1_DN has it. */
export function subjectOf({ subject }: Issued): Uint8Array {
  return new Uint8Array(AsnConvert.serialize(subject));
}

export function criticalExtension(id: string): Extension {
  return new Extension({ extnID: id, critical: true, extnValue: new OctetString(Uint8Array.of(0x05, 0x00).buffer) });
}

function extensionsOf(
  { authority, keyUsage, purposes, names, extensions = [] }: Wanted,
  own: ArrayBuffer,
  issuers: ArrayBuffer,
): Extension[] {
  const made: Extension[] = [
    extension("2.5.29.14", new SubjectKeyIdentifier(own)),
    extension("2.5.29.35", new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(issuers) })),
  ];
  if (authority) {
    const { isAuthority, pathLength } = authority;
    made.push(extension("2.5.29.19", new BasicConstraints({ cA: isAuthority, pathLenConstraint: pathLength }), true));
  }
  if (keyUsage !== undefined) made.push(extension("2.5.29.15", new KeyUsage(keyUsage), true));
  if (purposes) made.push(extension("2.5.29.37", new ExtendedKeyUsage([...purposes])));
  if (names) made.push(extension("2.5.29.17", new SubjectAlternativeName(names.map((name) => new GeneralName(name)))));
  return [...made, ...extensions];
}

function extension(id: string, value: object, critical = false): Extension {
  return new Extension({ extnID: id, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

function nameOf(commonName: string): Name {
  const value = new AttributeValue({ utf8String: commonName });
  return new Name([new RelativeDistinguishedName([new AttributeTypeAndValue({ type: COMMON_NAME, value })])]);
}

function newKey(name: KeyName): KeyObject {
  switch (name) {
    case "RSA":
      return generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    case "RSA-1024":
      return generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey;
    case "Ed25519":
      return generateKeyPairSync("ed25519").privateKey;
    default:
      return generateKeyPairSync("ec", { namedCurve: name }).privateKey;
  }
}

const RSA_IDS: Readonly<Record<string, string>> = {
  sha1: "1.2.840.113549.1.1.5",
  sha256: "1.2.840.113549.1.1.11",
  sha384: "1.2.840.113549.1.1.12",
  sha512: "1.2.840.113549.1.1.13",
};
const ECDSA_IDS: Readonly<Record<string, string>> = {
  sha1: "1.2.840.10045.4.1",
  sha256: "1.2.840.10045.4.3.2",
  sha384: "1.2.840.10045.4.3.3",
  sha512: "1.2.840.10045.4.3.4",
};
const NULL = Uint8Array.of(0x05, 0x00).buffer;

function signatureAlgorithm(key: KeyObject, hash = "sha256"): { algorithm: AlgorithmIdentifier; hash: string | null } {
  switch (key.asymmetricKeyType) {
    case "rsa":
      return { algorithm: new AlgorithmIdentifier({ algorithm: RSA_IDS[hash], parameters: NULL }), hash };
    case "ed25519":
      return { algorithm: new AlgorithmIdentifier({ algorithm: "1.3.101.112" }), hash: null };
    default:
      return { algorithm: new AlgorithmIdentifier({ algorithm: ECDSA_IDS[hash] }), hash };
  }
}
