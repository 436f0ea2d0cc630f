/**
 * OCSP in IKE_AUTH (RFC 4806): an end asks for a response, the other brings it, and a certificate stands or falls with it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type CertificateOptions, loadCertificates } from "../../src/certificates/options.ts";
import { sameOctets } from "../../src/wire/octets.ts";
import { effectsOf } from "../simulation/simulation.ts";
import { authorityOf, credentialOf, issue, type Issued, revocationListOf } from "./authority.ts";
import { ocspResponseOf, type WantedResponse } from "./ocsp_authority.ts";
import { certificateScene, CLIENT_NAME, GATEWAY_NAME, tried } from "./scene.ts";

const authority = authorityOf();
const gateway = issue({ subject: "Gateway", names: [{ dNSName: GATEWAY_NAME }] }, authority);
const client = issue({ subject: "Client", names: [{ dNSName: CLIENT_NAME }] }, authority);
const RESPONDER = { subject: "Responder", keyUsage: 1, purposes: ["1.3.6.1.5.5.7.3.9"] };
const responder = issue(RESPONDER, authority);

/** Whether the client came up, what the gateway says of it, and what the client says. */
async function attempt(ofGateway: Partial<CertificateOptions>, ofClient: Partial<CertificateOptions>) {
  const scene = await tried(
    await certificateScene({
      authority,
      ofGateway: { credentials: [credentialOf(gateway)], ...ofGateway },
      ofClient: { credentials: [credentialOf(client)], ...ofClient },
    }),
  );
  const { gatewayEffects } = scene.simulation;
  const [failed] = effectsOf(gatewayEffects, "authentication-failed");
  return {
    isUp: effectsOf(scene.client.effects, "child-sa-up").length === 1 && effectsOf(gatewayEffects, "ike-sa-up").length === 1,
    detail: failed?.detail,
    reason: effectsOf(scene.client.effects, "ike-sa-down")[0]?.reason,
  };
}

const NO_RESPONSE = "there is no OCSP response in time for the certificate";
const good = (one: Issued, wanted?: WantedResponse) => ocspResponseOf(authority, one, wanted);

test("a gateway that needs an OCSP response asks for it, and the client brings the one that it was given", async () => {
  assert.deepEqual(await attempt({ requireOcsp: true }, { ocspResponses: [good(client)] }), {
    isUp: true,
    detail: undefined,
    reason: undefined,
  });
  const without = await attempt({ requireOcsp: true }, {});
  assert.deepEqual([without.isUp, without.detail], [false, NO_RESPONSE]);
});

test("a client that needs an OCSP response asks for it, and the gateway brings the one that its program fetches", async () => {
  const asked: [Uint8Array, Uint8Array | undefined][] = [];
  const fetches: Partial<CertificateOptions> = {
    ocspResponse: (...certificates) => {
      asked.push(certificates);
      return Promise.resolve(sameOctets(certificates[0], gateway.der) ? good(gateway) : undefined);
    },
  };
  assert.equal((await attempt(fetches, { requireOcsp: true })).isUp, true);
  assert.deepEqual(asked.find(([certificate]) => sameOctets(certificate, gateway.der)), [gateway.der, authority.der]);
  const without = await attempt({}, { requireOcsp: true });
  assert.deepEqual([without.isUp, without.reason], [false, "authentication-failed"]);
});

const revokedResponder = issue(RESPONDER, authority);
const BROUGHT: Readonly<Record<string, readonly [readonly Uint8Array[], string | undefined]>> = {
  "of a responder of the authority's": [[good(client, { signer: responder })], undefined],
  "of another certificate": [[good(gateway)], NO_RESPONSE],
  "that is over": [[good(client, { days: [-3, -1] })], NO_RESPONSE],
  "that has not begun": [[good(client, { days: [1, 3] })], NO_RESPONSE],
  "signed by a stranger of the authority's name": [[good(client, { signer: authorityOf() })], NO_RESPONSE],
  "signed by a responder without the purpose": [
    [good(client, { signer: issue({ subject: "Responder", keyUsage: 1 }, authority) })],
    NO_RESPONSE,
  ],
  "signed by a responder that has expired": [
    [good(client, { signer: issue({ ...RESPONDER, days: [-3, -1] }, authority) })],
    NO_RESPONSE,
  ],
  "signed by a responder of a responder": [
    [good(client, { signer: issue(RESPONDER, responder) })],
    NO_RESPONSE,
  ],
  "signed by a responder that a stranger of the authority's name has made": [
    [good(client, { signer: issue(RESPONDER, authorityOf()) })],
    NO_RESPONSE,
  ],
  "signed by a responder that the authority's key has made in another name": [
    [good(client, { signer: issue(RESPONDER, { ...authority, subject: authorityOf("Other").subject }) })],
    NO_RESPONSE,
  ],
  "about the certificate of that number of another key in the authority's name": [
    [ocspResponseOf(authorityOf(), client, { signer: authority })],
    NO_RESPONSE,
  ],
  "signed by a responder that the authority has revoked": [[good(client, { signer: revokedResponder })], NO_RESPONSE],
  "that says it was revoked": [[good(client, { status: "revoked" })], "a certificate was revoked"],
  "that says it was revoked, beside one that says it is good": [
    [good(client), good(client, { status: "revoked", days: [-3, -1] })],
    "a certificate was revoked",
  ],
  "that does not know it": [[good(client, { status: "unknown" })], "its issuer does not know a certificate, by OCSP"],
  "that is no response, beside one that is": [[Uint8Array.of(0x30, 0x80), good(client)], undefined],
  "four times": [Array.from({ length: 4 }, () => good(client)), undefined],
  "five times": [Array.from({ length: 5 }, () => good(client)), "more than 4 OCSP responses came"],
  "of more octets than are read": [[new Uint8Array(8_193)], "an OCSP response is too long"],
};

