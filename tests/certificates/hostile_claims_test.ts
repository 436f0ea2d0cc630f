/**
 * What a stranger may send in the place of certificates and signatures: nothing throws, nobody comes in, and the work is bounded.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { test } from "node:test";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  AttributeTypeAndValue,
  AttributeValue,
  CertificateList,
  Extension,
  Name,
  RelativeDistinguishedName,
} from "@peculiar/asn1-x509";
import fc from "fast-check";
import { kindOf, readCertificate } from "../../src/certificates/certificate.ts";
import { type CertificateOptions, loadCertificates } from "../../src/certificates/options.ts";
import { parseHostile } from "../../src/certificates/parse_der.ts";
import { identifierOf } from "../../src/certificates/algorithm_identifiers.ts";
import { fromDer, toDer } from "../../src/certificates/ecdsa_signature.ts";
import type {
  CertificateClaim,
  CertificateVerdict,
  Signature,
} from "../../src/ike/authentication/certificate_authentication.ts";
import { IdType } from "../../src/wire/constants.ts";
import { fqdn } from "../simulation/simulation.ts";
import { authorityOf, credentialOf, issue, type Issued, type KeyName, pem, revocationListOf } from "./authority.ts";

const NOW = 1_700_000_000;
const OCTETS = new TextEncoder().encode("what AUTH covers");
const identity = fqdn("a.example");
const authority = authorityOf();

async function judged(
  end: Issued,
  change: Partial<CertificateClaim>,
  options: Partial<CertificateOptions> = {},
): Promise<CertificateVerdict> {
  const certificates = await loadCertificates({ authorities: [authority.der], ...options });
  const own = await loadCertificates({ authorities: [authority.der], credentials: [credentialOf(end)] });
  const signature = change.signature ?? await own.own[0].sign(OCTETS, [2, 3, 4, 5]);
  return await certificates.verify({
    identity,
    certificates: [end.der],
    octets: OCTETS,
    nowEpochSeconds: NOW,
    signature,
    ...change,
  });
}

function named(key: KeyName = "P-256"): Issued {
  return issue({ subject: "A", key, names: [{ dNSName: "a.example" }] }, authority);
}

test("[C-3.9] certificates that are none, too many, or too long are refused before anything is verified", async () => {
  const end = named();
  assert.ok("chain" in await judged(end, {}));
  const lines: readonly (readonly [readonly Uint8Array[], RegExp])[] = [
    [[], /no certificate came/],
    [Array.from({ length: 9 }, () => end.der), /more than 8/],
    [[new Uint8Array(8_193)], /too long/],
    [[end.der, new Uint8Array(8_193)], /too long/],
    [[new Uint8Array(0)], /no DER/],
    [[end.der.subarray(0, end.der.length - 1)], /no DER/],
    [[Uint8Array.of(...end.der, 0)], /no DER/],
    [[Uint8Array.of(0x30, 0x82, 0, 2, 0x05, 0x00)], /cannot be read/],
  ];
  for (const [certificates, refusal] of lines) {
    const verdict = await judged(end, { certificates });
    assert.ok("refusal" in verdict);
    assert.match(verdict.refusal, refusal);
  }
  // What else a peer sends, and nobody needs, is passed over.
  assert.ok("chain" in await judged(end, { certificates: [end.der, new Uint8Array(5), end.der] }));
});

test("[C-3.9] a certificate of many elements is not taken apart, be they in it or in a name, and one of many names is read", async () => {
  const end = named();
  const nulls = new Uint8Array(8_192);
  nulls.set([0x30, 0x82, 0x1f, 0xfc]);
  for (let at = 4; at < nulls.length; at += 2) nulls.set([0x05, 0x00], at);
  const ofNames = (count: number, dNSName: string) =>
    issue({ subject: "A", key: "P-256", names: [{ dNSName: "a.example" }, ...Array(count).fill({ dNSName })] }, authority);
  const emptyNames = ofNames(3_000, "").der;
  assert.ok(emptyNames.length <= 8_192);
  for (const der of [nulls, emptyNames]) {
    assert.throws(() => readCertificate(der), ({ cause }: Error) => /node count exceeded/.test(String(cause)));
    assert.ok("refusal" in await judged(end, { certificates: [der] }));
  }
  assert.throws(() => parseHostile(nulls, Name), /node count exceeded/);
  const asName = await judged(end, { identity: { idType: IdType.ID_DER_ASN1_DN, identification: nulls } });
  assert.deepEqual(asName, { refusal: "the certificate does not name the identity" });
  const many = ofNames(400, "host.a.example");
  assert.ok("chain" in await judged(many, {}));
});

test("a revocation list is read however long it is", async () => {
  const end = named();
  const other = issue({ subject: "B", names: [] }, authority);
  const list = revocationListOf(authority, Array(4_000).fill(other));
  assert.ok("chain" in await judged(end, {}, { revocationLists: [list], requireRevocationLists: true }));
  const verdict = await judged(end, {}, { revocationLists: [revocationListOf(authority, [...Array(4_000).fill(other), end])] });
  assert.deepEqual(verdict, { refusal: "a certificate was revoked" });
});

test("[C-3.9] a certificate with any octet changed is refused, or proves nothing, and nothing throws", async () => {
  const end = named();
  await fc.assert(
    fc.asyncProperty(fc.nat(end.der.length - 1), fc.integer({ min: 1, max: 255 }), async (at, difference) => {
      const der = end.der.slice();
      der[at] ^= difference;
      assert.ok("refusal" in await judged(end, { certificates: [der] }));
    }),
    { numRuns: 100 },
  );
  // What stands behind the signed octets, which is no part of what the signature is over.
  const signedEnd = 8 + (end.der[6] << 8 | end.der[7]);
  for (let at = signedEnd; at < signedEnd + 16; at++) {
    for (const difference of [1, 2, 4, 0x80]) {
      const der = end.der.slice();
      der[at] ^= difference;
      assert.ok("refusal" in await judged(end, { certificates: [der] }), `octet ${at} ^ ${difference}`);
    }
  }
});

test("[C-3.2] [C-3.3] signatures of every method that are cut off, altered, empty, or of another key or form prove nothing", async () => {
  for (const key of ["P-256", "Ed25519", "RSA"] as const) {
    const end = named(key);
    const own = await loadCertificates({ authorities: [authority.der], credentials: [credentialOf(end)] });
    const right = await own.own[0].sign(OCTETS, [2, 3, 4, 5]);
    assert.ok("chain" in await judged(end, { signature: right }));
    const altered = right.data.slice();
    altered[altered.length - 1] ^= 1;
    const otherKey = await loadCertificates({ authorities: [authority.der], credentials: [credentialOf(named(key))] });
    const wrong: Signature[] = [
      { ...right, data: altered },
      { ...right, data: right.data.subarray(0, right.data.length - 1) },
      { ...right, data: new Uint8Array(0) },
      { ...right, data: Uint8Array.of(255) },
      { ...right, data: Uint8Array.of(0, ...right.data.subarray(1)) },
      await otherKey.own[0].sign(OCTETS, [2, 3, 4, 5]),
      ...[0, 1, 2, 3, 9, 10, 11, 12, 13, 200].map((method) => ({ ...right, method })),
      ...(["rsa-pkcs1", "ecdsa"] as const).map((kind) => {
        const identifier = identifierOf({ kind, hash: "SHA-384" });
        return { method: 14, data: Uint8Array.of(identifier.length, ...identifier, ...right.data.subarray(1 + right.data[0])) };
      }),
    ];
    for (const signature of wrong) {
      assert.deepEqual(await judged(end, { signature }), { refusal: "AUTH is not signed by the certificate's key" });
    }
    assert.ok("refusal" in await judged(end, { octets: new TextEncoder().encode("something else") }));
  }
});

test("[C-3.2] [C-3.3] a signature by method 1 is PKCS #1 v1.5, over the hash that it says itself; SHA-1 only where that is allowed", async () => {
  const end = named("RSA");
  for (
    const [hash, strict, lenient] of [["sha1", false, true], ["sha256", true, true], ["sha384", true, true], [
      "sha512",
      true,
      true,
    ]] as const
  ) {
    const data = new Uint8Array(sign(hash, OCTETS, end.privateKey as never));
    assert.equal("chain" in await judged(end, { signature: { method: 1, data } }), strict, hash);
    assert.equal("chain" in await judged(end, { signature: { method: 1, data } }, { allowSha1: true }), lenient, hash);
  }
});

test("of a private key nothing is left in memory but what signs", async () => {
  const end = named();
  const exported: Uint8Array[] = [];
  let holder = end.privateKey as unknown as { export: (...options: unknown[]) => Uint8Array };
  while (!Object.hasOwn(holder, "export")) holder = Object.getPrototypeOf(holder);
  const { export: original } = holder;
  holder.export = function (...options: unknown[]) {
    const octets = original.apply(this, options);
    const { type, format } = options[0] as { readonly type?: string; readonly format?: string };
    if (type === "pkcs8" && format === "der") exported.push(octets);
    return octets;
  };
  try {
    assert.ok("chain" in await judged(end, {}));
  } finally {
    holder.export = original;
  }
  assert.ok(exported.length > 0);
  for (const octets of exported) assert.ok(octets instanceof Uint8Array && octets.every((octet) => octet === 0));
});

test("RSA keys that are too short are not taken, neither a peer's nor the own", async () => {
  const short = named("RSA-1024");
  const signature = { method: 1, data: new Uint8Array(sign("sha256", OCTETS, short.privateKey as never)) };
  const certificates = await loadCertificates({ authorities: [authority.der] });
  const verdict = await certificates.verify({
    identity,
    certificates: [short.der],
    octets: OCTETS,
    nowEpochSeconds: NOW,
    signature,
  });
  assert.ok("refusal" in verdict && /RSA of 2048 to 8192 bits/.test(verdict.refusal));
  await assert.rejects(
    loadCertificates({ authorities: [authority.der], credentials: [credentialOf(short)] }),
    /credentials\.certificates: certificate: a key of type rsa 1024/,
  );
});

test("RSA keys by whose exponent anybody could sign, or nobody, are not taken", () => {
  const key = createPublicKey(generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey as never);
  const spki = new Uint8Array(key.export({ type: "spki", format: "der" }));
  assert.deepEqual(kindOf(spki), { kind: "rsa", modulusBits: 2_048 });
  // The last three octets are the exponent.
  assert.deepEqual([...spki.subarray(-5)], [0x02, 3, 1, 0, 1]);
  for (const exponent of [[0, 0, 1], [0, 0, 2], [1, 0, 0]]) {
    const other = spki.slice();
    other.set(exponent, other.length - 3);
    assert.throws(() => kindOf(other), /an odd exponent from 3|cannot be read/, exponent.join());
  }
});

test("a program's word on a name counts as yes only where it is true: a promise, or a text, is none", async () => {
  const end = issue({ subject: "B", names: [{ dNSName: "b.example" }] }, authority);
  for (
    const [answer, isIn] of [[true, true], [Promise.resolve(false), false], [Promise.resolve(true), false], ["no", false], [
      1,
      false,
    ]]
  ) {
    const verdict = await judged(end, {}, { namesIdentity: () => answer as boolean });
    assert.equal("chain" in verdict, isIn, String(answer));
  }
});

test("an address in a certificate that is none, a network for example, names nobody", async () => {
  for (const length of [0, 5, 8]) {
    const octets = Uint8Array.of(0x87, length, ...new Uint8Array(length).fill(1));
    const value = new OctetString(Uint8Array.of(0x30, octets.length, ...octets).buffer);
    const end = issue(
      { subject: "A", extensions: [new Extension({ extnID: "2.5.29.17", critical: false, extnValue: value })] },
      authority,
    );
    for (const idType of [IdType.ID_IPV4_ADDR, IdType.ID_IPV6_ADDR]) {
      const verdict = await judged(end, { identity: { idType, identification: new Uint8Array(0) } });
      assert.deepEqual(verdict, { refusal: "the certificate does not name the identity" });
    }
  }
});

test("a common name in which the text of another attribute stands is not taken for both", async () => {
  const attribute = (type: string, text: string) =>
    new AttributeTypeAndValue({ type, value: new AttributeValue({ utf8String: text }) });
  const both = new Name([new RelativeDistinguishedName([attribute("2.5.4.3", "a"), attribute("2.5.4.4", "admin")])]);
  const end = issue({ subject: "a+2.5.4.4=admin" }, authority);
  const identification = new Uint8Array(AsnConvert.serialize(both));
  assert.deepEqual(await judged(end, { identity: { idType: IdType.ID_DER_ASN1_DN, identification } }), {
    refusal: "the certificate does not name the identity",
  });
});

test("name constraints end the way also where they are not critical: an authority must not vouch for more than it may", async () => {
  // Whatever they say: nothing here reads them.
  const extnValue = new OctetString(Uint8Array.of(0x30, 0x00).buffer);
  const constraints = (critical: boolean) => new Extension({ extnID: "2.5.29.30", critical, extnValue });
  for (const critical of [true, false]) {
    const middle = authorityOf("Middle", "P-256", { extensions: [constraints(critical)] }, authority);
    const end = issue({ subject: "A", names: [{ dNSName: "a.example" }] }, middle);
    assert.deepEqual(await judged(end, { certificates: [end.der, middle.der] }), {
      refusal: "a certificate has the extension 2.5.29.30, which is not taken here",
    });
  }
});

test("a name is looked for in what a peer sent only up to a length of use", async () => {
  for (const [length, isIn] of [[900, true], [1_024, false]] as const) {
    const middle = authorityOf("m".repeat(length), "P-256", {}, authority);
    const end = issue({ subject: "A", names: [{ dNSName: "a.example" }] }, middle);
    const verdict = await judged(end, { certificates: [end.der, middle.der] });
    assert.deepEqual(
      "chain" in verdict ? "in" : verdict.refusal,
      isIn ? "in" : "no certificate of a trusted authority leads to it",
    );
  }
});

test("a revocation list is checked by no key but one that a chain of a trusted authority vouches for", async () => {
  const list = revocationListOf(authority, []);
  // Has the authority's name, and a key of the client's own.
  const impostor = authorityOf("Test Authority");
  const end = issue({ subject: "A", names: [{ dNSName: "a.example" }] }, impostor);
  const own = await loadCertificates({ authorities: [authority.der], credentials: [credentialOf(end)] });
  const signature = await own.own[0].sign(OCTETS, [2, 3, 4, 5]);
  const certificates = await loadCertificates({ authorities: [authority.der], revocationLists: [list] });
  const { subtle } = crypto;
  const verified: number[] = [];
  const verify = subtle.verify;
  subtle.verify = function (...given: Parameters<SubtleCrypto["verify"]>) {
    verified.push(given[3].byteLength);
    return verify.apply(subtle, given);
  };
  try {
    const claim = { identity, octets: OCTETS, nowEpochSeconds: NOW, signature };
    const verdict = await certificates.verify({ ...claim, certificates: [end.der, impostor.der] });
    assert.ok("refusal" in verdict);
    const listOctets = AsnConvert.parse(list, CertificateList).tbsCertListRaw!.byteLength;
    assert.ok(verified.length > 1 && !verified.includes(listOctets), String(verified));
  } finally {
    subtle.verify = verify;
  }
});

test("[C-3.9] of certificates that all vouch for one another few signatures are checked, whatever ways lead through them", async () => {
  // Each may stand above each: of four there are 64 ways.
  const first = authorityOf("Loop");
  const loop = Array.from({ length: 4 }, () => authorityOf("Loop", "P-256", { keyOf: first }, first));
  const end = issue({ subject: "A", names: [{ dNSName: "a.example" }] }, first);
  const { subtle } = crypto;
  const verify = subtle.verify;
  let checked = 0;
  subtle.verify = function (...given: Parameters<SubtleCrypto["verify"]>) {
    checked++;
    return verify.apply(subtle, given);
  };
  try {
    const verdict = await judged(end, { certificates: [end.der, ...loop.map(({ der }) => der)] });
    assert.deepEqual(verdict, { refusal: "too many certificates" });
  } finally {
    subtle.verify = verify;
  }
  // AUTH, and what is checked at most of a chain.
  assert.equal(checked, 1 + 16);
});

test("what cannot be read, or does not fit together, is told by the name of its option", async () => {
  const [end, other] = [named(), named()];
  const lines: readonly (readonly [Parameters<typeof loadCertificates>[0], RegExp])[] = [
    [{ authorities: [] }, /^authorities: there is none/],
    [{ authorities: ["nothing"] }, /^authorities: no PEM block "CERTIFICATE"/],
    [{ authorities: [pem("CERTIFICATE", Uint8Array.of(1, 2))] }, /^authorities: certificate: no DER/],
    [
      { authorities: [authority.der], revocationLists: [Uint8Array.of(1)] },
      /^revocationLists: revocation list: cannot be read/,
    ],
    [
      { authorities: [authority.der], credentials: [{ ...credentialOf(end), privateKey: credentialOf(other).privateKey }] },
      /^credentials\.privateKey: not the key of the first certificate/,
    ],
    [
      { authorities: [authority.der], credentials: [{ ...credentialOf(end), privateKey: "no key" }] },
      /^credentials\.privateKey: /,
    ],
  ];
  for (const [options, message] of lines) {
    await assert.rejects(loadCertificates(options), { name: "CertificateError", message });
  }
});

test("ECDSA signatures are the same in both forms, and DER of any other form is none", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 132, maxLength: 132 }), (pair) => {
    assert.deepEqual(fromDer(toDer(pair), 66), pair);
  }));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (octets) => {
    const pair = fromDer(octets, 32);
    // Nobody may write one signature in two ways.
    if (pair) assert.deepEqual(toDer(pair), octets);
  }));
  const right = toDer(new Uint8Array(64).fill(0x81));
  assert.ok(fromDer(right, 32));
  for (
    const wrong of [
      Uint8Array.of(...right, 0),
      right.subarray(1),
      Uint8Array.of(0x30, 6, 2, 1, 0x80, 2, 1, 1),
      Uint8Array.of(0x30, 7, 2, 2, 0, 1, 2, 1, 1),
    ]
  ) {
    assert.equal(fromDer(wrong, 32), undefined);
  }
});
