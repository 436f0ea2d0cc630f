/**
 * The gateway's own signature, and the OCSP response that it staples, may take as long as they like: no other client waits for them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { setImmediate } from "node:timers";
import { loadCertificates } from "../../src/certificates/options.ts";
import { Signer } from "../../src/certificates/signer.ts";
import { Client } from "../../src/client/client.ts";
import { parseIdentity } from "../../src/configuration/mod.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import type {
  CertificateAuthentication,
  CertificateCredential,
} from "../../src/ike/authentication/certificate_authentication.ts";
import { initiatorConfiguration, type InitiatorOptions } from "../../src/ike/policy/initiator_configuration.ts";
import { responderConfiguration } from "../../src/ike/policy/responder_configuration.ts";
import type { ClientTicket } from "../../src/ticket/client_ticket.ts";
import { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import { authorityOf, credentialOf, issue } from "../certificates/authority.ts";

const SECRET = new TextEncoder().encode("a secret that both ends hold");
const authority = authorityOf("Test", "P-256", {}, undefined, Date.now());

function certificatesOf(name: string): Promise<CertificateAuthentication> {
  const own = issue({ subject: name, names: [{ dNSName: name }] }, authority, Date.now());
  return loadCertificates({ authorities: [authority.der], credentials: [credentialOf(own)] });
}

const SLOW: Readonly<
  Record<string, (credential: CertificateCredential, gate: Promise<void>) => Partial<CertificateCredential>>
> = {
  "the gateway's own signature": ({ sign }, gate) => ({
    sign: async (...asked) => {
      await gate;
      return await sign(...asked);
    },
  }),
  "the OCSP response about the gateway's own certificate": (_, gate) => ({
    ocspResponse: async () => {
      await gate;
      return undefined;
    },
  }),
};

for (const [what, slowed] of Object.entries(SLOW)) {
  test(`${what} is made for long, and meanwhile others come up and come back by their tickets`, async () => {
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const ofGateway = await certificatesOf("gateway.example");
    const slow = slowed(ofGateway.own[0], gate.promise);
    const told: Partial<CertificateCredential> = {
      ...(slow.sign && { sign: (...asked) => (begun.resolve(), slow.sign!(...asked)) }),
      ...(slow.ocspResponse && { ocspResponse: (now) => (begun.resolve(), slow.ocspResponse!(now)) }),
    };
    const gateway = await Gateway.listen({
      configuration: responderConfiguration({
        identity: parseIdentity("gateway.example"),
        presharedKeyOf: () => SECRET,
        certificates: { ...ofGateway, own: [{ ...ofGateway.own[0], ...told }] },
        ticketKeys: TicketKeyRing.generate(systemRandom, Date.now() / 1000),
      }),
      addresses: ["127.0.0.1"],
      port: 0,
      natPort: 0,
      policyTimeoutMs: 60_000,
    });
    const client = await Client.open({ address: "127.0.0.1" });
    const connect = (name: string, proof: Partial<InitiatorOptions>, ticket?: ClientTicket) =>
      client.connect({
        configuration: initiatorConfiguration({
          identity: parseIdentity(name),
          peerIdentity: parseIdentity("gateway.example"),
          ...proof,
        }),
        gateway: { ...gateway.local[0], natPort: gateway.encapsulatedLocal[0].port },
        ticket,
      });
    try {
      const certificates = { ...await certificatesOf("slow.example"), asksOcsp: true };
      const waiting = connect("slow.example", { certificates });
      await begun.promise;
      const first = await connect("quick.example", { presharedKey: SECRET });
      const back = await connect("quick.example", { presharedKey: SECRET }, first.abandon());
      assert.equal(back.resumed, true);
      assert.equal(gateway.counters.ike_sas_up_total, 2);
      gate.resolve();
      assert.equal((await waiting).resumed, false);
    } finally {
      gate.resolve();
      await client.close();
      await gateway.close();
    }
  });
}

test("signatures by RSA are made in other threads: the gateway's own turns meanwhile", async () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  const pkcs8 = privateKey.export({ type: "pkcs8", format: "der" });
  const signer = new Signer({ pkcs8, kind: { kind: "rsa", modulusBits: 2_048 }, usesPss: true, signsSha1: false });
  // The key is imported, which is not the signature's time.
  await signer.check();
  // Of so many that they cannot all be over before a turn, unless they are made one after the other in the gateway's own thread.
  const order: string[] = [];
  const turned = new Promise<void>((resolve) => setImmediate(() => (order.push("turned"), resolve())));
  const signed = Array.from({ length: 64 }, () => signer.sign(Uint8Array.of(1), [2]).then(() => order.push("signed")));
  await Promise.all([turned, ...signed]);
  assert.notEqual(order.at(-1), "turned");
});
