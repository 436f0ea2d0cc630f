import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { Client } from "../../src/client/client.ts";
import { parseIdentity } from "../../src/configuration/mod.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { Gateway, type GatewayOptions } from "../../src/gateway/gateway.ts";
import { HookError } from "../../src/ike/steps/hook_faults.ts";
import { initiatorConfiguration } from "../../src/ike/policy/initiator_configuration.ts";
import { responderConfiguration, type ResponderOptions } from "../../src/ike/policy/responder_configuration.ts";
import type { TicketClaims } from "../../src/ike/steps/wave.ts";
import type { GatewayStore } from "../../src/store/gateway_store.ts";
import { memoryStore } from "../../src/store/memory_store.ts";
import { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";

const SECRET = new TextEncoder().encode("a secret that both ends hold");
const broken = (): never => {
  throw new Error("no space left on device");
};

function listen(options: Partial<GatewayOptions> = {}, configuration: Partial<ResponderOptions> = {}): Promise<Gateway> {
  return Gateway.listen({
    configuration: responderConfiguration({
      identity: parseIdentity("gateway.example"),
      presharedKeyOf: () => SECRET,
      ticketKeys: TicketKeyRing.generate(systemRandom, 0),
      ...configuration,
    }),
    addresses: ["127.0.0.1"],
    port: 0,
    natPort: 0,
    ...options,
  });
}

function connect(client: Client, gateway: Gateway, name: string, onEffect?: () => void) {
  return client.connect({
    configuration: initiatorConfiguration({ identity: parseIdentity(name), presharedKey: SECRET }),
    gateway: { ...gateway.local[0], natPort: gateway.encapsulatedLocal[0].port },
    ...(onEffect && { onEffect }),
  });
}

test("whoever is told of effects may throw at every one: clients come up, each effect is told, the fault is told once", async () => {
  for (const how of ["throw", "reject"] as const) {
    const told = new Map<string, number>();
    const faults: unknown[] = [];
    const gateway = await listen({
      onEffect: ({ type }) => {
        told.set(type, (told.get(type) ?? 0) + 1);
        return how === "throw" ? broken() : Promise.reject(new Error("no space left on device")) as unknown as void;
      },
      onFault: (fault) => faults.push(fault),
    });
    const client = await Client.open({ address: "127.0.0.1" });
    try {
      await Promise.all(Array.from({ length: 20 }, (_, number) => connect(client, gateway, `client-${number}`)));
      for (const type of ["ike-sa-up", "child-sa-up", "ticket-issued"]) assert.equal(told.get(type), 20, type);
      const [fault, ...more] = faults;
      assert.ok(fault instanceof HookError && fault.hook === "onEffect" && more.length === 0);
      const { hook_faults_total, wave_faults_total } = gateway.counters;
      assert.deepEqual([hook_faults_total, wave_faults_total], [[...told.values()].reduce((sum, count) => sum + count), 0]);
    } finally {
      await client.close();
      await gateway.close();
    }
  }
});

test("with every function throwing, onFault too, a gateway serves, and counts", async () => {
  const socket = createSocket("udp4");
  const memory = memoryStore();
  const readOnly: GatewayStore = { ...memory, claims: { claim: broken, isClaimed: broken } };
  const gateway = await listen({
    store: readOnly,
    onEffect: broken,
    onFault: broken,
    onOther: broken,
    onStoreChange: broken,
  });
  const client = await Client.open({ address: "127.0.0.1", onFault: broken, onOther: broken });
  try {
    const first = await connect(client, gateway, "client", broken);
    const ticket = first.abandon();
    const again = await client.connect({
      configuration: initiatorConfiguration({ identity: parseIdentity("client"), presharedKey: SECRET }),
      gateway: { ...gateway.local[0], natPort: gateway.encapsulatedLocal[0].port },
      ticket,
      onEffect: broken,
    });
    assert.equal(again.resumed, false);
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    socket.send(Uint8Array.of(0xff), gateway.encapsulatedLocal[0].port, "127.0.0.1");
    while (gateway.counters.nat_keepalives_total === 0) await pause(5);
    assert.ok(gateway.counters.hook_faults_total > 4);
    await again.close();
  } finally {
    socket.close();
    await client.close();
    await gateway.close();
  }
});

test("a ring that cannot keep a key it made goes on with it, and the gateway counts that", async () => {
  const hour = 3_600;
  const now = Math.floor(Date.now() / 1000);
  const ticketKeys = TicketKeyRing.generate(systemRandom, now - 3 * 86_400, {
    ticketLifetimeSeconds: hour,
    rotationSeconds: 86_400,
    makesKeys: true,
  });
  ticketKeys.onKeyMade = broken;
  const gateway = await listen({ onFault: () => {} }, { ticketKeys });
  const client = await Client.open({ address: "127.0.0.1" });
  try {
    assert.ok((await connect(client, gateway, "client")).ticket);
    assert.equal(gateway.counters.hook_faults_total, 1);
  } finally {
    await client.close();
    await gateway.close();
  }
});

test("a gateway closes although a wave stands at a store that never answers, and wipes what comes of it later", async () => {
  const memory = memoryStore();
  let answer = () => {};
  const claims: TicketClaims = {
    claim: (batch) => new Promise((resolve) => answer = () => resolve(memory.claims.claim(batch))),
    isClaimed: (batch) => memory.claims.isClaimed(batch),
  };
  const gateway = await listen({ claims });
  const client = await Client.open({ address: "127.0.0.1" });
  const ticket = (await connect(client, gateway, "client")).abandon();
  const resumed = client.connect({
    configuration: initiatorConfiguration({ identity: parseIdentity("client"), presharedKey: SECRET }),
    gateway: { ...gateway.local[0], natPort: gateway.encapsulatedLocal[0].port },
    ticket,
  });
  resumed.catch(() => {});
  const before = answer;
  while (answer === before) await pause(5);
  const spis = { initiatorSpi: 1n, responderSpi: 2n };
  const waiting = gateway.deleteSa(spis);
  await gateway.close();
  await waiting;
  await gateway.deleteSa(spis);
  assert.equal(gateway.establishedCount, 0);
  answer();
  await pause(50);
  assert.equal(gateway.establishedCount, 0, "the IKE SA that the late answer made is gone");
  await client.close();
});

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
