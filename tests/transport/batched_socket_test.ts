import assert from "node:assert/strict";
import { test } from "node:test";
import type { Endpoint } from "../../src/ike/steps/datagram.ts";
import { BatchedSocket } from "../../src/transport/batched/batched_socket.ts";
import { ReceiveBatch } from "../../src/transport/batched/receive_batch.ts";
import { SocketAddresses } from "../../src/transport/batched/socket_addresses.ts";
import { EAGAIN, EBADF, EINTR, ENOBUFS, MSG_TRUNC } from "../../src/transport/libc/constants.ts";
import { type TransportCounters, zeroTransportCounters } from "../../src/transport/transport.ts";
import { SimulatedLibc } from "./simulated_libc.ts";

const EMSGSIZE = 90;
const ECONNREFUSED = 111;
const EHOSTUNREACH = 113;
const PEER = Uint8Array.of(2, 0, 0x01, 0xf4, 192, 0, 2, 7, 0, 0, 0, 0, 0, 0, 0, 0);
const REMOTE: Endpoint = { address: "192.0.2.7", port: 500 };
const BOUND: Endpoint = { address: "192.0.2.1", port: 500 };
const LONGEST = 100;

function scene({ isWildcard = false } = {}) {
  const libc = new SimulatedLibc();
  const counters: TransportCounters = zeroTransportCounters();
  const received: { octets: number[]; local: Endpoint; remote: Endpoint }[] = [];
  const errors: string[] = [];
  const socket = new BatchedSocket({
    libc,
    descriptor: 9,
    bound: BOUND,
    isWildcard,
    addresses: new SocketAddresses(4),
    received: new ReceiveBatch(libc, LONGEST),
    counters,
    onReceived: (octets, local, remote) => received.push({ octets: [...octets], local, remote }),
    onError: ({ message }) => errors.push(message),
  });
  const send = (...values: number[]) => {
    for (const value of values) socket.send(Uint8Array.of(value), 0, REMOTE, BOUND.address);
  };
  const sent = () => libc.sent.map(({ octets }) => octets[0]);
  return { libc, socket, counters, received, errors, send, sent };
}

const datagram = (value: number, more = {}) => ({ octets: Uint8Array.of(value), name: PEER, ...more });

/** A `struct cmsghdr` with its data. */
function controlMessage(level: number, type: number, data: readonly number[]): Uint8Array {
  const octets = new Uint8Array(16 + Math.ceil(data.length / 8) * 8);
  const view = new DataView(octets.buffer);
  view.setUint32(0, 16 + data.length, true);
  view.setInt32(8, level, true);
  view.setInt32(12, type, true);
  octets.set(data, 16);
  return octets;
}

test("what a wave answers is sent by one call, in order, when it is flushed and not before", () => {
  const { libc, socket, counters, send, sent } = scene();
  send(...Array.from({ length: 40 }, (_, value) => value));
  assert.equal(libc.sendCalls, 0);
  socket.flush();
  assert.deepEqual(sent(), Array.from({ length: 40 }, (_, value) => value));
  assert.deepEqual([libc.sendCalls, counters.sent, counters.sendErrors], [1, 40, 0]);
  assert.deepEqual(libc.sent[0].name, PEER);
  socket.flush();
  assert.equal(libc.sendCalls, 1);
});

