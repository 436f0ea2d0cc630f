import assert from "node:assert/strict";
import { test } from "node:test";
import { parseIdentity } from "../../src/configuration/mod.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import { findNotify, notify } from "../../src/ike/message/notify.ts";
import { responderConfiguration } from "../../src/ike/policy/responder_configuration.ts";
import type { Datagram, Endpoint } from "../../src/ike/steps/datagram.ts";
import { loadProvider } from "../../src/providers/mod.ts";
import { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import type { Transport, TransportOptions } from "../../src/transport/transport.ts";
import { TransportError } from "../../src/transport/transport_error.ts";
import { ExchangeType, NotifyType } from "../../src/wire/constants.ts";
import { decodeMessage, encodeMessage } from "../../src/wire/message.ts";

const TICKET_VERSION = 2;
const REMOTE: Endpoint = { address: "198.51.100.7", port: 500 };

class MemoryTransport implements Transport {
  readonly local: Endpoint;
  readonly encapsulatedLocal: Endpoint;
  readonly options: TransportOptions;
  readonly sent: Datagram[] = [];
  onSent: (datagram: Datagram) => void = () => {};
  isClosed = false;

  constructor(options: TransportOptions) {
    this.options = options;
    this.local = { address: options.address, port: options.port };
    this.encapsulatedLocal = { address: options.address, port: options.natPort };
  }

  send(datagram: Datagram): void {
    this.sent.push(datagram);
    this.onSent(datagram);
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }
}

const configuration = responderConfiguration({
  identity: parseIdentity("gateway.example"),
  presharedKeyOf: () => new TextEncoder().encode("a secret that both ends hold"),
  ticketKeys: TicketKeyRing.generate(systemRandom, 0),
});

/** A ticket that opens nowhere is refused, whatever carried it. With a version it is plain, and by its key nobody's. */
function refusedRequest(version = 0): Uint8Array {
  const ticket = systemRandom(200);
  ticket[0] = version;
  return encodeMessage(
    {
      initiatorSpi: 7n,
      responderSpi: 0n,
      exchangeType: ExchangeType.IKE_SESSION_RESUME,
      fromInitiator: true,
      isResponse: false,
      messageId: 0,
    },
    [{ type: "Nonce", nonce: systemRandom(32) }, notify(NotifyType.TICKET_OPAQUE, ticket)],
  );
}

test("a gateway serves over the transports that a program opens for it: one for each address, answered over the one that was asked, closed with it", async () => {
  const opened: MemoryTransport[] = [];
  const gateway = await Gateway.listen({
    configuration,
    addresses: ["192.0.2.1", "192.0.2.2"],
    port: 501,
    natPort: 4501,
    openTransport: (options) => {
      opened.push(new MemoryTransport(options));
      return Promise.resolve(opened[opened.length - 1]);
    },
  });
  assert.deepEqual(gateway.local, [{ address: "192.0.2.1", port: 501 }, { address: "192.0.2.2", port: 501 }]);
  assert.deepEqual(gateway.encapsulatedLocal.map(({ port }) => port), [4501, 4501]);
  const [first, second] = opened;
  const answered = new Promise<Datagram>((resolve) => second.onSent = resolve);
  second.options.onDatagram({
    octets: refusedRequest(),
    local: second.local,
    remote: REMOTE,
    encapsulated: false,
  });
  const { octets, local, remote } = await answered;
  assert.deepEqual([local, remote], [second.local, REMOTE]);
  const answer = decodeMessage(octets);
  assert.ok(answer.ok && findNotify(answer.value.payloads, NotifyType.TICKET_NACK) !== undefined);
  second.options.onOther?.("esp", new Uint8Array(8), REMOTE);
  second.options.onError?.(new Error("no route"));
  const { received_datagrams_total, sent_datagrams_total, esp_datagrams_total, socket_errors_total } = gateway.counters;
  assert.deepEqual([received_datagrams_total, sent_datagrams_total, esp_datagrams_total, socket_errors_total], [1, 1, 1, 1]);
  await gateway.close();
  assert.deepEqual([first.isClosed, second.isClosed, first.sent.length], [true, true, 0]);
});

test("a lone datagram is answered in the turn it came in, where the transport tells that there is no more", async () => {
  let opened: MemoryTransport | undefined;
  const gateway = await Gateway.listen({
    configuration,
    addresses: ["192.0.2.1"],
    openTransport: (options) => Promise.resolve(opened = new MemoryTransport(options)),
  });
  assert.ok(opened !== undefined);
  const transport = opened;
  const ask = (isToldAll: boolean) => {
    const order: string[] = [];
    const answered = new Promise<void>((resolve) =>
      transport.onSent = () => {
        order.push("answer");
        resolve();
      }
    );
    const turnEnded = new Promise<void>((resolve) =>
      setImmediate(() => {
        order.push("end of turn");
        resolve();
      })
    );
    transport.options.onDatagram({ octets: refusedRequest(), local: transport.local, remote: REMOTE, encapsulated: false });
    if (isToldAll) transport.options.onDrained?.();
    return Promise.all([answered, turnEnded]).then(() => order);
  };
  assert.deepEqual(await ask(true), ["answer", "end of turn"]);
  assert.deepEqual(await ask(false), ["end of turn", "answer"]);
  assert.deepEqual(await ask(true), ["answer", "end of turn"]);
  await gateway.close();
});

test("the lane's answer to a lone datagram has left before the transport goes on", async () => {
  let opened: MemoryTransport | undefined;
  const gateway = await Gateway.listen({
    configuration,
    addresses: ["192.0.2.1"],
    provider: await loadProvider("wasm"),
    openTransport: (options) => Promise.resolve(opened = new MemoryTransport(options)),
  });
  assert.ok(opened !== undefined);
  const { local, options, sent } = opened;
  for (const answers of [1, 2]) {
    options.onDatagram({ octets: refusedRequest(TICKET_VERSION), local, remote: REMOTE, encapsulated: false });
    options.onDrained?.();
    assert.equal(sent.length, answers);
  }
  await gateway.close();
});

test("a gateway whose second transport does not open closes the first, and says why", async () => {
  const opened: MemoryTransport[] = [];
  const listening = Gateway.listen({
    configuration,
    addresses: ["192.0.2.1", "192.0.2.2"],
    openTransport: (options) => {
      if (opened.length > 0) return Promise.reject(new TransportError(`cannot listen on ${options.address}`));
      opened.push(new MemoryTransport(options));
      return Promise.resolve(opened[0]);
    },
  });
  await assert.rejects(listening, { message: "cannot listen on 192.0.2.2" });
  assert.equal(opened[0].isClosed, true);
});
