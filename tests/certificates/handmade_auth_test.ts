/**
 * IKE_AUTH by certificate as a peer makes it that shares no code with the project: signed octets, AlgorithmIdentifier and signature by node:crypto.
 * Then the same with one thing wrong, by table.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHmac, sign, verify, X509Certificate } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { loadCertificates } from "../../src/certificates/options.ts";
import { findPayload, notify } from "../../src/ike/message/notify.ts";
import { responderConfiguration } from "../../src/ike/policy/responder_configuration.ts";
import { Responder } from "../../src/ike/responder.ts";
import { createTsProvider } from "../../src/crypto/ts/provider.ts";
import { NotifyType } from "../../src/wire/constants.ts";
import { fromHexadecimal } from "../../src/wire/hexadecimal.ts";
import type { Payload } from "../../src/wire/payload.ts";
import { HANDMADE_IDENTITY, HandmadeClient, type HandmadeExchange } from "../simulation/handmade_client.ts";
import { notifyTypes } from "../simulation/messages.ts";
import { effectsOf, fqdn, PRESHARED_KEY, Simulation } from "../simulation/simulation.ts";
import { authorityOf, credentialOf, issue } from "./authority.ts";

/** RFC 7427, appendix A.3.2. */
const ECDSA_WITH_SHA256 = fromHexadecimal("300a06082a8648ce3d040302")!;
const NAME = new TextDecoder().decode(HANDMADE_IDENTITY.identification);

const authority = authorityOf();
const own = issue({ subject: "Handmade", names: [{ dNSName: NAME }] }, authority);
const gatewayCertificate = issue({ subject: "Gateway", names: [{ dNSName: "gateway.example" }] }, authority);

async function scene() {
  const simulation = new Simulation({ provider: createTsProvider() });
  const { ticketKeys } = simulation;
  const certificates = await loadCertificates({
    authorities: [authority.der],
    credentials: [credentialOf(gatewayCertificate)],
  });
  const identity = fqdn("gateway.example");
  const presharedKeyOf = () => PRESHARED_KEY;
  simulation.gateway = new Responder(
    responderConfiguration({ identity, ticketKeys, certificates, presharedKeyOf }),
    simulation.random.octets,
  );
  const client = new HandmadeClient(simulation);
  return { simulation, client, exchange: await client.init() };
}

/** RealMessage, the other end's nonce, and prf(SK_p, RestOfIDPayload) (RFC 7296, section 2.15). */
function signedOctets(
  message: Uint8Array,
  nonce: Uint8Array,
  skP: Uint8Array,
  identity: { idType: number; identification: Uint8Array },
): Uint8Array {
  const restOfId = Uint8Array.of(identity.idType, 0, 0, 0, ...identity.identification);
  return Uint8Array.of(...message, ...nonce, ...createHmac("sha256", skP).update(restOfId).digest());
}

function authOf({ request, nonces, keys }: HandmadeExchange): Payload {
  const octets = signedOctets(request, nonces.responderNonce, keys.skPi, HANDMADE_IDENTITY);
  const signature = sign("sha256", octets, own.privateKey as never);
  return { type: "AUTH", method: 14, data: Uint8Array.of(ECDSA_WITH_SHA256.length, ...ECDSA_WITH_SHA256, ...signature) };
}

const CERT: Payload = { type: "CERT", encoding: 4, certificate: own.der };

test("[C-3.1] a peer made by hand proves itself by a signature over exactly what RFC 7296 says, and checks the gateway's", async () => {
  const { client, exchange } = await scene();
  const { answer, effects } = await client.auth(exchange, { replace: [authOf(exchange)], add: [CERT] });
  assert.equal(effectsOf(effects, "ike-sa-up").length, 1);
  const [idR, cert, auth] = [findPayload(answer, "IDr")!, findPayload(answer, "CERT")!, findPayload(answer, "AUTH")!];
  assert.deepEqual(answer.slice(0, 3).map(({ type }) => type), ["IDr", "CERT", "AUTH"]);
  assert.deepEqual(cert.certificate, gatewayCertificate.der);
  // The handmade client says nothing of RFC 7427: the gateway signs as RFC 4754 has it.
  assert.equal(auth.method, 9);
  const octets = signedOctets(exchange.response, exchange.nonces.initiatorNonce, exchange.keys.skPr, idR);
  const key = new X509Certificate(cert.certificate).publicKey;
  assert.ok(verify("sha256", octets, { key, dsaEncoding: "ieee-p1363" } as never, auth.data));
});

