/**
 * From files' contents to what a configuration takes.
 *
 * @module
 */
import { createPrivateKey, createPublicKey } from "node:crypto";
import type { CertificateCredential } from "../ike/authentication/certificate_authentication.ts";
import { wipe } from "../crypto/wipe.ts";
import { concatenate, sameOctets } from "../wire/octets.ts";
import { HASH_NUMBERS } from "./algorithm_identifiers.ts";
import { type Certificate, readCertificate } from "./certificate.ts";
import { CertificateError } from "./certificate_error.ts";
import { boundedFetch, DEFAULT_OCSP_TIMEOUT_MS, type OcspFetch } from "./ocsp_fetch.ts";
import { readOcspResponse } from "./ocsp_response.ts";
import type { CertificateOptions, CredentialOptions, Encoded, GivenRevocations, LoadedCertificates } from "./options.ts";
import { ownOcspResponse } from "./own_ocsp_response.ts";
import { readRevocationList } from "./revocation_list.ts";
import { Revocations } from "./revocations.ts";
import { Signer } from "./signer.ts";
import { Verifier } from "./verifier.ts";

/** @throws {CertificateError} */
export async function readCertificates(options: CertificateOptions): Promise<LoadedCertificates> {
  const { allowSha1 = false, pss = true, requireOcsp = false } = options;
  const authorities = readAll("authorities", options.authorities);
  if (authorities.length === 0) throw new CertificateError("authorities: there is none, expected at least one certificate");
  const intermediates = readAll("intermediates", options.intermediates ?? []);
  const { sha1, ...strong } = numbersByName();
  const known = [...authorities, ...intermediates];
  const fetch = ocspFetch(options);
  const requireLists = options.requireRevocationLists ?? false;
  const revocations = new Revocations({ requireLists, requireOcsp, issuers: known, fetch });
  const replaceRevocations = async (given: GivenRevocations) => {
    const lists = (given.revocationLists ?? []).flatMap((encoded) =>
      blocksOf("revocationLists", encoded, "X509 CRL").map((der) => attempt("revocationLists", () => readRevocationList(der)))
    );
    const responses = (given.ocspResponses ?? []).map((der) =>
      attempt("ocspResponses", () => readOcspResponse(new Uint8Array(der)))
    );
    await revocations.replace(lists, responses, Date.now() / 1_000);
  };
  await replaceRevocations(options);
  const verifier = new Verifier({
    authorities,
    intermediates,
    revocations,
    allowSha1,
    namesIdentity: options.namesIdentity,
  });
  const own: CertificateCredential[] = [];
  for (const credential of options.credentials ?? []) {
    own.push(await readCredential(credential, known, { pss, allowSha1, revocations, fetch }));
  }
  return {
    own,
    authorityHashes: concatenate(authorities.map(({ keyHash }) => keyHash)),
    signatureHashes: [...Object.values(strong), ...(allowSha1 ? [sha1] : [])],
    asksOcsp: options.askOcsp ?? (requireOcsp || fetch !== undefined || (options.ocspResponses ?? []).length > 0),
    isRevoked: (names) => revocations.isRevoked(names),
    replaceRevocations,
    verify: (claim) => verifier.verify(claim),
    judge: (chain) => verifier.judge(chain),
  };
}

function ocspFetch({ ocspResponse, ocspTimeoutMs = DEFAULT_OCSP_TIMEOUT_MS }: CertificateOptions): OcspFetch | undefined {
  if (!(ocspTimeoutMs >= 1 && ocspTimeoutMs <= LONGEST_OCSP_TIMEOUT_MS)) {
    throw new CertificateError(`ocspTimeoutMs: ${ocspTimeoutMs}, expected 1 to ${LONGEST_OCSP_TIMEOUT_MS}`);
  }
  return ocspResponse && boundedFetch(ocspResponse, ocspTimeoutMs);
}

const LONGEST_OCSP_TIMEOUT_MS = 60_000;

