import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { DecodedPayload } from "../../src/capture/mod.ts";
import { createNodeProvider } from "../../src/crypto/node/provider.ts";
import { CAPTURE, KEYS, readAll, TSHARK } from "./recorded_capture.ts";
import { tsharkLine } from "./tshark_line.ts";

test("a capture is read as tshark reads it: times, endpoints, headers, payloads, and what is in SK and in fragments", () => {
  const { messages, faults, counts } = readAll(CAPTURE, { keyLog: KEYS });
  assert.deepEqual(messages.map(tsharkLine), TSHARK.trimEnd().split("\n"));
  assert.deepEqual(faults, []);
  assert.deepEqual(counts, { packets: 24, messages: 24, opened: 20, closed: 0 });
  assert.deepEqual(messages.filter(({ fault }) => fault !== undefined), []);
});

test("what stands in payloads is told by its names: identities, algorithms, methods, selectors, notifies", () => {
  const { messages } = readAll(CAPTURE, { keyLog: KEYS });
  const inside = messages[5].payloads[0]["payloads"] as readonly DecodedPayload[];
  const of = (type: string) => inside.find((payload) => payload.type === type);
  assert.deepEqual(of("IDi"), { type: "IDi", id_type: "ID_FQDN", identity: "client.example" });
  assert.deepEqual(of("AUTH"), { type: "AUTH", method: "DIGITAL_SIGNATURE", octets: 324 });
  assert.deepEqual(of("TSr"), {
    type: "TSr",
    selectors: ["0.0.0.0-255.255.255.255"],
  });
  const [proposal] = (of("SA")?.["proposals"] ?? []) as readonly { readonly [name: string]: unknown }[];
  assert.equal(proposal["protocol"], "ESP");
  assert.ok((proposal["transforms"] as readonly string[]).includes("ENCR AES-GCM-16 256"));
  assert.deepEqual(messages[10].payloads[0]["payloads"], [{ type: "D", protocol: "IKE", spis: [] }]);
});

test("without a key log protected payloads stay closed, and that is no fault", () => {
  const { messages, counts } = readAll(CAPTURE);
  assert.deepEqual(counts, { packets: 24, messages: 24, opened: 0, closed: 20 });
  assert.deepEqual(messages.filter(({ fault }) => fault !== undefined), []);
  assert.deepEqual(messages[10].payloads, [{ type: "SK", octets: 48, opened: false }]);
});

test("keys of other SPIs and wrong keys are told of each message that they do not open, and of nothing else", () => {
  const [first, second] = KEYS.trimEnd().split("\n");
  const wrong = first.replace(/^(\w+,\w+,)(\w\w)/, (_, spis, octet) => spis + (octet === "00" ? "01" : "00"));
  const { messages, counts } = readAll(CAPTURE, { keyLog: `${wrong}\n` });
  // SK_ei is the cipher's alone with AES-CBC: what the client sent stays authentic, and reads as nonsense.
  const faults = messages.map(({ fault }) => fault);
  assert.match(faults[10] ?? "", /expected/);
  assert.equal(faults[9], undefined);
  assert.deepEqual(faults.slice(14), Array(10).fill("no keys for these SPIs"));
  assert.equal(counts.opened, 10);
  const other = second.split(",");
  const swapped = [other[0], other[1], other[3], other[2], ...other.slice(4)].join(",");
  const closed = readAll(CAPTURE, { keyLog: swapped });
  assert.deepEqual(
    closed.messages.slice(14).map(({ fault }) => fault),
    Array(10).fill("not authentic under the keys for these SPIs"),
  );
  assert.equal(closed.counts.opened, 0);
});

test("of several lines for the same SPIs the one that opens a message counts, in whatever order they stand", () => {
  const [first] = KEYS.trimEnd().split("\n");
  const wrong = first.replaceAll(/,[0-9a-f]{64},/g, `,${"0".repeat(64)},`);
  for (const keyLog of [`${first}\n${wrong}`, `${wrong}\n${first}`]) {
    assert.equal(readAll(CAPTURE, { keyLog, provider: createNodeProvider() }).counts.opened, 10);
  }
});

test("what is wrong with a line of the key log is told with its number and without a key, and the others count", () => {
  const [first, second] = KEYS.trimEnd().split("\n");
  const secret = /^\w+,\w+,(\w+)/.exec(first)?.[1] ?? "";
  const lines = [
    "# a remark",
    "",
    "nonsense",
    first.replace(/^\w+/, "12"),
    first.replace("AES-CBC-256 [RFC3602]", "3DES [RFC2451]"),
    first.replace(secret, secret.slice(2)),
    `${"x".repeat(2_000)}`,
    first.replace(/[0-9a-f]{2},"HMAC/, ',"HMAC'),
    second,
  ];
  const { faults, counts } = readAll(CAPTURE, { keyLog: lines.join("\r\n") });
  assert.deepEqual(faults.map(({ fault }) => fault.replace(/(key log: line \d+: ).*(not known).*/, "$1$2")), [
    "key log: line 3: 1 fields, expected 8 with commas between",
    "key log: line 4: an SPI is not 16 hexadecimal digits",
    "key log: line 5: not known",
    "key log: line 6: an encryption key is not 32 octets in hexadecimal, its salt included",
    "key log: line 7: longer than 1024 characters",
    "key log: line 8: an integrity key is not 32 octets in hexadecimal",
  ]);
  assert.ok(faults.every(({ fault }) => !fault.includes(secret.slice(2, 20))));
  assert.equal(counts.opened, 10);
});

test("a key log as Wireshark saves it, its names without quotation marks or its digits with 0x, is read too", () => {
  const variant = KEYS.replaceAll('"', "").replaceAll(/^(\w+,\w+),(\w+),(\w+)/gm, "$1,0x$2,0x$3");
  assert.equal(readAll(CAPTURE, { keyLog: variant }).counts.opened, 20);
});

test("a capture that ends anywhere is read to there, and the line says after which packet it was cut off", () => {
  const whole = readAll(CAPTURE, { keyLog: KEYS }).messages;
  for (let length = 0; length < CAPTURE.length; length += 61) {
    const { messages, faults } = readAll(CAPTURE.subarray(0, length), { keyLog: KEYS });
    assert.deepEqual(messages, whole.slice(0, messages.length));
    assert.ok(faults.length <= 1);
  }
  const { faults, messages } = readAll(CAPTURE.subarray(0, 2_000));
  assert.match(faults[0].fault, /^capture: cut off in a block of \d+ octets, after packet 3$/);
  assert.equal(messages.length, 3);
});

test("whatever is altered in a capture or its keys, reading it does not throw and tells no more messages than packets", () => {
  const edits = fc.array(fc.tuple(fc.nat(CAPTURE.length - 1), fc.nat(255)), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(edits, fc.string({ maxLength: 200 }), (altered, text) => {
      const file = CAPTURE.slice();
      for (const [at, octet] of altered) file[at] = octet;
      const { messages, counts } = readAll(file, { keyLog: `${text}\n${KEYS}` });
      assert.ok(messages.length <= counts.packets && counts.packets <= CAPTURE.length / 12);
      assert.ok(JSON.stringify(messages).length > 0);
    }),
    { numRuns: 150 },
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (file) => assert.ok(readAll(file).messages.length === 0)));
});