test("[C-3.9] with one thing wrong a client does not come up, gets one answer, and is forgotten; nothing throws", async () => {
  // Short ones: a message that is too long is dropped without an answer.
  const many = Array.from({ length: 21 }, () => ({ ...CERT, certificate: own.der.subarray(0, 20) }));
  type Change = Parameters<HandmadeClient["auth"]>[1];
  const lines: readonly (readonly [string, (exchange: HandmadeExchange) => Change, number])[] = [
    ["no CERT", (exchange) => ({ replace: [authOf(exchange)] }), NotifyType.AUTHENTICATION_FAILED],
    ["no AUTH, and no EAP", () => ({ omit: ["AUTH"], add: [CERT] }), NotifyType.AUTHENTICATION_FAILED],
    ["no IDi", (exchange) => ({ replace: [authOf(exchange)], omit: ["IDi"], add: [CERT] }), NotifyType.AUTHENTICATION_FAILED],
    ["AUTH twice", (exchange) => ({ replace: [authOf(exchange)], add: [CERT, authOf(exchange)] }), NotifyType.INVALID_SYNTAX],
    ["too many CERT", (exchange) => ({ replace: [authOf(exchange)], add: many }), NotifyType.INVALID_SYNTAX],
    [
      "nine CERT",
      (exchange) => ({ replace: [authOf(exchange)], add: [CERT, ...many.slice(0, 8)] }),
      NotifyType.AUTHENTICATION_FAILED,
    ],
    [
      "an empty CERT",
      (exchange) => ({ replace: [authOf(exchange)], add: [{ ...CERT, certificate: new Uint8Array(0) }] }),
      NotifyType.AUTHENTICATION_FAILED,
    ],
    [
      "CERT of another encoding",
      (exchange) => ({ replace: [authOf(exchange)], add: [{ ...CERT, encoding: 12 }] }),
      NotifyType.AUTHENTICATION_FAILED,
    ],
    [
      "the authority's CERT first",
      (exchange) => ({ replace: [authOf(exchange)], add: [{ ...CERT, certificate: authority.der }, CERT] }),
      NotifyType.AUTHENTICATION_FAILED,
    ],
    [
      "an AUTH of another IKE SA",
      (exchange) => ({ replace: [authOf({ ...exchange, request: exchange.response })], add: [CERT] }),
      NotifyType.AUTHENTICATION_FAILED,
    ],
    [
      "the method of a shared key",
      (exchange) => ({ replace: [{ ...authOf(exchange), method: 2 } as Payload], add: [CERT] }),
      NotifyType.AUTHENTICATION_FAILED,
    ],
    [
      "an AUTH of no octets",
      () => ({ replace: [{ type: "AUTH", method: 14, data: new Uint8Array(0) }], add: [CERT] }),
      NotifyType.AUTHENTICATION_FAILED,
    ],
  ];
  for (const [what, change, notifyType] of lines) {
    const { client, exchange, simulation } = await scene();
    const { answer, effects } = await client.auth(exchange, change(exchange));
    assert.deepEqual(effectsOf(effects, "ike-sa-up"), [], what);
    assert.ok(notifyTypes(answer).includes(notifyType), what);
    assert.equal(effectsOf(effects, "send").length, 1, what);
    assert.equal(simulation.gateway.establishedCount, 0, what);
  }
});

test("[C-3.9] whatever stands in CERT, CERTREQ and AUTH beside a right shared key changes nothing for a client that has one", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.nat(255), async (octets, encoding) => {
      const { client, exchange } = await scene();
      const { effects } = await client.auth(exchange, {
        add: [{ type: "CERT", encoding, certificate: octets }, { type: "CERTREQ", encoding, certificationAuthority: octets }],
      });
      assert.equal(effectsOf(effects, "ike-sa-up").length, 1);
    }),
    { numRuns: 20 },
  );
});

test("[C-3.9] random octets in CERT and AUTH bring nobody in, by any method", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 600 }),
      fc.uint8Array({ maxLength: 200 }),
      fc.nat(255),
      async (certificate, data, method) => {
        const { client, exchange } = await scene();
        const { effects } = await client.auth(exchange, {
          replace: [{ type: "AUTH", method, data }],
          add: [{ type: "CERT", encoding: 4, certificate }, notify(NotifyType.SIGNATURE_HASH_ALGORITHMS, data)],
        });
        assert.deepEqual(effectsOf(effects, "ike-sa-up"), []);
        assert.equal(effectsOf(effects, "send").length, 1);
      },
    ),
    { numRuns: 40 },
  );
});
