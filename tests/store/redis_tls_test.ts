/**
 * The Redis store over TLS: what it says to a server that proves nothing.
 *
 * @module
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { test } from "node:test";
import { createServer as createTlsServer } from "node:tls";
import { openRedisStore } from "../../src/store/redis_store.ts";
import { CERTIFICATE, KEY } from "./redis_certificate.ts";

const TLS_HANDSHAKE = 22;
const EXPIRES = Math.floor(Date.now() / 1000) + 3_600;
const TICKET = { ticketId: "ticket-named-in-clear", expiresAtEpochSeconds: EXPIRES };

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** Opens a store by `rediss://` at a port, asks it everything, and expects no answer. */
async function asksInVain(port: number): Promise<void> {
  const store = await openRedisStore({ url: `rediss://gateway:the-password@127.0.0.1:${port}`, connectTimeoutMs: 300 });
  try {
    await assert.rejects(async () => await store.claims.claim([TICKET]), { name: "StoreError" });
    await assert.rejects(async () => await store.revocations.add([TICKET]), { name: "StoreError" });
    const state = new TextEncoder().encode("the state of a ticket");
    await assert.rejects(
      async () => await store.ticketStates.put([{ reference: "r", state, expiresAtEpochSeconds: EXPIRES }]),
      { name: "StoreError" },
    );
  } finally {
    await store.close();
  }
}

test("[R-6.1-4] by rediss:// nothing goes out in clear: a server that speaks no TLS gets a handshake, and no password or ticket", async () => {
  const received: Uint8Array[] = [];
  const sockets: Socket[] = [];
  const server = createTcpServer((socket) => {
    sockets.push(socket);
    socket.on("data", (octets: Uint8Array) => received.push(octets.slice())).on("error", () => {});
    // As Redis answers: a client that does not insist on TLS would go on.
    socket.write("+OK\r\n");
  });
  const port = await listening(server);
  try {
    await asksInVain(port);
    assert.ok(received.length > 0);
    assert.equal(received[0][0], TLS_HANDSHAKE);
    const text = new TextDecoder("latin1").decode(Uint8Array.from(received.flatMap((octets) => [...octets])));
    for (const secret of ["the-password", "AUTH", "HELLO", "ticket-named", "state of a ticket"]) {
      assert.equal(text.includes(secret), false, secret);
    }
  } finally {
    sockets.forEach((socket) => socket.destroy());
    server.close();
  }
});

test("[R-6.1-4] a server whose certificate no authority has signed is told nothing, and asked nothing", async () => {
  const told: string[] = [];
  const server = createTlsServer({ key: KEY, cert: CERTIFICATE }, (socket) => {
    socket.on("data", (octets: Uint8Array) => told.push(new TextDecoder("latin1").decode(octets))).on("error", () => {});
    socket.write("+OK\r\n");
  });
  server.on("tlsClientError", () => {});
  const port = await listening(server);
  try {
    await asksInVain(port);
    assert.deepEqual(told, []);
  } finally {
    server.close();
  }
});
