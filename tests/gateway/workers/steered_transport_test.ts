import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { test } from "node:test";
import { DatagramPacker } from "../../../src/gateway/workers/packed_datagrams.ts";
import { openSteeredTransport } from "../../../src/gateway/workers/steered_transport.ts";
import { tryPortSharing } from "../../../src/transport/shared_port/sharing.ts";

/** A header of an original initiator, whose SPIs end in these numbers. */
function message(initiatorSpi: number, responderSpi: number): Uint8Array {
  const octets = new Uint8Array(28);
  octets[7] = initiatorSpi;
  octets[15] = responderSpi;
  octets[19] = 0x08;
  return octets;
}

test("what another worker's socket should have got goes to that worker, and what is anybody's stays", async (context) => {
  const sharing = await tryPortSharing("127.0.0.1");
  if ("unavailable" in sharing) return context.skip(`no ports can be shared here: ${sharing.unavailable}`);
  const own: Uint8Array[] = [];
  const misdirected = new DatagramPacker();
  const forOthers: Uint8Array[] = [];
  const flush = () => void forOthers.push(misdirected.take().octets);
  // The only socket there is gets everything.
  const transport = await openSteeredTransport(
    { address: "127.0.0.1", port: 0, natPort: 0, onDatagram: ({ octets }) => own.push(octets) },
    { transport: "auto", worker: { index: 0, count: 2 }, sockets: [0], place: undefined, misdirected, flush },
  );
  const peer = createSocket("udp4");
  try {
    const [theirs, ours, first, short] = [message(2, 5), message(3, 4), message(3, 0), Uint8Array.of(1, 2, 3)];
    for (const octets of [theirs, ours, first, short]) {
      await new Promise<void>((resolve) => peer.send(octets, transport.local.port, "127.0.0.1", () => resolve()));
    }
    while (own.length + forOthers.length < 4) await new Promise((resolve) => setTimeout(resolve, 2));
    assert.deepEqual(own, [ours, first, short]);
    assert.deepEqual(forOthers, [theirs]);
  } finally {
    peer.close();
    await transport.close();
  }
});
