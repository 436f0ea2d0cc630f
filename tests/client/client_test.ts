import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { inspect } from "node:util";
import { Client, connect } from "../../src/client/client.ts";
import { ConnectionError } from "../../src/client/connection_error.ts";
import { parseIdentity, parseSelectors } from "../../src/configuration/mod.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { Gateway, type GatewayOptions } from "../../src/gateway/gateway.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import { type InitiatorConfiguration, initiatorConfiguration } from "../../src/ike/policy/initiator_configuration.ts";
import { responderConfiguration } from "../../src/ike/policy/responder_configuration.ts";
import { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import { assertSameKeys } from "../simulation/coming_back.ts";
import { systemClock } from "../../src/transport/system_clock.ts";

const SECRET = new TextEncoder().encode("a secret that both ends hold");
const TICKET_KEYS = TicketKeyRing.generate(systemRandom, systemClock().epochSeconds);
const IMPATIENT = { initialMs: 20, factor: 1, maximumMs: 20, attempts: 3, jitter: 0 };

function listen(address: string, options: Partial<GatewayOptions> = {}): Promise<Gateway> {
  return Gateway.listen({
    configuration: responderConfiguration({
      identity: parseIdentity("gateway.example"),
      presharedKeyOf: () => SECRET,
      ticketKeys: TICKET_KEYS,
    }),
    addresses: [address],
    port: 0,
    natPort: 0,
    ...options,
  });
}

function client(changes: Partial<InitiatorConfiguration> = {}): InitiatorConfiguration {
  return initiatorConfiguration({
    identity: parseIdentity("client@example.org"),
    peerIdentity: parseIdentity("gateway.example"),
    presharedKey: SECRET,
    ...changes,
  });
}

function addressOf(gateway: Gateway) {
  return { ...gateway.local[0], natPort: gateway.encapsulatedLocal[0].port };
}

for (const address of ["127.0.0.1", "::1"]) {
  test(`over ${address} a client comes up, asks for a sign of life, leaves without a word, and resumes with its ticket`, async () => {
    const effects: Effect[] = [];
    const gateway = await listen(address, { onEffect: (effect) => effects.push(effect) });
    try {
      const first = await connect({ configuration: client(), gateway: addressOf(gateway) });
      assert.equal(first.resumed, false);
      assert.equal(await first.checkLiveness(), true);
      const ticket = first.abandon();
      assert.ok(ticket);

      const second = await connect({ configuration: client(), gateway: addressOf(gateway), ticket });
      assert.equal(second.resumed, true);
      const atGateway = effects.findLast((effect) => effect.type === "child-sa-up");
      assert.ok(atGateway?.type === "child-sa-up");
      assertSameKeys(second.childSa, atGateway.childSa);

      assert.equal(gateway.establishedCount, 1, "the old IKE SA is replaced in silence");
      await second.close();
      assert.equal(await second.closed, "deleted-by-us");
      assert.equal(second.ticket, undefined, "deleting an IKE SA takes its ticket with it");
      assert.equal(await second.checkLiveness(), false);
      assert.equal(gateway.establishedCount, 0);
    } finally {
      await gateway.close();
    }
  });
}

test("a client gets an inner address, remembers it, and has it again when it resumes", async () => {
  const innerAddresses = { ranges: parseSelectors("10.9.0.1-10.9.0.9"), dns: ["10.9.0.53"] };
  const configuration = responderConfiguration({
    identity: parseIdentity("gateway.example"),
    presharedKeyOf: () => SECRET,
    ticketKeys: TICKET_KEYS,
    innerAddresses,
  });
  const gateway = await listen("127.0.0.1", { configuration });
  try {
    const first = await connect({ configuration: client({ requestInnerAddress: "10.9.0.7" }), gateway: addressOf(gateway) });
    assert.deepEqual(first.innerAddress, { address: "10.9.0.7", dns: ["10.9.0.53"] });
    const ticket = first.abandon();
    const requestInnerAddress = first.innerAddress?.address ?? true;
    const second = await connect({ configuration: client({ requestInnerAddress }), gateway: addressOf(gateway), ticket });
    assert.equal(second.resumed, true);
    assert.equal(second.innerAddress?.address, "10.9.0.7");
    await second.close();
  } finally {
    await gateway.close();
  }
});

test("many sessions share one pair of sockets", async () => {
  const gateway = await listen("127.0.0.1");
  const shared = await Client.open({ address: "127.0.0.1" });
  try {
    const sessions = await Promise.all(
      Array.from({ length: 20 }, (_, number) =>
        shared.connect({
          configuration: client({ identity: parseIdentity(`client-${number}`) }),
          gateway: addressOf(gateway),
        })),
    );
    assert.equal(new Set(sessions.map(({ spis }) => spis.initiatorSpi)).size, 20);
    assert.equal(gateway.establishedCount, 20);
    await Promise.all(sessions.map((session) => session.close()));
    assert.equal(gateway.establishedCount, 0);
  } finally {
    await shared.close();
    await gateway.close();
  }
});

test("neither printing a session nor turning it to JSON shows a key", async () => {
  const gateway = await listen("127.0.0.1");
  try {
    const session = await connect({ configuration: client(), gateway: addressOf(gateway) });
    const shown = inspect(session, { depth: 10, showHidden: true, getters: false }) + JSON.stringify(session);
    const { inbound, outbound } = session.childSa;
    for (const key of [inbound.encryptionKey, outbound.encryptionKey, session.ticket!.skD, SECRET]) {
      assert.ok(!shown.includes([...key].join(", ")), "octets in decimal");
      assert.ok(
        !shown.includes(Array.from(key, (octet) => octet.toString(16).padStart(2, "0")).join("")),
        "octets in hexadecimal",
      );
    }
    await session.close();
  } finally {
    await gateway.close();
  }
});

test("a gateway that does not answer is given up after the last attempt", async () => {
  const silent = createSocket("udp4");
  silent.bind(0, "127.0.0.1");
  await once(silent, "listening");
  let requests = 0;
  silent.on("message", () => requests++);
  try {
    const attempt = connect({
      configuration: client({ retransmission: IMPATIENT }),
      gateway: { address: "127.0.0.1", port: silent.address().port },
    });
    await assert.rejects(attempt, (error) => error instanceof ConnectionError && error.reason === "no-answer");
    // The last one may still be in the system's hands.
    for (let look = 0; look < 500 && requests < IMPATIENT.attempts; look++) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    assert.equal(requests, IMPATIENT.attempts);
  } finally {
    silent.close();
  }
});

test("a gateway that does not know the shared key is not connected to", async () => {
  const gateway = await listen("127.0.0.1");
  try {
    const attempt = connect({
      configuration: client({ presharedKey: new Uint8Array(16), refusalPatienceMs: 10, retransmission: IMPATIENT }),
      gateway: addressOf(gateway),
    });
    await assert.rejects(attempt, ConnectionError);
    assert.equal(gateway.establishedCount, 0);
  } finally {
    await gateway.close();
  }
});

test("[R-4.3.2-3] a ticket that the gateway does not know is answered with a full exchange, in the same call", async () => {
  const gateway = await listen("127.0.0.1");
  try {
    const first = await connect({ configuration: client(), gateway: addressOf(gateway) });
    const ticket = first.abandon()!;
    const forged = { ...ticket, ticket: ticket.ticket.map((octet, index) => index === 40 ? octet ^ 1 : octet) };
    const effects: string[] = [];
    const second = await connect({
      configuration: client({ refusalPatienceMs: 10 }),
      gateway: addressOf(gateway),
      ticket: forged,
      onEffect: (effect) => effects.push(effect.type),
    });
    assert.equal(second.resumed, false);
    assert.ok(effects.includes("resumption-failed"));
    assert.ok(second.ticket, "and brings a ticket that is good");
    await second.close();
  } finally {
    await gateway.close();
  }
});
