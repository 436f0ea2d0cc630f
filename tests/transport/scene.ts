/**
 * A transport that remembers what came, and a bare socket beside it; over every transport that this machine has.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { test, type TestContext } from "node:test";
import type { Datagram } from "../../src/ike/steps/datagram.ts";
import { openBatchedTransport } from "../../src/transport/batched/batched_transport.ts";
import { openDgramTransport } from "../../src/transport/dgram_transport.ts";
import { type Libc, loadLibc } from "../../src/transport/libc/libc.ts";
import type { OpenSocketTransport, OtherDatagramKind, SocketTransport } from "../../src/transport/transport.ts";

const CHOICE = loadLibc();

/** The C library of this machine, for tests of what is in batches; `undefined`: they cannot run. */
export const LIBC: Libc | undefined = "libc" in CHOICE ? CHOICE.libc : undefined;

/** A test of what is in batches. A machine without them says so. */
export function batchedTest(title: string, body: (libc: Libc) => Promise<void> | void, requirement = ""): void {
  test(`${requirement}batched: ${title}`, (context: TestContext) => {
    if (LIBC === undefined) return context.skip(`no batches here: ${"unavailable" in CHOICE && CHOICE.unavailable}`);
    return body(LIBC);
  });
}

/** A test of the wildcard address, which needs another thread that waits. A machine without it says so. */
export function wildcardTest(title: string, body: (libc: Libc) => Promise<void>): void {
  if (LIBC !== undefined && LIBC.poll === undefined) {
    test(`batched: ${title}`, (context: TestContext) => context.skip(`${LIBC?.name} cannot wait in another thread`));
  } else {
    batchedTest(title, body);
  }
}

/** A test over `dgram` and over `batched`, which each is in its title. */
export function transportTest(title: string, body: (open: OpenSocketTransport) => Promise<void>): void {
  const [, requirement = "", sentence] = /^(\[[^\]]*\] )?(.*)$/s.exec(title)!;
  test(`${requirement}dgram: ${sentence}`, () => body(openDgramTransport));
  batchedTest(sentence, (libc) => body((options) => openBatchedTransport(libc, options)), requirement);
}

export interface Scene {
  readonly transport: SocketTransport;
  readonly received: Datagram[];
  readonly others: OtherDatagramKind[];
  readonly errors: Error[];
  readonly peer: Socket;
  /** How often the transport told that nothing is left. */
  drained(): number;
  /** Sends to the transport without waiting. */
  sendOnly(octets: Uint8Array, port: number, to?: string): Promise<void>;
  /** Sends to the transport, and waits until something has come. */
  send(octets: Uint8Array, port: number, to?: string): Promise<void>;
  /** Waits until so much has come. */
  until(condition: () => boolean): Promise<void>;
  /** What of a datagram that the transport sends comes to the bare socket. */
  answer(datagram: Datagram): Promise<{ octets: number[]; address: string; port: number }>;
  close(): Promise<void>;
}

/** Opens a transport, and a bare socket on its address or another one. */
export async function scene(open: OpenSocketTransport, address: string, peerAddress: string = address): Promise<Scene> {
  const received: Datagram[] = [];
  const others: OtherDatagramKind[] = [];
  const errors: Error[] = [];
  let drained = 0;
  let arrived = () => {};
  const transport = await open({
    address,
    port: 0,
    natPort: 0,
    onDatagram: (datagram) => {
      received.push(datagram);
      arrived();
    },
    onOther: (kind) => {
      others.push(kind);
      arrived();
    },
    onDrained: () => drained++,
    onError: (error) => errors.push(error),
  });
  const peer = createSocket(peerAddress.includes(":") ? "udp6" : "udp4");
  peer.bind(0, peerAddress);
  await once(peer, "listening");
  return {
    transport,
    received,
    others,
    errors,
    peer,
    drained: () => drained,
    sendOnly: (octets: Uint8Array, port: number, to = peerAddress) =>
      new Promise<void>((resolve) => peer.send(octets, port, to, () => resolve())),
    send: async (octets: Uint8Array, port: number, to = peerAddress) => {
      const arrival = new Promise<void>((resolve) => arrived = resolve);
      peer.send(octets, port, to);
      await arrival;
    },
    until: async (condition: () => boolean) => {
      for (let look = 0; look < 1000 && !condition(); look++) await new Promise((resolve) => setTimeout(resolve, 2));
      assert.ok(condition(), `${received.length} datagrams came, and ${others.length} of another kind; ${errors}`);
    },
    answer: async (datagram: Datagram): Promise<{ octets: number[]; address: string; port: number }> => {
      const message = once(peer, "message");
      transport.send(datagram);
      transport.flush();
      const [octets, from] = await message;
      return { octets: [...octets], address: from.address, port: from.port };
    },
    close: async () => {
      peer.close();
      await transport.close();
    },
  };
}
