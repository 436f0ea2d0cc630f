import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../../src/client/client.ts";
import { parseIdentity } from "../../src/configuration/mod.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import { initiatorConfiguration } from "../../src/ike/policy/initiator_configuration.ts";
import { responderConfiguration, type ResponderOptions } from "../../src/ike/policy/responder_configuration.ts";
import { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import { systemClock } from "../../src/transport/system_clock.ts";

const SECRET = new TextEncoder().encode("a secret that both ends hold");

test("sessions on one socket are rekeyed from both ends, ask for tickets, and resume with the latest one", async () => {
  await onUdp({}, async (gateway, client, effects) => {
    const gatewayAddress = { ...gateway.local[0], natPort: gateway.encapsulatedLocal[0].port };
    const configurations = Array.from(
      { length: 5 },
      (_, number) => initiatorConfiguration({ identity: parseIdentity(`client-${number}`), presharedKey: SECRET }),
    );
    const sessions = await Promise.all(
      configurations.map((configuration) => client.connect({ configuration, gateway: gatewayAddress })),
    );
    for (const session of sessions) {
      const { spis, ticket, childSa } = session;
      assert.equal(await session.rekey(), true);
      assert.notEqual(session.spis.initiatorSpi, spis.initiatorSpi);
      assert.equal(session.childSa, childSa);
      assert.ok(session.ticket && session.ticket !== ticket);
      await gateway.rekeySa(session.spis);
      const { spis: before } = session;
      while (session.spis === before) await session.checkLiveness();
      // The ticket went with the old IKE SA; another one comes by itself, and may be here already.
      const asked = await session.requestTicket();
      assert.ok(asked);
      assert.equal(await session.checkLiveness(), true);
    }
    assert.equal(gateway.counters.ike_sas_rekeyed_total, 10);
    assert.equal(effects.filter(({ type }) => type === "ike-sa-down").length, 0);
    for (const [index, session] of sessions.entries()) {
      const ticket = session.abandon();
      assert.ok(ticket);
      const again = await client.connect({ configuration: configurations[index], gateway: gatewayAddress, ticket });
      assert.equal(again.resumed, true);
      await again.close();
      assert.equal(await again.rekey(), false);
      assert.equal(await again.requestTicket(), undefined);
    }
    assert.equal(gateway.establishedCount, 0);
  });
});

test("[R-4.1-5] a session whose gateway issues no tickets is told so", async () => {
  await onUdp({ issueTickets: false }, async (gateway, client) => {
    const configuration = initiatorConfiguration({ identity: parseIdentity("client"), presharedKey: SECRET });
    const session = await client.connect({
      configuration,
      gateway: { ...gateway.local[0], natPort: gateway.encapsulatedLocal[0].port },
    });
    assert.equal(await session.requestTicket(), undefined);
    assert.equal(session.ticket, undefined);
    await session.close();
  });
});

test("[R-6.2-1] a session has no ticket any more when the gateway has rekeyed its IKE SA, until it gets the new one's, nor when it is over", async () => {
  await onUdp({}, async (gateway, client) => {
    const configuration = initiatorConfiguration({
      identity: parseIdentity("client"),
      presharedKey: SECRET,
      keepTicketFresh: false,
    });
    const session = await client.connect({
      configuration,
      gateway: { ...gateway.local[0], natPort: gateway.encapsulatedLocal[0].port },
    });
    const { spis, ticket } = session;
    assert.ok(ticket);
    await gateway.rekeySa(spis);
    while (session.spis === spis) await session.checkLiveness();
    assert.equal(session.ticket, undefined);
    assert.ok(await session.requestTicket());
    assert.ok(session.ticket && session.ticket !== ticket);
    await session.close();
    assert.equal(session.ticket, undefined);
  });
});

async function onUdp(
  options: Partial<ResponderOptions>,
  body: (gateway: Gateway, client: Client, effects: readonly Effect[]) => Promise<void>,
): Promise<void> {
  const effects: Effect[] = [];
  const gateway = await Gateway.listen({
    configuration: responderConfiguration({
      identity: parseIdentity("gateway.example"),
      presharedKeyOf: () => SECRET,
      ticketKeys: TicketKeyRing.generate(systemRandom, systemClock().epochSeconds),
      ...options,
    }),
    addresses: ["127.0.0.1"],
    port: 0,
    natPort: 0,
    onEffect: (effect) => effects.push(effect),
  });
  const client = await Client.open({ address: "127.0.0.1" });
  try {
    await body(gateway, client, effects);
  } finally {
    await client.close();
    await gateway.close();
  }
}
