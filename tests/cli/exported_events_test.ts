import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Client,
  type Effect,
  type EventObject,
  eventOf,
  formatEvent,
  Gateway,
  initiatorConfiguration,
  parseIdentity,
  responderConfiguration,
  systemRandom,
  TicketKeyRing,
} from "../../mod.ts";
import { toHexadecimal } from "../../src/wire/hexadecimal.ts";

const SECRET = new TextEncoder().encode("a secret that both ends hold");

test("a program makes events of effects that JSON.stringify takes, without keys unless they are asked for", async () => {
  const told: { readonly plain: EventObject | undefined; readonly open: EventObject | undefined }[] = [];
  // At once: keys of what is gone are zeros.
  const onEffect = (effect: Effect) => told.push({ plain: eventOf(effect, false), open: eventOf(effect, true) });
  const ticketKeys = TicketKeyRing.generate(systemRandom, Math.floor(Date.now() / 1_000));
  const identity = parseIdentity("gateway.example");
  await using gateway = await Gateway.listen({
    configuration: responderConfiguration({ identity, presharedKeyOf: () => SECRET, ticketKeys, exposeKeys: true }),
    addresses: ["127.0.0.1"],
    port: 0,
    natPort: 0,
    onEffect,
  });
  await using client = await Client.open({ address: "127.0.0.1" });
  const session = await client.connect({
    configuration: initiatorConfiguration({ identity: parseIdentity("client.example"), presharedKey: SECRET }),
    gateway: { ...gateway.local[0], natPort: gateway.encapsulatedLocal[0].port },
    onEffect,
  });
  const encryptionKey = toHexadecimal(session.childSa.inbound.encryptionKey);
  await session.close();
  const events = told.map(({ plain }) => plain).filter((event) => event !== undefined);
  const names = new Set(events.map(({ event }) => event));
  for (const name of ["ike-sa-up", "child-sa-up", "ticket-issued", "ticket-received", "ike-sa-down"]) {
    assert.ok(names.has(name), name);
  }
  for (const event of events) assert.deepEqual(JSON.parse(JSON.stringify(event)), event);
  assert.equal(JSON.stringify(events).includes(encryptionKey), false);
  assert.ok(JSON.stringify(told.map(({ open }) => open)).includes(encryptionKey));
  const up = events.find(({ event }) => event === "ike-sa-up");
  assert.match(formatEvent(up!), /^ike-sa-up initiator_spi=[0-9a-f]{16} responder_spi=[0-9a-f]{16} resumed=false /);
});
