import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { after, test } from "node:test";
import { PAGE_ASSETS } from "../../../../src/cli/http/page/page_assets.ts";
import { isFromLoopback } from "../../../../src/cli/http/page/page_request.ts";
import { ask, call, MadeGateway, madePage, OPENED, TOKEN } from "./scene.ts";

const gateway = new MadeGateway(130);
const { service, events, faults } = await madePage(gateway);
after(() => service.close());
const { port } = service.local;

test("the page's files are served to anybody, under a policy that allows scripts and styles of this server alone, and none within the page", async () => {
  for (const [path, { type, text }] of Object.entries(PAGE_ASSETS)) {
    const answer = await ask(port, path);
    assert.deepEqual([answer.status, answer.headers["content-type"], answer.text], [200, type, text], path);
    const policy = String(answer.headers["content-security-policy"]);
    assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'; /);
    assert.doesNotMatch(policy, /unsafe|\*/);
    assert.equal(answer.headers["x-content-type-options"], "nosniff");
  }
  const html = PAGE_ASSETS["/"].text;
  assert.doesNotMatch(html, /<style|\sstyle=|\son[a-z]+=|<script(?![^>]* src=)/i);
  // What they load is served here.
  for (const [, path] of html.matchAll(/(?:src|href)="([^"]+)"/g)) assert.ok(path in PAGE_ASSETS, path);
});

test("without the token nothing is told and nothing done, and the token counts in its header alone", async () => {
  const wrong: readonly Record<string, string>[] = [
    {},
    { authorization: "" },
    { authorization: "Bearer" },
    { authorization: "Bearer " },
    { authorization: `Bearer ${TOKEN.slice(0, -1)}` },
    { authorization: `Bearer ${TOKEN}x` },
    { authorization: `Bearer ${TOKEN} ${TOKEN}` },
    { authorization: `Basic ${TOKEN}` },
    { authorization: TOKEN },
    { cookie: `token=${TOKEN}` },
    { authorization: `Bearer ${"x".repeat(4_000)}` },
  ];
  for (const path of ["/page/clients", "/page/terminate", `/page/terminate?token=${TOKEN}`]) {
    for (const headers of wrong) {
      const { status, text } = await call(port, path, { spi: "1" }, { "content-type": "application/json", ...headers });
      assert.deepEqual([status, text], [401, '{"error":"not the token of this page"}'], JSON.stringify(headers));
    }
  }
  assert.equal((await ask(port, `/page/stream?token=${TOKEN}`)).status, 401);
  assert.deepEqual([gateway.asked, gateway.ended, events], [[], [], []]);
});

test("a page of another site, or of another port of this machine, does nothing here, and neither does another name for this machine", async () => {
  const others: readonly (readonly [Record<string, string>, number])[] = [
    [{ origin: "http://evil.example" }, 403],
    [{ origin: "http://127.0.0.1:1" }, 403],
    [{ origin: "null" }, 403],
    [{ "sec-fetch-site": "cross-site" }, 403],
    [{ "sec-fetch-site": "same-site" }, 403],
    [{ host: "evil.example" }, 421],
  ];
  for (const [headers, expected] of others) {
    const { status } = await call(port, "/page/terminate", { spi: "3e8" }, { ...OPENED, ...headers });
    assert.equal(status, expected, JSON.stringify(headers));
  }
  assert.equal((await ask(port, "/", { headers: { host: "evil.example" } })).status, 421);
  assert.deepEqual(gateway.ended, []);
});

test("each path takes its method alone", async () => {
  assert.equal((await ask(port, "/", { method: "POST" })).status, 405);
  assert.deepEqual((await ask(port, "/", { method: "HEAD" })).text, "");
  for (const path of ["/page/clients", "/page/terminate"]) {
    assert.equal((await ask(port, path, { headers: OPENED })).status, 405, path);
  }
  assert.equal((await call(port, "/page/stream", {})).status, 405);
  assert.equal((await ask(port, "/page/nothing")).status, 404);
  assert.equal((await ask(port, "/page/__proto__")).status, 404);
});