for (const [name, [ocspResponses, expected]] of Object.entries(BROUGHT)) {
  test(`a client with an OCSP response ${name} ${expected ? `is refused: ${expected}` : "comes up"}`, async () => {
    const certificates = await loadCertificates({
      authorities: [authority.der],
      requireOcsp: true,
      revocationLists: [revocationListOf(authority, [revokedResponder])],
    });
    const mine = await loadCertificates({ authorities: [authority.der], credentials: [credentialOf(client)] });
    const octets = Uint8Array.of(1, 2, 3);
    const signature = await mine.own[0].sign(octets, certificates.signatureHashes);
    const verdict = await certificates.verify({
      identity: { idType: 2, identification: new TextEncoder().encode(CLIENT_NAME) },
      certificates: mine.own[0].certificates,
      ocspResponses,
      signature,
      octets,
      nowEpochSeconds: 1_700_000_000,
    });
    assert.equal("refusal" in verdict ? verdict.refusal : undefined, expected);
  });
}

test("without being asked no end brings a response, and without OCSP being required none is needed", async () => {
  const mine = await loadCertificates({
    authorities: [authority.der],
    credentials: [credentialOf(client)],
    ocspResponse: () => good(client),
  });
  assert.equal(mine.asksOcsp, true);
  assert.equal((await loadCertificates({ authorities: [authority.der] })).asksOcsp, false);
  assert.equal((await loadCertificates({ authorities: [authority.der], askOcsp: true })).asksOcsp, true);
  const asked: Uint8Array[] = [];
  const tells: Partial<CertificateOptions> = {
    ocspResponse: (certificate) => {
      asked.push(certificate);
      return undefined;
    },
    askOcsp: false,
  };
  const isAskedAboutOwn = async (ofGateway: Partial<CertificateOptions>) => {
    asked.length = 0;
    assert.equal((await attempt(ofGateway, tells)).isUp, true);
    return asked.some((certificate) => sameOctets(certificate, client.der));
  };
  assert.equal(await isAskedAboutOwn({}), false);
  assert.equal(await isAskedAboutOwn({ askOcsp: true }), true);
});

test("a function for OCSP responses that stalls, throws or gives nonsense is as if there were no response, in a bounded time", async () => {
  const hooks: CertificateOptions["ocspResponse"][] = [
    () => new Promise(() => {}),
    () => Promise.reject(new Error("no database")),
    () => {
      throw new Error("no database");
    },
    () => "nonsense" as unknown as Uint8Array,
    () => Uint8Array.of(0x30, 0),
  ];
  for (const ocspResponse of hooks) {
    const stalls = { ocspResponse, ocspTimeoutMs: 20 };
    assert.equal((await attempt(stalls, {})).isUp, true);
    const { isUp, detail } = await attempt({ ...stalls, requireOcsp: true }, {});
    assert.deepEqual([isUp, detail], [false, NO_RESPONSE]);
  }
});

test("what a revoked certificate's holder cannot hide: the program's response counts where the peer brought none", async () => {
  const answers = (wanted: WantedResponse): Partial<CertificateOptions> => ({
    ocspResponse: (certificate) => good([gateway, client].find(({ der }) => sameOctets(der, certificate))!, wanted),
  });
  assert.equal((await attempt(answers({ status: "good" }), {})).isUp, true);
  assert.equal((await attempt(answers({ status: "revoked" }), {})).detail, "a certificate was revoked");
});

// Whether the program is asked, and knows nothing, makes no difference.
for (const options of [{ askOcsp: true }, { ocspResponse: () => undefined }]) {
  const asked = "ocspResponse" in options ? ", and the program knows of none" : "";
  test(`a certificate that was found to be revoked stays so, also where its holder brings an earlier response that is still in time${asked}`, async () => {
    const certificates = await loadCertificates({ authorities: [authority.der], ...options });
    const mine = await loadCertificates({ authorities: [authority.der], credentials: [credentialOf(client)] });
    const octets = Uint8Array.of(1, 2, 3);
    const signature = await mine.own[0].sign(octets, certificates.signatureHashes);
    const refusalWith = async (...ocspResponses: Uint8Array[]) => {
      const verdict = await certificates.verify({
        identity: { idType: 2, identification: new TextEncoder().encode(CLIENT_NAME) },
        certificates: mine.own[0].certificates,
        ocspResponses,
        signature,
        octets,
        nowEpochSeconds: 1_700_000_000,
      });
      return "refusal" in verdict ? verdict.refusal : undefined;
    };
    assert.equal(await refusalWith(good(client)), undefined);
    assert.equal(await refusalWith(good(client, { status: "revoked" })), "a certificate was revoked");
    assert.equal(await refusalWith(good(client)), "a certificate was revoked");
    assert.equal(await refusalWith(), "a certificate was revoked");
  });
}

test("what cannot be used of OCSP is refused by the name of its option", async () => {
  const base = { authorities: [authority.der] };
  await assert.rejects(loadCertificates({ ...base, ocspResponses: [Uint8Array.of(1)] }), {
    name: "CertificateError",
    message: "ocspResponses: OCSP response: cannot be read",
  });
  await assert.rejects(loadCertificates({ ...base, ocspTimeoutMs: 0 }), {
    name: "CertificateError",
    message: "ocspTimeoutMs: 0, expected 1 to 60000",
  });
});
