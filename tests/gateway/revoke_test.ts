import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../../src/client/client.ts";
import { parseIdentity } from "../../src/configuration/mod.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { Gateway, type GatewayOptions } from "../../src/gateway/gateway.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import { initiatorConfiguration } from "../../src/ike/policy/initiator_configuration.ts";
import { responderConfiguration } from "../../src/ike/policy/responder_configuration.ts";
import { memoryStore } from "../../src/store/memory_store.ts";
import type { ClientTicket } from "../../src/ticket/client_ticket.ts";
import { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";

const SECRET = new TextEncoder().encode("a secret that both ends hold");
const ALICE = parseIdentity("alice@example.org");
const GATEWAY = parseIdentity("gateway.example");

test("[R-9.8-1] a ticket that one gateway revokes by its name is refused by another that shares the store", async () => {
  const ticketKeys = TicketKeyRing.generate(systemRandom, Date.now() / 1_000 | 0);
  const store = memoryStore();
  const issued: string[] = [];
  const onEffect = (effect: Effect) => {
    if (effect.type === "ticket-issued") issued.push(effect.ticket.ticketId);
  };
  const one = await listen(ticketKeys, { store, onEffect });
  const other = await listen(ticketKeys, { store });
  const client = await Client.open({ address: "127.0.0.1" });
  try {
    const connect = (gateway: Gateway, ticket?: ClientTicket) =>
      client.connect({
        configuration: initiatorConfiguration({ identity: ALICE, presharedKey: SECRET, peerIdentity: GATEWAY }),
        gateway: { ...gateway.local[0], natPort: gateway.encapsulatedLocal[0].port },
        ticket,
      });
    const session = await connect(one);
    const again = await connect(other, session.abandon());
    assert.equal(again.resumed, true);
    const last = await connect(one, again.abandon());
    assert.equal(last.resumed, true);
    await one.revoke({ ticketId: issued[1] });
    const refused = await connect(other, last.abandon());
    assert.equal(refused.resumed, false);
    assert.equal(one.counters.tickets_revoked_total, 1);
    assert.equal(other.counters.tickets_refused_total >= 1, true);
  } finally {
    await client.close();
    await one.close();
    await other.close();
  }
});

test("[R-9.8-1] what is no ticket's name, and a list out of range, are refused with the reason", async () => {
  const ticketKeys = TicketKeyRing.generate(systemRandom, Date.now() / 1_000 | 0);
  const bloom = { expected: 0, falsePositiveRate: 0.01 };
  await assert.rejects(() => listen(ticketKeys, { revocation: { bloom } }), /expected is 0/);
  const gateway = await listen(ticketKeys);
  try {
    await assert.rejects(() => gateway.revoke({ ticketId: "alice@example.org" }), RangeError);
    await gateway.revoke({ identity: ALICE });
    assert.equal(gateway.counters.wave_faults_total, 0);
  } finally {
    await gateway.close();
  }
});

function listen(ticketKeys: TicketKeyRing, options: Partial<GatewayOptions> = {}): Promise<Gateway> {
  return Gateway.listen({
    configuration: responderConfiguration({
      identity: GATEWAY,
      presharedKeyOf: () => SECRET,
      ticketKeys,
    }),
    addresses: ["127.0.0.1"],
    port: 0,
    natPort: 0,
    ...options,
  });
}