test("what is no request is refused with what is expected, and nothing is done", async () => {
  const wrong: readonly (readonly [string, unknown, number, RegExp])[] = [
    ["/page/clients", "{", 400, /expected a JSON object/],
    ["/page/clients", "[]", 400, /expected a JSON object/],
    ["/page/clients", "null", 400, /expected a JSON object/],
    ["/page/clients", JSON.stringify({ identity: "a".repeat(5_000) }), 400, /expected a JSON object/],
    ["/page/clients", { address: "here" }, 400, /address/],
    ["/page/clients", { spi: "xyz" }, 400, /expected an IKE SPI/],
    ["/page/clients", { command: "terminate", all: true, spi: "1", address: "192.0.2.7" }, 400, /all is unknown/],
    ["/page/clients", { spi: "1", address: "192.0.2.7" }, 400, /expected one/],
    ["/page/clients", { more: "100" }, 410, /find the clients again/],
    ["/page/terminate", {}, 400, /expected an object with spi/],
    ["/page/terminate", { all: true }, 400, /expected an object with spi/],
    ["/page/terminate", { identity: "a@b" }, 400, /expected an object with spi/],
    ["/page/terminate", { spi: "one" }, 400, /expected an IKE SPI/],
  ];
  for (const [path, body, status, words] of wrong) {
    const answer = await call(port, path, body);
    assert.equal(answer.status, status, JSON.stringify(body));
    assert.match(answer.text, words);
  }
  assert.equal((await call(port, "/page/clients", {}, { ...OPENED, "content-type": "text/plain" })).status, 400);
  assert.deepEqual([gateway.asked, gateway.ended], [[], []]);
});

test("clients are listed a page at a time, each once, and found by what names them", async () => {
  const names: string[] = [];
  const lengths: number[] = [];
  let body: object = {};
  for (;;) {
    const { ike_sas: found, more } = JSON.parse((await call(port, "/page/clients", body)).text);
    names.push(...found.map((each: { readonly initiator_id: string }) => each.initiator_id));
    lengths.push(found.length);
    if (more === null) break;
    body = { more };
  }
  assert.deepEqual(lengths, [50, 50, 30]);
  assert.equal(new Set(names).size, 130);
  // A list that is over is not there any more.
  assert.equal((await call(port, "/page/clients", body)).status, 410);
  await call(port, "/page/clients", { spi: "0x1F" });
  await call(port, "/page/clients", { address: "192.0.2.7" });
  assert.deepEqual(gateway.asked, ["all", { spi: 31n }, { address: "192.0.2.7" }]);
});

test("of more lists than may be open the one goes that nobody has looked at longest", async () => {
  const before = gateway.givenUp;
  const lists: string[] = [];
  for (let count = 0; count < 9; count++) lists.push(JSON.parse((await call(port, "/page/clients", {})).text).more);
  const statuses = await Promise.all(
    lists.slice(0, 2).map(async (more) => (await call(port, "/page/clients", { more })).status),
  );
  assert.deepEqual(statuses, [410, 200]);
  // Those of the test are open with two of the test before.
  assert.equal(gateway.givenUp - before, 3);
});

test("a client is ended by its SPI, and that stands among the events", async () => {
  assert.deepEqual(JSON.parse((await call(port, "/page/terminate", { spi: "00000000000003e8" })).text), { count: 1 });
  assert.deepEqual(gateway.ended, [{ spi: 1_000n }]);
  assert.deepEqual(events, [{ event: "control-command", command: "terminate", count: 1, by: "page" }]);
});

test("what fails within is told to the gateway's owner, and not to who asks", async () => {
  const broken = await madePage({
    ikeSas: () => {
      throw new Error("a secret reason");
    },
    terminate: () => Promise.reject(new Error("a secret reason")),
  });
  const answer = await call(broken.service.local.port, "/page/clients", {});
  assert.deepEqual([answer.status, answer.text], [500, '{"error":"it could not be done"}']);
  assert.equal((await call(broken.service.local.port, "/page/terminate", { spi: "1" })).status, 500);
  assert.equal(broken.faults.length, 2);
  await broken.service.close();
  assert.deepEqual(faults, []);
});

test("the page is answered on loopback alone, whatever address the server listens at", async () => {
  const from = (localAddress: string) => isFromLoopback({ socket: { localAddress } } as Parameters<typeof isFromLoopback>[0]);
  for (const address of ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"]) assert.ok(from(address), address);
  for (const address of ["192.0.2.127", "::ffff:192.0.2.1", "2001:db8::1", "::", "0.0.0.0"]) assert.ok(!from(address), address);
  const own = Object.values(networkInterfaces()).flat().find((one) => one?.family === "IPv4" && !one.internal)?.address;
  if (own === undefined) return;
  const open = await madePage(gateway, {}, undefined, "0.0.0.0");
  const status = async (host: string, path: string) => (await fetch(`http://${host}:${open.service.local.port}${path}`)).status;
  assert.deepEqual([await status("127.0.0.1", "/"), await status(own, "/")], [200, 403]);
  assert.deepEqual([await status(own, "/page/stream"), await status(own, "/healthz")], [403, 200]);
  await open.service.close();
});
