import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { after, test } from "node:test";
import { HttpService } from "../../../src/cli/http/http_service.ts";
import { ask, call, madePage, OPENED } from "./page/scene.ts";

const { service } = await madePage(undefined, {}, { headersMs: 500, requestMs: 1_000 });
after(() => service.close());
const { port } = service.local;

function connected(said: string): Socket {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.resume();
  socket.write(said);
  return socket;
}

test("1,000 connections that say nothing keep nobody out: the longest idle make room", async () => {
  // None of them goes because of its time.
  const patient = await madePage(undefined, {}, { headersMs: 600_000, requestMs: 600_000 });
  const there = patient.service.local.port;
  const idle = Array.from({ length: 1_000 }, () => connect(there, "127.0.0.1").on("error", () => {}).resume());
  let open = 0;
  for (const socket of idle) socket.once("close", () => open--);
  await Promise.all(idle.map(async (socket) => {
    await once(socket, "connect");
    open++;
  }));
  for (let count = 0; count < 20; count++) assert.equal((await ask(there, "/healthz")).status, 200);
  assert.equal((await call(there, "/page/clients", {})).status, 200);
  for (let count = 0; count < 200 && open > 64; count++) await ask(there, "/healthz");
  assert.ok(open <= 64, `${open} are open`);
  await patient.service.close();
});

/** Waits until a request is answered as it should be; false: it never was. */
async function comesIn(there: number): Promise<boolean> {
  for (let count = 0; count < 200; count++) {
    if ((await ask(there, "/healthz").catch(() => undefined))?.status === 200) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

test("connections whose answers come to no end keep nobody out for longer than an answer may take", async () => {
  // As one that is never read to its end: that would take many megabytes here, which the system's buffers take first.
  const never = Promise.withResolvers<never>();
  const ok = () => Promise.resolve({ status: 200, type: "text/plain", text: "ok" });
  const one = await HttpService.listen({
    at: { address: "127.0.0.1", port: 0 },
    answers: { "/long": () => never.promise, "/healthz": ok },
    patience: { headersMs: 600_000, requestMs: 600_000, answerMs: 1_000 },
    onFault: () => {},
  });
  const there = one.local.port;
  const greedy = Array.from({ length: 100 }, () => {
    const socket = connect(there, "127.0.0.1").on("error", () => {});
    socket.pause().write("GET /long HTTP/1.1\r\nhost: localhost\r\n\r\n");
    return socket;
  });
  await Promise.all(greedy.map((socket) => once(socket, "connect")));
  assert.equal(await comesIn(there), true);
  for (const socket of greedy) socket.destroy();
  await one.close();
});

test("a connection that asks many times at once is ended, and none of the rest is answered", async () => {
  let asked = 0;
  const never = Promise.withResolvers<never>();
  const one = await HttpService.listen({
    at: { address: "127.0.0.1", port: 0 },
    answers: {
      "/metrics": () => {
        asked++;
        return never.promise;
      },
    },
    onFault: () => {},
  });
  const socket = connect(one.local.port, "127.0.0.1").on("error", () => {}).resume();
  socket.write("GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(1_000));
  await once(socket, "close");
  assert.ok(asked <= 4, `${asked} were answered`);
  await one.close();
});

test("headers that do not come to their end in time end their connection, however often an octet comes", async () => {
  const slow = connected("GET /healthz HTTP/1.1\r\nhost: localhost\r\n");
  const drip = setInterval(() => slow.write("x: y\r\n"), 100);
  await once(slow, "close");
  clearInterval(drip);
});

test("a body that does not come to its end in time ends its connection, and nothing is done", async () => {
  const head = Object.entries(OPENED).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const slow = connected(`POST /page/clients HTTP/1.1\r\nhost: localhost\r\n${head}content-length: 4000\r\n\r\n{`);
  const drip = setInterval(() => slow.write(" "), 100);
  await once(slow, "close");
  clearInterval(drip);
});

test("a body that nobody asked for is not kept, and what is no HTTP is refused", async () => {
  assert.equal((await ask(port, "/healthz", { method: "POST", body: "x".repeat(1_000_000) })).status, 405);
  for (const words of ["\x16\x03\x01\0\xa5", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\0".repeat(100)]) {
    await once(connected(words), "close");
  }
  assert.equal((await ask(port, "/healthz")).status, 200);
});