test("a call that takes only a part is followed by another for the rest, and nothing is sent twice", () => {
  const { libc, socket, counters, send, sent } = scene();
  libc.most = 3;
  send(0, 1, 2, 3, 4, 5, 6, 7);
  socket.flush();
  assert.deepEqual(sent(), [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual([libc.sendCalls, counters.sent], [3, 8]);
});

test("more than a batch holds is sent as it fills, and the longest datagrams find room", () => {
  const { libc, socket, counters, send, sent } = scene();
  const values = Array.from({ length: 200 }, (_, value) => value);
  send(...values);
  for (let one = 0; one < 9; one++) socket.send(new Uint8Array(65_507).fill(one), 4, REMOTE, BOUND.address);
  socket.flush();
  assert.deepEqual(sent().slice(0, 200), values);
  assert.deepEqual(libc.sent.slice(200).map(({ octets }) => [octets.length, octets[3], octets[4]]), [
    ...Array.from({ length: 9 }, (_, one) => [65_511, 0, one]),
  ]);
  assert.equal(counters.sent, 209);
});

for (const error of [EMSGSIZE, ECONNREFUSED, EHOSTUNREACH]) {
  test(`a datagram that the system refuses with error ${error} takes none along: not those before it, and not those behind it`, () => {
    const { libc, socket, counters, errors, send, sent } = scene();
    libc.verdict = ({ octets }) => octets[0] % 3 === 1 ? error : 0;
    send(0, 1, 2, 3, 4, 5, 6, 7);
    socket.flush();
    assert.deepEqual(sent(), [0, 2, 3, 5, 6]);
    assert.deepEqual([counters.sent, counters.sendErrors, errors.length], [5, 3, 3]);
    assert.match(errors[0], new RegExp(`192\\.0\\.2\\.1 port 500: a datagram was not sent: error ${error}`));
  });
}

for (const error of [EAGAIN, ENOBUFS]) {
  test(`with error ${error} there is no room in the system: what waits is sent when there is, in order`, async () => {
    const { libc, socket, counters, send, sent } = scene();
    let room = 3;
    libc.verdict = () => room-- > 0 ? 0 : error;
    send(0, 1, 2, 3, 4);
    socket.flush();
    assert.deepEqual(sent(), [0, 1, 2]);
    send(5);
    room = 1;
    socket.flush();
    assert.deepEqual(sent(), [0, 1, 2, 3]);
    room = Infinity;
    while (counters.sent < 6) await new Promise((resolve) => setTimeout(resolve, 1));
    assert.deepEqual(sent(), [0, 1, 2, 3, 4, 5]);
    assert.equal(counters.sendErrors, 0);
    socket.close();
  });
}

test("while there is no room in the system only so much waits, and what is beyond is counted and told", () => {
  const { libc, socket, counters, errors, send } = scene();
  libc.verdict = () => EAGAIN;
  send(...Array.from({ length: 100 }, (_, value) => value));
  assert.equal(counters.sendErrors, 100 - 64);
  assert.match(errors[0], /no room for 1 octets to 192\.0\.2\.7/);
  socket.close();
  assert.deepEqual([counters.sent, counters.sendErrors], [0, 100]);
});

test("an interrupted call is made again", () => {
  const { libc, socket, counters, received, send } = scene();
  let interrupted = false;
  libc.verdict = () => {
    interrupted = !interrupted;
    return interrupted ? EINTR : 0;
  };
  send(1);
  socket.flush();
  libc.incoming.push(EINTR, datagram(5));
  socket.drain();
  assert.deepEqual([counters.sent, counters.sendErrors, received.length], [1, 0, 1]);
});

test("addresses that the socket's family does not reach, and texts that are none, are counted as errors", () => {
  const { libc, socket, counters, errors } = scene();
  for (const address of ["2001:db8::1", "here", ""]) socket.send(Uint8Array.of(1), 0, { address, port: 500 }, BOUND.address);
  socket.flush();
  assert.deepEqual([libc.sent.length, counters.sendErrors, errors.length], [0, 3, 3]);
});

test("all that waits is handed over, however much, and one call sees that it is all unless it filled the batch", () => {
  const { libc, socket, counters, received } = scene();
  libc.incoming.push(...Array.from({ length: 150 }, (_, value) => datagram(value)));
  socket.drain();
  assert.deepEqual(received.map(({ octets }) => octets[0]), Array.from({ length: 150 }, (_, value) => value));
  assert.deepEqual([libc.receiveCalls, counters.received], [3, 150]);
  assert.deepEqual(received[0], { octets: [0], local: BOUND, remote: REMOTE });
});

test("a flood does not keep the process reading: one look ends, and the next goes on", () => {
  const { libc, socket, received } = scene();
  libc.incoming.push(...Array.from({ length: 5_000 }, () => datagram(1)));
  socket.drain();
  assert.equal(received.length, 1024);
  socket.drain();
  assert.equal(received.length, 2048);
});

test("errors of earlier datagrams that a socket reports do not hide what came, and an endless row of them ends", () => {
  const { libc, socket, received, errors } = scene();
  libc.incoming.push(ECONNREFUSED, datagram(1));
  socket.drain();
  assert.deepEqual([received.length, errors.length], [1, 1]);
  libc.incoming.push(...new Array<number>(50).fill(EHOSTUNREACH));
  socket.drain();
  assert.equal(errors.length, 9);
});

test("a datagram that was cut is dropped and counted, by the system's word and not by its length", () => {
  const { libc, socket, counters, received } = scene();
  const full = new Uint8Array(LONGEST).fill(7);
  libc.incoming.push(
    { octets: full, name: PEER },
    { octets: new Uint8Array(LONGEST + 1), name: PEER },
    datagram(3, { flags: MSG_TRUNC }),
    datagram(4),
  );
  socket.drain();
  assert.deepEqual(received.map(({ octets }) => octets.length), [LONGEST, 1]);
  assert.deepEqual([counters.received, counters.truncated], [4, 2]);
});

test("a datagram from port 0 is dropped: there is nobody to answer", () => {
  const { libc, socket, counters, received } = scene();
  libc.incoming.push({ octets: Uint8Array.of(1), name: PEER.with(2, 0).with(3, 0) }, datagram(2));
  socket.drain();
  assert.deepEqual(received.map(({ octets }) => octets[0]), [2]);
  assert.equal(counters.received, 2);
});

test("what the system has dropped is counted by its own count, which wraps at 32 bits", () => {
  const { libc, socket, counters } = scene();
  const dropped = (count: number) => {
    const octets = new Uint8Array(Uint32Array.of(count).buffer);
    libc.incoming.push(datagram(1, { control: controlMessage(1, 40, [...octets]) }));
    socket.drain();
    return counters.droppedByKernel;
  };
  assert.deepEqual([dropped(7), dropped(7), dropped(10)], [7, 7, 10]);
  for (const step of [0x7000_0000, 0xe000_0000]) dropped(step);
  const high = dropped(0xffff_fff0);
  assert.equal(high, 0xffff_fff0);
  assert.equal(dropped(5), high + 21);
  libc.dropped = 9;
  socket.countDrops();
  assert.equal(counters.droppedByKernel, high + 25);
  // A datagram that came before those were dropped.
  assert.equal(dropped(7), high + 25);
  // Whoever asks last hears of all.
  libc.dropped = 11;
  socket.close();
  assert.equal(counters.droppedByKernel, high + 27);
});

test("on the wildcard each datagram tells the address that it came to, and an answer leaves from it", () => {
  const { libc, socket, received } = scene({ isWildcard: true });
  // struct in_pktinfo: interface 2, the address of this machine, the destination in the header.
  const control = controlMessage(0, 8, [2, 0, 0, 0, 198, 51, 100, 9, 198, 51, 100, 255]);
  libc.incoming.push(datagram(1, { control }), datagram(2));
  socket.drain();
  assert.deepEqual(received.map(({ local }) => local), [{ address: "198.51.100.9", port: 500 }, BOUND]);
  socket.send(Uint8Array.of(1), 0, REMOTE, "198.51.100.9");
  socket.flush();
  assert.deepEqual([...libc.sent[0].control], [...controlMessage(0, 8, [0, 0, 0, 0, 198, 51, 100, 9, 0, 0, 0, 0])]);
});

test("a place that held little has all its room for the next datagram", () => {
  const { libc, socket, received, counters } = scene({ isWildcard: true });
  libc.incoming.push(datagram(1));
  socket.drain();
  const control = new Uint8Array(64);
  control.set(controlMessage(0, 8, [2, 0, 0, 0, 198, 51, 100, 9, 198, 51, 100, 9]));
  control.set(controlMessage(1, 40, [3, 0, 0, 0]), 32);
  libc.incoming.push(datagram(2, { control }));
  socket.drain();
  assert.deepEqual([received[1].local.address, counters.droppedByKernel], ["198.51.100.9", 3]);
});

test("ancillary data that contradicts itself is passed over", () => {
  const { libc, socket, received, counters } = scene({ isWildcard: true });
  const short = controlMessage(0, 8, [2, 0, 0, 0]);
  const tooLong = controlMessage(1, 40, [1, 2, 3, 4]);
  new DataView(tooLong.buffer).setUint32(0, 0xffff_ffff, true);
  const empty = controlMessage(1, 40, [1, 2, 3, 4]);
  new DataView(empty.buffer).setUint32(0, 0, true);
  for (const control of [short, tooLong, empty, tooLong.subarray(0, 15)]) libc.incoming.push(datagram(1, { control }));
  socket.drain();
  assert.deepEqual(received.map(({ local }) => local), [BOUND, BOUND, BOUND, BOUND]);
  assert.equal(counters.droppedByKernel, 0);
});

test("a descriptor that is gone, or is another file's by now, is told once, and never touched again: not even to close it", () => {
  const { libc, socket, counters, errors, send } = scene();
  libc.isOurs = false;
  libc.incoming.push(EBADF, datagram(1));
  socket.drain();
  socket.drain();
  send(1, 2);
  socket.flush();
  assert.deepEqual([libc.receiveCalls, libc.sendCalls], [1, 0]);
  assert.deepEqual([counters.sendErrors, errors.length], [2, 1]);
  socket.close();
  assert.deepEqual(libc.closed, []);
});

test("error 9 of a call does not end a socket whose descriptor is still its own", () => {
  const { libc, socket, received } = scene();
  libc.incoming.push(EBADF, datagram(1));
  socket.drain();
  assert.equal(received.length, 1);
});

test("a listener that closes the socket, or reads it, in the midst of what came harms nothing", () => {
  const libc = new SimulatedLibc();
  let heard = 0;
  const socket: BatchedSocket = new BatchedSocket({
    libc,
    descriptor: 9,
    bound: BOUND,
    isWildcard: false,
    addresses: new SocketAddresses(4),
    received: new ReceiveBatch(libc, LONGEST),
    counters: zeroTransportCounters(),
    onReceived: () => {
      heard++;
      socket.drain();
      if (heard === 3) socket.close();
    },
    onError: () => assert.fail(),
  });
  libc.incoming.push(...Array.from({ length: 10 }, () => datagram(1)));
  socket.drain();
  assert.equal(heard, 3);
  socket.drain();
  socket.send(Uint8Array.of(1), 0, REMOTE, BOUND.address);
  socket.flush();
  socket.close();
  assert.deepEqual([libc.receiveCalls, libc.sendCalls, libc.closed], [1, 0, [9]]);
});
