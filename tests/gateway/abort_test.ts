import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { parseIdentity } from "../../src/configuration/mod.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { Gateway, type GatewayOptions } from "../../src/gateway/gateway.ts";
import { responderConfiguration } from "../../src/ike/policy/responder_configuration.ts";
import { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import type { Transport, TransportOptions } from "../../src/transport/transport.ts";

const GIVEN_UP = new Error("no gateway is wanted any more");

function optionsOf(changes: Partial<GatewayOptions>): GatewayOptions {
  return {
    configuration: responderConfiguration({
      identity: parseIdentity("gateway.example"),
      presharedKeyOf: () => undefined,
      ticketKeys: TicketKeyRing.generate(systemRandom, 0),
    }),
    addresses: ["127.0.0.1"],
    port: 0,
    natPort: 0,
    ...changes,
  };
}

test("a gateway whose signal was aborted before opens nothing, and listen rejects with the signal's reason", async () => {
  let opened = 0;
  const openTransport = () => {
    opened++;
    return Promise.reject(new Error("was asked for"));
  };
  const options = optionsOf({ signal: AbortSignal.abort(GIVEN_UP), openTransport });
  await assert.rejects(Gateway.listen(options), (error) => error === GIVEN_UP);
  assert.equal(opened, 0);
});

test("a gateway that is given up while a transport opens rejects at once, and closes what it had and what opens later", async () => {
  const controller = new AbortController();
  const closed: string[] = [];
  const late = Promise.withResolvers<void>();
  const isAsked = Promise.withResolvers<void>();
  const openTransport = async ({ address, port, natPort }: TransportOptions): Promise<Transport> => {
    if (address === "127.0.0.2") {
      isAsked.resolve();
      await late.promise;
    }
    return {
      local: { address, port },
      encapsulatedLocal: { address, port: natPort },
      send: () => {},
      close: () => Promise.resolve(void closed.push(address)),
    };
  };
  const addresses = ["127.0.0.1", "127.0.0.2", "127.0.0.3"];
  const listening = Gateway.listen(optionsOf({ addresses, signal: controller.signal, openTransport }));
  await isAsked.promise;
  controller.abort(GIVEN_UP);
  await assert.rejects(listening, (error) => error === GIVEN_UP);
  assert.deepEqual(closed, ["127.0.0.1"]);
  late.resolve();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.deepEqual(closed, ["127.0.0.1", "127.0.0.2"]);
});

test("a signal that is aborted later changes nothing for a gateway that listens, and await using closes it", async () => {
  const controller = new AbortController();
  let port: number;
  {
    await using gateway = await Gateway.listen(optionsOf({ signal: controller.signal }));
    controller.abort(GIVEN_UP);
    port = gateway.local[0].port;
    const taken = createSocket("udp4");
    taken.bind(port, "127.0.0.1");
    const [error] = await once(taken, "error");
    assert.equal(error.code, "EADDRINUSE");
    taken.close();
  }
  const free = createSocket("udp4");
  free.bind(port, "127.0.0.1");
  await once(free, "listening");
  free.close();
});
