import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { Client, connect } from "../../src/client/client.ts";
import { parseIdentity } from "../../src/configuration/mod.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import { initiatorConfiguration } from "../../src/ike/policy/initiator_configuration.ts";
import { responderConfiguration } from "../../src/ike/policy/responder_configuration.ts";
import { MemoryClientTickets } from "../../src/store/memory_client_tickets.ts";
import { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import { systemClock } from "../../src/transport/system_clock.ts";

const GIVEN_UP = new Error("no connection is wanted any more");
const SECRET = new TextEncoder().encode("a secret that both ends hold");
const configuration = initiatorConfiguration({
  identity: parseIdentity("client@example.org"),
  peerIdentity: parseIdentity("gateway.example"),
  presharedKey: SECRET,
});

function listen(): Promise<Gateway> {
  return Gateway.listen({
    configuration: responderConfiguration({
      identity: parseIdentity("gateway.example"),
      presharedKeyOf: () => SECRET,
      ticketKeys: TicketKeyRing.generate(systemRandom, systemClock().epochSeconds),
    }),
    addresses: ["127.0.0.1"],
    port: 0,
    natPort: 0,
  });
}

function addressOf(gateway: Gateway) {
  return { ...gateway.local[0], natPort: gateway.encapsulatedLocal[0].port };
}

/** A gateway that hears and says nothing. */
async function silentGateway() {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return { socket, gateway: { address: "127.0.0.1", port: socket.address().port, natPort: socket.address().port } };
}

test("a connection whose signal was aborted before sends nothing, and rejects with the signal's reason", async () => {
  const { socket, gateway } = await silentGateway();
  let heard = 0;
  socket.on("message", () => heard++);
  await assert.rejects(
    connect({ configuration, gateway, signal: AbortSignal.abort(GIVEN_UP) }),
    (error) => error === GIVEN_UP,
  );
  assert.equal(heard, 0);
  socket.close();
});

for (const reconnect of [false, true]) {
  test(`a connection that is given up while its gateway is silent rejects with the signal's reason, and its sockets are closed (reconnect: ${reconnect})`, async () => {
    const { socket, gateway } = await silentGateway();
    const controller = new AbortController();
    const connecting = connect({ configuration, gateway, reconnect, signal: controller.signal });
    const [, { port }] = await once(socket, "message");
    controller.abort(GIVEN_UP);
    await assert.rejects(connecting, (error) => error === GIVEN_UP);
    // Its port is free again.
    const other = createSocket("udp4");
    other.bind(port, "127.0.0.1");
    await once(other, "listening");
    other.close();
    socket.close();
  });
}

test("a client of many sessions gives up one, puts its ticket back, and goes on; await using closes sessions and client", async () => {
  await using gateway = await listen();
  const { socket, gateway: silent } = await silentGateway();
  const tickets = new MemoryClientTickets();
  const controller = new AbortController();
  {
    await using client = await Client.open({ address: "127.0.0.1" });
    {
      await using first = await client.connect({
        configuration,
        gateway: addressOf(gateway),
        tickets,
        signal: controller.signal,
      });
      assert.equal(first.resumed, false);
      assert.equal(gateway.establishedCount, 1);
    }
    assert.equal(gateway.establishedCount, 0);
    const session = await client.connect({ configuration, gateway: addressOf(gateway), tickets, signal: controller.signal });
    session.abandon();
    const connecting = client.connect({ configuration, gateway: silent, tickets, signal: controller.signal });
    await once(socket, "message");
    controller.abort(GIVEN_UP);
    await assert.rejects(connecting, (error) => error === GIVEN_UP);
    const next = await client.connect({ configuration, gateway: addressOf(gateway), tickets });
    assert.equal(next.resumed, true);
    next.abandon();
  }
  socket.close();
});
