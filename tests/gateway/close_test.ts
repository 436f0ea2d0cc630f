import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../../src/client/client.ts";
import { parseIdentity } from "../../src/configuration/mod.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import { initiatorConfiguration } from "../../src/ike/policy/initiator_configuration.ts";
import { responderConfiguration } from "../../src/ike/policy/responder_configuration.ts";
import { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";

test("a gateway that is closed leaves no key in memory", async () => {
  const presharedKey = new TextEncoder().encode("a secret that both ends hold");
  const effects: Effect[] = [];
  const gateway = await Gateway.listen({
    configuration: responderConfiguration({
      identity: parseIdentity("gateway.example"),
      presharedKeyOf: () => presharedKey,
      ticketKeys: TicketKeyRing.generate(systemRandom, 0),
      exposeKeys: true,
    }),
    addresses: ["127.0.0.1"],
    port: 0,
    natPort: 0,
    onEffect: (effect) => effects.push(effect),
  });
  const client = await Client.open({ address: "127.0.0.1" });
  const configuration = initiatorConfiguration({ identity: parseIdentity("client.example"), presharedKey });
  await client.connect({ configuration, gateway: { ...gateway.local[0], natPort: gateway.encapsulatedLocal[0].port } });
  const secrets = effects.flatMap((effect) =>
    effect.type === "ike-sa-keys"
      ? Object.values<Uint8Array>({ ...effect.keys })
      : effect.type === "child-sa-up"
      ? [effect.childSa.inbound.encryptionKey, effect.childSa.outbound.encryptionKey]
      : []
  ).filter(({ length }) => length > 0);
  assert.equal(secrets.length, 7);
  assert.ok(secrets.every((octets) => octets.some((octet) => octet !== 0)));
  await client.close();
  await gateway.close();
  assert.ok(secrets.every((octets) => octets.every((octet) => octet === 0)));
});
