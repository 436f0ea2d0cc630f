import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../../src/client/client.ts";
import { parseIdentity } from "../../src/configuration/mod.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import { initiatorConfiguration } from "../../src/ike/policy/initiator_configuration.ts";
import { responderConfiguration } from "../../src/ike/policy/responder_configuration.ts";
import type { Datagram } from "../../src/ike/steps/datagram.ts";
import { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import { openDgramTransport } from "../../src/transport/dgram_transport.ts";
import type { OpenTransport } from "../../src/transport/transport.ts";

test("a gateway sends over the transport that it is given, and flushes it once its wave is answered", async () => {
  const gathered: Datagram[] = [];
  const flushes: number[] = [];
  const gathering: OpenTransport = async (options) => {
    const transport = await openDgramTransport(options);
    return {
      local: transport.local,
      encapsulatedLocal: transport.encapsulatedLocal,
      get counters() {
        return transport.counters;
      },
      send: (datagram) => void gathered.push(datagram),
      flush: () => {
        if (gathered.length > 0) flushes.push(gathered.length);
        for (const datagram of gathered.splice(0)) transport.send(datagram);
      },
      close: () => transport.close(),
    };
  };
  const presharedKey = new TextEncoder().encode("a secret that both ends hold");
  const gateway = await Gateway.listen({
    configuration: responderConfiguration({
      identity: parseIdentity("gateway.example"),
      presharedKeyOf: () => presharedKey,
      ticketKeys: TicketKeyRing.generate(systemRandom, 0),
    }),
    addresses: ["127.0.0.1"],
    port: 0,
    natPort: 0,
    openTransport: gathering,
  });
  const client = await Client.open({ address: "127.0.0.1" });
  const configuration = initiatorConfiguration({ identity: parseIdentity("client.example"), presharedKey });
  const session = await client.connect({
    configuration,
    gateway: { ...gateway.local[0], natPort: gateway.encapsulatedLocal[0].port },
  });
  assert.deepEqual(flushes, [1, 1]);
  // A task of the gateway's own is a wave, too.
  await gateway.deleteSa(session.spis);
  assert.deepEqual(flushes, [1, 1, 1]);
  await client.close();
  await gateway.close();
});
