import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { controlAnswers, type ControlledService } from "../../../src/cli/control/control_answers.ts";
import { controlRequest, ControlRequestError, revokedBy, whichOf } from "../../../src/cli/control/control_request.ts";
import { parseIdentity } from "../../../src/configuration/mod.ts";

function whichIn(request: object): unknown {
  return whichOf(controlRequest(JSON.stringify(request)) as Parameters<typeof whichOf>[0]);
}

test("clients are named by either SPI, by identity or by address, and only where it is said are all meant", () => {
  assert.deepEqual(whichIn({ command: "show", spi: "0xA1" }), { spi: 0xa1n });
  assert.deepEqual(whichIn({ command: "show", spi: "d67a02c15a0777ac" }), { spi: 0xd67a02c15a0777acn });
  assert.deepEqual(whichIn({ command: "rekey", identity: "ada@example.org" }), { identity: parseIdentity("ada@example.org") });
  assert.deepEqual(whichIn({ command: "list", address: "2001:db8::1" }), { address: "2001:db8::1" });
  assert.equal(whichIn({ command: "list" }), "all");
  assert.equal(whichIn({ command: "terminate", all: true }), "all");
  for (
    const [request, words] of [
      [{ command: "terminate" }, /^terminate: 0 of spi, identity, address and all given, expected one$/],
      [{ command: "show" }, /^show: 0 of spi, identity and address given, expected one$/],
      [{ command: "rekey", spi: "1", all: true }, /^rekey: 2 of /],
      [{ command: "list", spi: "1", address: "192.0.2.1" }, /^list: 2 of /],
    ] as const
  ) assert.throws(() => whichIn(request), { name: "ControlRequestError", message: words });
});

/** Requests that will not do, and the words. */
const WRONG: readonly (readonly [string, RegExp])[] = [
  ["status", /^not JSON: expected one object a line$/],
  ["[]", /^expected a JSON object$|^unknown command/],
  ["7", /^expected a JSON object$/],
  ["null", /^expected a JSON object$/],
  ["{}", /^unknown command: allowed are status, list, show, terminate, rekey, revoke, keys-rotate, drain, reload, log-level$/],
  ['{"command":"stop"}', /^unknown command: allowed are /],
  ['{"command":"status","verbose":true}', /^status: verbose is unknown$/],
  ['{"command":"show","spi":"xyz"}', /^show: spi: expected an IKE SPI, up to 16 hexadecimal digits$/],
  ['{"command":"show","spi":7}', /^show: spi: expected text$/],
  ['{"command":"show","address":"here"}', /^show: address: .*"here" is not an IPv4 or IPv6 address$/],
  ['{"command":"show","identity":""}', /^show: identity: ./],
  ['{"command":"terminate","all":"yes"}', /^terminate: all: expected true$/],
  ['{"command":"show","all":true}', /^show: all is unknown$/],
  ['{"command":"drain","to":"not a name"}', /^drain: to: expected an IP address or a host name$/],
  ['{"command":"log-level","level":"all"}', /^log-level: level: expected one of debug, info, warn, error$/],
  ['{"command":"drain","seconds":90000}', /^drain: seconds: expected at most 86400$/],
  ['{"command":"revoke","ticket_id":"7"}', /^revoke: ticket_id: expected the name of a ticket/],
];

for (const [line, words] of WRONG) {
  test(`the request ${line} is refused with what is allowed`, () => {
    assert.throws(() => controlRequest(line), { name: "ControlRequestError", message: words });
  });
}

test("revoke takes a ticket's name or an identity, and not both", () => {
  const revoked = (request: object) => revokedBy(controlRequest(JSON.stringify({ command: "revoke", ...request })) as never);
  assert.deepEqual(revoked({ identity: "ada@example.org" }), { identity: parseIdentity("ada@example.org") });
  const ticketId = "67ceea69a797993ed12a5bfe4170eaa3b042fe18";
  assert.deepEqual(revoked({ ticket_id: ticketId }), { ticketId });
  assert.throws(() => revoked({}), ControlRequestError);
  assert.throws(() => revoked({ ticket_id: ticketId, identity: "ada@example.org" }), ControlRequestError);
});

test("whatever comes as a line is answered by lines of JSON, the last of which says done or error", async () => {
  const service: ControlledService = {
    gateway: {
      local: [],
      encapsulatedLocal: [],
      async *ikeSas() {},
      terminate: () => Promise.reject(new Error("a fault\nof two lines")),
      rekey: () => Promise.resolve(0),
      revoke: () => Promise.resolve(),
    },
    provider: "ts",
    workers: 1,
    counters: () => Promise.resolve({}),
    isStoreUp: () => true,
    ticketKeys: () => ({ staged: 0, previous: 0, currentAgeSeconds: 0 }),
    rotateTicketKeys: () => "00",
    reload: () => Promise.resolve({ users: 0, needRestart: [] }),
    drainTo: undefined,
    drain: () => Promise.resolve(0),
    log: undefined,
    tell: () => {},
  };
  const answer = controlAnswers(service);
  const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constantFrom("1", "192.0.2.1", "a@b.example"));
  const request = fc.record({
    command: fc.constantFrom("status", "list", "show", "terminate", "rekey", "revoke", "keys-rotate", "drain", "reload", "x"),
    spi: value,
    identity: value,
    address: value,
    all: value,
    to: value,
  }, { requiredKeys: [] });
  const line = fc.oneof(fc.string(), fc.json(), request.map((object) => JSON.stringify(object)));
  await fc.assert(fc.asyncProperty(line, async (text) => {
    const said: string[] = [];
    await answer(text, (each) => Promise.resolve(said.push(each) > 0));
    const last = JSON.parse(said.at(-1)!);
    assert.equal(last.done === true || typeof last.error === "string", true);
    assert.equal(said.some((each) => each.includes("\n")), false);
  }));
});
