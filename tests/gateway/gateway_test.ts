import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { Client } from "../../src/client/client.ts";
import { parseIdentity } from "../../src/configuration/mod.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { Gateway, type GatewayOptions } from "../../src/gateway/gateway.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import { initiatorConfiguration } from "../../src/ike/policy/initiator_configuration.ts";
import { responderConfiguration } from "../../src/ike/policy/responder_configuration.ts";
import { loadProvider } from "../../src/providers/mod.ts";
import { MemoryTicketClaims } from "../../src/store/memory_claims.ts";
import { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";

const SECRET = new TextEncoder().encode("a secret that both ends hold");

function listen(options: Partial<GatewayOptions> = {}): Promise<Gateway> {
  return Gateway.listen({
    configuration: responderConfiguration({
      identity: parseIdentity("gateway.example"),
      presharedKeyOf: () => SECRET,
      ticketKeys: TicketKeyRing.generate(systemRandom, 0),
    }),
    addresses: ["127.0.0.1"],
    port: 0,
    natPort: 0,
    ...options,
  });
}

async function connected(gateway: Gateway, clients: number) {
  const client = await Client.open({ address: "127.0.0.1" });
  const sessions = await Promise.all(
    Array.from({ length: clients }, (_, number) =>
      client.connect({
        configuration: initiatorConfiguration({ identity: parseIdentity(`client-${number}`), presharedKey: SECRET }),
        gateway: { ...gateway.local[0], natPort: gateway.encapsulatedLocal[0].port },
      })),
  );
  return { client, sessions };
}

test("clients that come at once share calls of the provider: there are far fewer calls than requests", async () => {
  const provider = await loadProvider("ts");
  let calls = 0;
  let requests = 0;
  const counting = {
    ...provider,
    deriveKeys: (batch: Parameters<typeof provider.deriveKeys>[0]) => {
      calls++;
      requests += batch.length;
      return provider.deriveKeys(batch);
    },
  };
  const gateway = await listen({ provider: counting });
  const { client } = await connected(gateway, 60);
  try {
    assert.ok(requests >= 60);
    assert.ok(calls * 4 < requests, `${calls} calls for ${requests} requests`);
    const { ike_sas_up_total, ike_sas_established, ike_sas_half_open } = gateway.counters;
    assert.deepEqual([ike_sas_up_total, ike_sas_established, ike_sas_half_open], [60, 60, 0]);
  } finally {
    await client.close();
    await gateway.close();
  }
});

test("garbage of every length is counted, answered with nothing, and does not disturb the gateway", async () => {
  const gateway = await listen();
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  let answers = 0;
  socket.on("message", () => answers++);
  try {
    for (let length = 0; length < 300; length++) {
      socket.send(systemRandom(length), gateway.local[0].port, "127.0.0.1");
      // The kernel holds fewer than these in its buffer, and a lost one is not counted by anybody.
      if (length % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    for (const octets of [Uint8Array.of(0xff), new Uint8Array(3), new Uint8Array(60).fill(1)]) {
      socket.send(octets, gateway.encapsulatedLocal[0].port, "127.0.0.1");
    }
    const { client } = await connected(gateway, 1);
    await client.close();
    const { short_datagrams_total, dropped_messages_total, nat_keepalives_total, esp_datagrams_total, wave_faults_total } =
      gateway.counters;
    assert.equal(short_datagrams_total, 28 + 1);
    assert.equal(dropped_messages_total, 300 - 28);
    assert.deepEqual([nat_keepalives_total, esp_datagrams_total, wave_faults_total], [1, 1, 0]);
    assert.equal(gateway.halfOpenCount, 0);
    assert.equal(answers, 0);
  } finally {
    socket.close();
    await gateway.close();
  }
});

test("a gateway deletes an IKE SA that it is told to delete, and its client hears of it", async () => {
  const ended: Effect[] = [];
  const gateway = await listen({ onEffect: (effect) => effect.type === "ike-sa-down" && ended.push(effect) });
  const { client, sessions: [session] } = await connected(gateway, 1);
  try {
    await gateway.deleteSa(session.spis);
    assert.equal(await session.closed, "deleted-by-peer");
  } finally {
    await client.close();
    await gateway.close();
  }
});

test("a store that fails costs its wave and not the gateway", async () => {
  const faults: unknown[] = [];
  let failing = true;
  const memory = new MemoryTicketClaims();
  const claims = {
    claim: (batch: Parameters<typeof memory.claim>[0]) => memory.claim(batch),
    isClaimed: (batch: Parameters<typeof memory.isClaimed>[0]) => {
      if (failing) return Promise.reject(new Error("the store is away"));
      return memory.isClaimed(batch);
    },
  };
  const gateway = await listen({ claims, onFault: (fault) => faults.push(fault) });
  const { client, sessions: [first] } = await connected(gateway, 1);
  try {
    const ticket = first.abandon();
    const retransmission = { initialMs: 30, factor: 1, maximumMs: 30, attempts: 100, jitter: 0 };
    const resumed = client.connect({
      configuration: initiatorConfiguration({ identity: parseIdentity("client-0"), presharedKey: SECRET, retransmission }),
      gateway: { ...gateway.local[0], natPort: gateway.encapsulatedLocal[0].port },
      ticket,
    });
    while (faults.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    failing = false;
    assert.equal((await resumed).resumed, true, "the client's next attempt is served");
    assert.ok(gateway.counters.wave_faults_total >= 2);
  } finally {
    await client.close();
    await gateway.close();
  }
});

test("an address that cannot be listened on is refused, and sockets of the others are closed again", async () => {
  const gateway = await listen();
  const { port } = gateway.local[0];
  await gateway.close();
  await assert.rejects(listen({ addresses: ["127.0.0.1", "192.0.2.77"], port, natPort: 0 }), { name: "TransportError" });
  const again = await listen({ port });
  assert.equal(again.local[0].port, port);
  await again.close();
});
