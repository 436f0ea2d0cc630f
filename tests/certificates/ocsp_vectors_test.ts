/**
 * OCSP responses that OpenSSL made (tests/vectors/ocsp_openssl.py), and what becomes of them when anything about them is wrong.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type Certificate, readCertificate } from "../../src/certificates/certificate.ts";
import { readOcspResponse } from "../../src/certificates/ocsp_response.ts";
import { readPresented, Revocations } from "../../src/certificates/revocations.ts";
import { vectorsPath } from "../vectors/vectors.ts";

interface Vectors {
  readonly at: number;
  readonly certificates: Readonly<Record<string, string>>;
  readonly responses: Readonly<Record<string, string>>;
}

const vectors: Vectors = JSON.parse(readFileSync(vectorsPath("ocsp_openssl.json")!, "utf8"));
const { at } = vectors;
const WEEK_SECONDS = 7 * 86_400;
const octetsOf = (base64: string) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
const certificate = (name: string): Certificate => readCertificate(octetsOf(vectors.certificates[name]));
const response = (name: string): Uint8Array => octetsOf(vectors.responses[name]);
const authority = certificate("authority");

const NONE = "there is no OCSP response in time for the certificate";
const REVOKED = "a certificate was revoked";
const UNKNOWN = "its issuer does not know a certificate, by OCSP";

/** What speaks against a certificate, where OCSP has to speak for it. */
function refusal(
  end: string,
  presented: readonly Uint8Array[],
  now: number = at,
  issuer = authority,
): Promise<string | undefined> {
  const revocations = new Revocations({ requireLists: false, requireOcsp: true, issuers: [authority], fetch: undefined });
  return revocations.refusalOf([certificate(end), issuer], readPresented(presented), now);
}

const JUDGED: readonly (readonly [response: string, end: string, refusal: string | undefined])[] = [
  ["good, by the authority", "good", undefined],
  ["good, by the authority, asked by SHA-256", "good", undefined],
  ["good, by a responder", "good", undefined],
  ["good, by a responder that is named by its key", "good", undefined],
  ["good, without a next update", "good", undefined],
  ["revoked, by the authority", "revoked", REVOKED],
  ["revoked, by a responder, asked by SHA-256", "revoked", REVOKED],
  ["unknown, by the authority", "unknown", UNKNOWN],
  ["good, by one that is no responder", "good", NONE],
  ["good, by a responder of a stranger", "good", NONE],
  ["good, of a stranger's certificate of that number", "good", NONE],
  ["good, by a responder that brings no certificate", "good", NONE],
  // Another certificate's.
  ["good, by the authority", "revoked", NONE],
  ["revoked, by the authority", "good", NONE],
];

for (const [name, end, expected] of JUDGED) {
  test(`OpenSSL's response "${name}" lets the certificate "${end}" ${expected ? `not in: ${expected}` : "in"}`, async () => {
    assert.equal(await refusal(end, [response(name)]), expected);
  });
}

test("a response counts within its time and five minutes around it; what was revoked is so at any time", async () => {
  const good = [response("good, by the authority")];
  for (
    const [now, expected] of [
      [at - 300, undefined],
      [at - 301 - 5, NONE],
      [at + WEEK_SECONDS + 299, undefined],
      [at + WEEK_SECONDS + 301 + 5, NONE],
    ] as const
  ) assert.equal(await refusal("good", good, now), expected, `${now - at}`);
  const momentary = [response("good, without a next update")];
  assert.equal(await refusal("good", momentary, at + 299), undefined);
  assert.equal(await refusal("good", momentary, at + 301 + 5), NONE);
  const revoked = [response("revoked, by the authority")];
  assert.equal(await refusal("revoked", revoked, at + 10 * WEEK_SECONDS), REVOKED);
  assert.equal(await refusal("unknown", [response("unknown, by the authority")], at + 10 * WEEK_SECONDS), NONE);
});

test("an issuer of the same name and another key has said nothing", async () => {
  const other = { ...authority, publicKey: certificate("stranger").publicKey };
  assert.equal(await refusal("good", [response("good, by the authority")], at, other), NONE);
});

test("whatever octet of a response is altered, it never speaks for a certificate, and what is cut off or continued is none", async () => {
  const good = response("good, by a responder");
  const { signedOctets, signature } = readOcspResponse(good);
  for (let index = 0; index < good.length; index += 3) {
    const altered = good.slice();
    altered[index] ^= 1;
    const [read] = readPresented([altered]);
    // What nobody signed, of a certificate that is not the signer's, or in a name of an algorithm, may be altered without harm.
    const isSame = read &&
      [[read.signedOctets, signedOctets], [read.signature, signature]].every(([a, b]) =>
        a.length === b.length && a.every((octet, at) => octet === b[at])
      );
    if (!isSame) assert.equal(await refusal("good", [altered]), NONE, `octet ${index}`);
  }
  for (let length = 0; length < good.length; length += 7) {
    assert.throws(() => readOcspResponse(good.subarray(0, length)), RangeError, `${length}`);
  }
  assert.throws(() => readOcspResponse(Uint8Array.of(...good, 0)), /OCSP response: cannot be read/);
});

test("what is too long is not parsed, lengths that are no DER are refused, and so is a status of failure", () => {
  const huge = new Uint8Array(8_193);
  huge.set(response("good, by the authority"));
  assert.throws(() => readOcspResponse(huge), /OCSP response: 8193 octets, expected at most 8192/);
  // An indefinite length, and a length in more octets than it takes.
  const good = response("good, by the authority");
  assert.throws(() => readOcspResponse(Uint8Array.of(0x30, 0x80, ...good.subarray(4), 0, 0)), /cannot be read/);
  assert.throws(() => readOcspResponse(Uint8Array.of(0x30, 0x83, 0, ...good.subarray(2))), /cannot be read/);
  assert.throws(() => readOcspResponse(Uint8Array.of(0x30, 3, 0x0a, 1, 3)), /its status is 3, expected successful/);
  assert.throws(() => readOcspResponse(Uint8Array.of(0x30, 3, 0x0a, 1, 0)), /not of the basic type/);
  const deep = Uint8Array.from({ length: 200 }, (_, index) => index % 2 === 0 ? 0x30 : 198 - index - 1);
  for (const bad of [deep.subarray(0, 120), new Uint8Array(), new Uint8Array(2_000).fill(0x30)]) {
    assert.throws(() => readOcspResponse(bad), RangeError);
  }
});
