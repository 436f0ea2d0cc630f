import assert from "node:assert/strict";
import { test } from "node:test";
import type { Datagram } from "../../src/ike/steps/datagram.ts";
import { behindNat } from "../../src/load/imitated_nat.ts";
import { openDgramTransport } from "../../src/transport/dgram_transport.ts";
import type { SocketTransport } from "../../src/transport/transport.ts";

const SOCKETS = { port: 0, natPort: 0, onDatagram: () => {} };

test("behind an imitated NAT each pair of sockets has an address of its own, also beside those of other processes, and IKE's ports", async () => {
  const opened: SocketTransport[] = [];
  try {
    const [first, later] = [behindNat(openDgramTransport), behindNat(openDgramTransport, 65_535)];
    for (const open of [first, first, later]) opened.push(await open({ ...SOCKETS, address: "127.0.0.1" }));
    opened.push(await first({ ...SOCKETS, address: "::1" }));
    assert.deepEqual(opened.map(({ local, encapsulatedLocal }) => [local.address, local.port, encapsulatedLocal.port]), [
      ["100.64.0.1", 500, 4500],
      ["100.64.0.2", 500, 4500],
      ["100.65.0.0", 500, 4500],
      ["fd00:64::0:3", 500, 4500],
    ]);
  } finally {
    for (const transport of opened) await transport.close();
  }
});

test("what goes through an imitated NAT leaves from the pair's own ports, and comes to the address behind it", async () => {
  const heard = [Promise.withResolvers<Datagram>(), Promise.withResolvers<Datagram>()];
  const back = [Promise.withResolvers<Datagram>(), Promise.withResolvers<Datagram>()];
  const outside = await openDgramTransport({
    ...SOCKETS,
    address: "127.0.0.1",
    onDatagram: (datagram) => heard[Number(datagram.encapsulated)].resolve(datagram),
  });
  let outer: SocketTransport | undefined;
  const inside = await behindNat(async (options) => outer = await openDgramTransport(options))({
    ...SOCKETS,
    address: "127.0.0.1",
    onDatagram: (datagram) => back[Number(datagram.encapsulated)].resolve(datagram),
  });
  try {
    for (const encapsulated of [false, true]) {
      const [remote, local, leaves] = encapsulated
        ? [outside.encapsulatedLocal, inside.encapsulatedLocal, outer!.encapsulatedLocal]
        : [outside.local, inside.local, outer!.local];
      const octets = new Uint8Array(28).fill(7);
      inside.send({ octets, local, remote, encapsulated });
      inside.flush();
      const came = await heard[Number(encapsulated)].promise;
      assert.deepEqual(came.remote, leaves);
      outside.send({ octets, local: came.local, remote: came.remote, encapsulated });
      outside.flush();
      assert.deepEqual((await back[Number(encapsulated)].promise).local, local);
    }
  } finally {
    await inside.close();
    await outside.close();
  }
});
