import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { openDgramTransport } from "../../src/transport/dgram_transport.ts";
import { localAddressTowards } from "../../src/transport/local_address.ts";
import { TransportError } from "../../src/transport/transport_error.ts";
import { batchedTest, scene, transportTest } from "./scene.ts";

for (const address of ["127.0.0.1", "::1"]) {
  transportTest(
    `[C-7.5] over ${address} the IKE port carries messages bare, and the NAT port behind the marker`,
    async (open) => {
      const { transport, received, send, answer, close } = await scene(open, address);
      try {
        await send(Uint8Array.of(9, 8, 7), transport.local.port);
        await send(Uint8Array.of(0, 0, 0, 0, 9, 8, 7), transport.encapsulatedLocal.port);
        const [bare, encapsulated] = received;
        assert.deepEqual([...bare.octets], [9, 8, 7]);
        assert.deepEqual([...encapsulated.octets], [9, 8, 7]);
        assert.deepEqual([bare.encapsulated, encapsulated.encapsulated], [false, true]);
        assert.deepEqual(bare.local, transport.local);
        assert.deepEqual(encapsulated.local, transport.encapsulatedLocal);

        const { remote } = bare;
        const octets = Uint8Array.of(5, 5);
        assert.deepEqual(await answer({ octets, local: transport.local, remote, encapsulated: false }), {
          octets: [5, 5],
          address,
          port: transport.local.port,
        });
        assert.deepEqual(await answer({ octets, local: transport.encapsulatedLocal, remote, encapsulated: true }), {
          octets: [0, 0, 0, 0, 5, 5],
          address,
          port: transport.encapsulatedLocal.port,
        });
      } finally {
        await close();
      }
    },
  );
}

transportTest("ESP and NAT keepalives on the NAT port are told apart from IKE and never taken for it", async (open) => {
  const { transport, received, others, send, close } = await scene(open, "127.0.0.1");
  try {
    await send(Uint8Array.of(0xff), transport.encapsulatedLocal.port);
    await send(Uint8Array.of(0, 0, 1, 0, 9, 9, 9, 9), transport.encapsulatedLocal.port);
    await send(Uint8Array.of(0, 0), transport.encapsulatedLocal.port);
    assert.deepEqual(others, ["keepalive", "esp", "malformed"]);
    assert.equal(received.length, 0);
  } finally {
    await close();
  }
});

transportTest("a received message is a plain array that holds no large buffer back", async (open) => {
  const { transport, received, send, close } = await scene(open, "127.0.0.1");
  try {
    await send(new Uint8Array(100).fill(1), transport.local.port);
    const { octets } = received[0];
    assert.equal(octets.constructor, Uint8Array);
    assert.ok(octets.buffer.byteLength <= 400, `${octets.buffer.byteLength} octets for a message of 100`);
  } finally {
    await close();
  }
});

for (const wildcard of ["0.0.0.0", "::", "0:0:0:0:0:0:0:0"]) {
  test(`the wildcard address ${wildcard} is refused, because NAT detection needs the address`, async () => {
    const attempt = openDgramTransport({ address: wildcard, port: 0, natPort: 0, onDatagram: () => {} });
    await assert.rejects(attempt, { name: "TransportError", message: /wildcard address .*: NAT detection needs one address/ });
  });
}

transportTest("a port that is taken is named in the error, and nothing stays bound", async (open) => {
  const { transport, close } = await scene(open, "127.0.0.1");
  try {
    const { port } = transport.encapsulatedLocal;
    const attempt = open({ address: "127.0.0.1", port: 0, natPort: port, onDatagram: () => {} });
    await assert.rejects(
      attempt,
      (error) => error instanceof TransportError && error.message.includes(`127.0.0.1 port ${port}`),
    );
  } finally {
    await close();
  }
});

const CLOSED =
  "what was opened is closed: no descriptor is left, of a transport that served or of one that could not be opened";
test(`dgram: ${CLOSED}`, () => assertNoDescriptorLeft("dgram"));
batchedTest(CLOSED, () => assertNoDescriptorLeft("batched"));

async function assertNoDescriptorLeft(kind: string): Promise<void> {
  const script = fileURLToPath(new URL("descriptors_left.ts", import.meta.url));
  const runtime = process.versions.deno === undefined ? process.execArgv : ["run", "-A", "--quiet", "--no-check"];
  const options = runtime.filter((option) => !option.startsWith("--test"));
  const { stdout } = await promisify(execFile)(process.execPath, [...options, script, kind]);
  const { before, after, times } = JSON.parse(stdout) as { before: number; after: number; times: number };
  // The runtime may have opened some for itself meanwhile, and not one each time.
  assert.ok(after < before + times, `${after} descriptors, and ${before} before`);
}

transportTest("what is no address is refused with what would be one", async (open) => {
  const attempt = open({ address: "localhost", port: 0, natPort: 0, onDatagram: () => {} });
  await assert.rejects(attempt, { name: "TransportError", message: /"localhost" is not an IP address: write one like/ });
});

test("the local address towards a loopback address is that loopback address", async () => {
  assert.equal(await localAddressTowards("127.0.0.1", 500), "127.0.0.1");
});
