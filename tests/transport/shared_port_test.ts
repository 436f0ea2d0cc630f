import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import fc from "fast-check";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { workerOfMessage } from "../../src/ike/ike_sa/spi_worker.ts";
import { chooseTransport, type TransportName } from "../../src/transport/open_transport.ts";
import { loadLibc } from "../../src/transport/libc/libc.ts";
import { steeringProgram } from "../../src/transport/shared_port/steering_program.ts";
import type { SocketTransport } from "../../src/transport/transport.ts";
import { encodeMessage } from "../../src/wire/message.ts";

const WORKERS = 3;
const MARKER = new Uint8Array(4);

/** Classic BPF as linux/filter.h has it: what the program returns. Reading beyond the datagram returns 0. */
function run(program: Uint8Array, datagram: Uint8Array): number {
  const view = new DataView(program.buffer);
  const packet = new DataView(datagram.buffer, datagram.byteOffset, datagram.length);
  let accumulator = 0;
  for (let at = 0;; at++) {
    const [operation, jt, jf, k] = [
      view.getUint16(8 * at, true),
      program[8 * at + 2],
      program[8 * at + 3],
      view.getUint32(8 * at + 4, true),
    ];
    switch (operation) {
      case 0x20:
        if (k + 4 > datagram.length) return 0;
        accumulator = packet.getUint32(k);
        break;
      case 0x30:
        if (k + 1 > datagram.length) return 0;
        accumulator = packet.getUint8(k);
        break;
      case 0x94:
        accumulator %= k;
        break;
      case 0x05:
        at += k;
        break;
      case 0x15:
        at += accumulator === k ? jt : jf;
        break;
      case 0x45:
        at += (accumulator & k) !== 0 ? jt : jf;
        break;
      case 0x06:
        return k;
      default:
        throw new Error(`operation ${operation} is none`);
    }
  }
}

const zeroOr = (spi: fc.Arbitrary<bigint>) => fc.oneof(fc.constant(0n), spi);
const words = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
/** Halves that are zero as well: the program looks at them one after the other. */
const spis = zeroOr(fc.oneof(words, words.map((spi) => spi >> 32n), words.map((spi) => spi >> 32n << 32n)));

test("the program that steers finds the worker that the rule finds, bare and behind the non-ESP marker", () => {
  fc.assert(fc.property(spis, spis, fc.boolean(), fc.integer({ min: 1, max: 64 }), (first, second, fromInitiator, workers) => {
    const message = ikeMessage(first, second, fromInitiator);
    const inOrder = Array.from({ length: workers }, (_, worker) => worker);
    const worker = workerOfMessage(message, workers);
    assert.equal(run(steeringProgram(inOrder, workers, false), message), worker);
    assert.equal(run(steeringProgram(inOrder, workers, true), Uint8Array.of(...MARKER, ...message)), worker);
    // In another order the socket of that worker.
    const reversed = inOrder.toReversed();
    assert.equal(run(steeringProgram(reversed, workers, false), message), workers - 1 - worker);
  }));
});

test("what is too short, what is no IKE, and what is of a worker without a socket goes to the first socket", () => {
  const [bare, encapsulated] = [false, true].map((isEncapsulated) => steeringProgram([1, 2], 3, isEncapsulated));
  for (let length = 0; length < 20; length++) assert.equal(run(bare, new Uint8Array(length).fill(0xff)), 0);
  assert.equal(run(encapsulated, Uint8Array.of(0xff)), 0);
  assert.equal(run(encapsulated, Uint8Array.of(0, 0, 1, 0, ...ikeMessage(5n, 5n, true))), 0);
  assert.equal(run(bare, ikeMessage(1n, 3n, true)), 0);
  assert.equal(run(bare, ikeMessage(1n, 5n, true)), 1);
});

const choice = loadLibc();
const kinds: TransportName[] = "libc" in choice ? ["dgram", "batched"] : [];
for (const kind of kinds) {
  for (const address of ["127.0.0.1", "::1", ...(kind === "batched" ? ["0.0.0.0"] : [])]) {
    test(`the kernel gives each message to the socket of its worker, which answers from the port of all (${kind}, ${address})`, async () => {
      const got: Uint8Array[][] = Array.from({ length: WORKERS }, () => []);
      const transports: SocketTransport[] = [];
      const { promise: all, resolve } = Promise.withResolvers<void>();
      const peer = createSocket(address.includes(":") ? "udp6" : "udp4");
      const reached = address === "0.0.0.0" ? "127.0.0.1" : address;
      try {
        for (let worker = 0; worker < WORKERS; worker++) {
          const order = Array.from({ length: worker + 1 }, (_, each) => each);
          const transport: SocketTransport = await chooseTransport(kind)({
            address,
            port: transports[0]?.local.port ?? 0,
            natPort: transports[0]?.encapsulatedLocal.port ?? 0,
            share: {
              program: steeringProgram(order, WORKERS, false),
              encapsulatedProgram: steeringProgram(order, WORKERS, true),
            },
            onDatagram: (datagram) => {
              got[worker].push(datagram.octets);
              transport.send({ ...datagram, octets: Uint8Array.of(worker) });
              transport.flush?.();
            },
          });
          transports.push(transport);
        }
        assert.equal(new Set(transports.map(({ local }) => local.port)).size, 1);
        const answers: [number, number][] = [];
        peer.on("message", (octets, { port }) => {
          if (answers.push([octets[octets.length - 1], port]) === 40) resolve();
        });
        peer.bind(0, reached);
        await once(peer, "listening");
        const { local, encapsulatedLocal } = transports[0];
        for (let number = 0; number < 20; number++) {
          const random = new DataView(systemRandom(16).buffer);
          const isFirst = number % 4 === 0;
          const message = ikeMessage(
            random.getBigUint64(0),
            isFirst ? 0n : random.getBigUint64(8),
            number % 3 !== 1 || isFirst,
          );
          peer.send(message, local.port, reached);
          peer.send(Uint8Array.of(...MARKER, ...message), encapsulatedLocal.port, reached);
        }
        await all;
        for (const [worker, messages] of got.entries()) {
          for (const octets of messages) assert.equal(workerOfMessage(octets, WORKERS), worker);
        }
        assert.equal(got.flat().length, 40);
        for (const [, port] of answers) assert.ok([local.port, encapsulatedLocal.port].includes(port));
      } finally {
        peer.close();
        for (const transport of transports) await transport.close();
      }
    });
  }
}

function ikeMessage(initiatorSpi: bigint, responderSpi: bigint, fromInitiator: boolean): Uint8Array {
  const header = { initiatorSpi, responderSpi, exchangeType: 37, fromInitiator, isResponse: false, messageId: 2 };
  return encodeMessage(header, []);
}