function numbersByName() {
  const { "SHA-1": sha1, "SHA-256": sha256, "SHA-384": sha384, "SHA-512": sha512, identity } = HASH_NUMBERS;
  return { sha1, sha256, sha384, sha512, identity };
}

interface OwnOptions {
  readonly pss: boolean;
  readonly allowSha1: boolean;
  readonly revocations: Revocations;
  readonly fetch: OcspFetch | undefined;
}

async function readCredential(
  { certificates, privateKey, passphrase }: CredentialOptions,
  known: readonly Certificate[],
  { pss, allowSha1, revocations, fetch }: OwnOptions,
): Promise<CertificateCredential> {
  const [own, ...above] = readAll("credentials.certificates", [certificates]);
  if (own === undefined) {
    throw new CertificateError("credentials.certificates: there is none, expected at least one certificate");
  }
  const key = attempt("credentials.privateKey", () => {
    const encoded = typeof privateKey === "string"
      ? { key: privateKey, passphrase }
      : { key: privateKey as never, format: "der", type: "pkcs8", passphrase } as const;
    return createPrivateKey(encoded as Parameters<typeof createPrivateKey>[0]);
  });
  const spki = new Uint8Array(createPublicKey(key as never).export({ type: "spki", format: "der" }));
  if (!sameOctets(spki, own.publicKey.spki)) {
    throw new CertificateError("credentials.privateKey: not the key of the first certificate of credentials.certificates");
  }
  const pkcs8 = key.export({ type: "pkcs8", format: "der" });
  const signer = new Signer({ pkcs8, kind: own.publicKey.kind, usesPss: pss, signsSha1: allowSha1 });
  wipe(pkcs8);
  try {
    await signer.check();
  } catch (cause) {
    throw new CertificateError("credentials.privateKey: this runtime cannot sign with it", { cause });
  }
  const issuer = [...above, ...known].find(({ subject }) => sameOctets(subject, own.issuer));
  return {
    ocspResponse: (nowEpochSeconds) => ownOcspResponse(own, issuer, revocations.responses, fetch, nowEpochSeconds),
    // A root need not be sent: who trusts it has it.
    certificates: [own, ...above.filter(({ subject, issuer }) => !sameOctets(subject, issuer))].map(({ der }) => der),
    issuerHashes: issuersOf(own, [...above, ...known]).map(({ keyHash }) => keyHash),
    subject: own.subject,
    sign: signer.sign,
  };
}

/** Those above a certificate, by their names. */
function issuersOf(own: Certificate, known: readonly Certificate[]): Certificate[] {
  const above: Certificate[] = [];
  const names = [own.issuer];
  for (const name of names) {
    for (const one of known) {
      if (!sameOctets(one.subject, name) || above.includes(one)) continue;
      above.push(one);
      names.push(one.issuer);
    }
  }
  return above;
}

function readAll(option: string, encoded: readonly Encoded[]): Certificate[] {
  return encoded.flatMap((one) => blocksOf(option, one, "CERTIFICATE")).map((der) =>
    attempt(option, () => readCertificate(der))
  );
}

/** The DER of each PEM block of a label; what stands between blocks is for people. Octets are one DER, unless they are PEM as well. */
function blocksOf(option: string, encoded: Encoded, label: string): Uint8Array[] {
  const text = typeof encoded === "string" ? encoded : encoded[0] === DASH ? new TextDecoder().decode(encoded) : undefined;
  if (text === undefined) return [new Uint8Array(encoded as Uint8Array)];
  const blocks = [...text.matchAll(new RegExp(`-----BEGIN ${label}-----([^-]*)-----END ${label}-----`, "g"))];
  if (blocks.length === 0) throw new CertificateError(`${option}: no PEM block "${label}" in it`);
  return blocks.map(([, base64]) =>
    attempt(option, () => Uint8Array.from(atob(base64.replace(/\s+/g, "")), (character) => character.charCodeAt(0)))
  );
}

const DASH = 0x2d;

function attempt<T>(option: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new CertificateError(`${option}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
