import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ConfigurationError,
  formatIdentity,
  formatSelector,
  parseEspProposal,
  parseIdentity,
  parseIkeProposal,
  parseSelector,
  parseSelectors,
} from "../../src/configuration/mod.ts";

const words = (octets: Uint8Array) => new TextDecoder().decode(octets);

test("an identity is taken for what it looks like, or for what it is said to be", () => {
  const cases: [string, number, string | number[]][] = [
    ["192.0.2.1", 1, [192, 0, 2, 1]],
    ["gateway.example", 2, "gateway.example"],
    ["user@example.org", 3, "user@example.org"],
    ["2001:db8::1", 5, [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
    ["keyid:branch 7", 11, "branch 7"],
    ["fqdn:192.0.2.1", 2, "192.0.2.1"],
    ["email:a", 3, "a"],
    ["@gateway.example", 2, "gateway.example"],
    ["@192.0.2.1", 2, "192.0.2.1"],
    ["@@user@example.org", 3, "user@example.org"],
    ["@#0102ff", 11, [1, 2, 255]],
    ["@[branch 7]", 11, "branch 7"],
  ];
  for (const [text, idType, expected] of cases) {
    const identity = parseIdentity(text);
    assert.equal(identity.idType, idType, text);
    assert.deepEqual(
      typeof expected === "string" ? words(identity.identification) : [...identity.identification],
      expected,
      text,
    );
  }
});

test("an empty or overlong identity is refused with what is allowed", () => {
  for (const text of ["", "keyid:", "@", "@@", "@[]", "x".repeat(1025)]) {
    assert.throws(() => parseIdentity(text), { name: "ConfigurationError", message: /allowed are 1 to 1024/ });
  }
});

test("what a peer wrote into its identity cannot control a terminal", () => {
  const identification = new TextEncoder().encode("a\x1b[2Jb\n");
  assert.equal(formatIdentity({ idType: 2, identification }), "a\\x1b[2Jb\\x0a");
  assert.throws(() => parseIdentity("@#1"), { name: "ConfigurationError", message: /hexadecimal digits behind @#/ });
});

test("no identity reads as another: neither as one of another type, nor by octets that look like an escape", () => {
  const texts = [
    "keyid:a",
    "fqdn:a",
    "@a",
    "192.0.2.1",
    "2001:db8::1",
    "user@example.org",
    "type 9:30",
    "a",
    "a\x1b",
    "a\\x1b",
    "a\\b",
  ];
  const shown = new Set<string>();
  for (const text of texts) {
    for (const idType of [2, 3, 11]) {
      const identity = { idType, identification: new TextEncoder().encode(text) };
      const read = formatIdentity(identity);
      shown.add(read);
      if (!read.includes("\\x")) assert.deepEqual(parseIdentity(read), identity, read);
    }
  }
  shown.add(formatIdentity({ idType: 1, identification: Uint8Array.of(192, 0, 2, 1) }));
  shown.add(formatIdentity({ idType: 9, identification: Uint8Array.of(0x30) }));
  assert.equal(shown.size, 3 * texts.length + 2);
});

test("an identity reads as it was written", () => {
  for (const text of ["192.0.2.1", "2001:db8::1", "gateway.example", "user@example.org", "keyid:a7"]) {
    assert.equal(formatIdentity(parseIdentity(text)), text);
  }
  // A peer's word for an address may be of any length.
  assert.equal(formatIdentity({ idType: 1, identification: Uint8Array.of(1, 2) }), "type 1:0102");
});

test("selectors are networks, addresses and ranges", () => {
  const cases: [string, string][] = [
    ["10.1.2.3/16", "10.1.0.0-10.1.255.255"],
    ["0.0.0.0/0", "0.0.0.0-255.255.255.255"],
    ["192.0.2.7", "192.0.2.7-192.0.2.7"],
    ["192.0.2.1-192.0.2.9", "192.0.2.1-192.0.2.9"],
    ["10.0.0.128/25", "10.0.0.128-10.0.0.255"],
    ["2001:db8::/32", "2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"],
  ];
  for (const [text, expected] of cases) assert.equal(formatSelector(parseSelector(text)), expected);
  assert.equal(parseSelectors("10.0.0.0/8, 192.168.0.0/16").length, 2);
});

test("what is no selector is refused with examples of what is", () => {
  for (const text of ["", "10.0.0.0/33", "10.0.0.9-10.0.0.1", "10.0.0.1-::1", "10.0.0.0/8/8", "1-2-3", "host", "::/129"]) {
    assert.throws(() => parseSelector(text), {
      name: "ConfigurationError",
      message: /is not understood: allowed are 10\.1\.0\.0\/16/,
    });
  }
});

test("an IKE proposal has ciphers, prfs and groups, each kind in the order written", () => {
  const proposal = parseIkeProposal("aes256gcm16-aes128gcm16-prfsha384-prfsha256-x25519-ecp256");
  assert.deepEqual(proposal.encryption.map(({ keyLength }) => keyLength), [32, 16]);
  assert.deepEqual(proposal.prfs.map(({ id }) => id), [6, 5]);
  assert.deepEqual(proposal.groups.map(({ id }) => id), [31, 19]);
  assert.deepEqual(proposal.integrity, []);
});

test("keys of 192 bits and every group have their name, the weak one too", () => {
  const proposal = parseIkeProposal("aes192gcm16-prfsha384-ecp521-modp2048-modp3072-modp4096-modp1024");
  assert.deepEqual(proposal.encryption.map(({ algorithm, keyLength }) => [algorithm.id, keyLength]), [[20, 24]]);
  assert.deepEqual(proposal.groups.map(({ id }) => id), [21, 14, 15, 16, 2]);
  assert.deepEqual(parseEspProposal("aes192-sha256").encryption.map(({ algorithm, keyLength }) => [algorithm.id, keyLength]), [[
    12,
    24,
  ]]);
});

test("an ESP proposal has plain sequence numbers unless it says otherwise", () => {
  assert.deepEqual(parseEspProposal("aes256-sha256").extendedSequenceNumbers, [false]);
  assert.deepEqual(parseEspProposal("aes256gcm16-x25519-ecp256").groups?.map(({ id }) => id), [31, 19]);
  assert.equal(parseEspProposal("aes256gcm16").groups, undefined);
  const [additional] = parseEspProposal("aes256gcm16-x25519-ke1_mlkem768-ke1_none").additional!;
  assert.deepEqual([additional.place, additional.methods.map(({ id }) => id), additional.optional], [1, [36], true]);
  assert.deepEqual(parseEspProposal("aes256gcm16-esn-noesn").extendedSequenceNumbers, [true, false]);
});

test("a proposal that cannot be is refused, and what is missing or wrong is named", () => {
  const cases: [() => unknown, RegExp][] = [
    [() => parseIkeProposal("aes256gcm16-prfsha256"), /a key exchange group is missing, allowed are x25519/],
    [() => parseIkeProposal("aes256gcm16-x25519"), /a prf is missing, allowed are prfsha256/],
    [() => parseIkeProposal("prfsha256-x25519"), /a cipher is missing/],
    [() => parseIkeProposal("aes256-prfsha256-x25519"), /an integrity algorithm is missing/],
    [() => parseIkeProposal("aes256gcm16-sha256-prfsha256-x25519"), /an AEAD takes no integrity algorithm/],
    [() => parseIkeProposal("aes256gcm16-aes256-sha256-prfsha256-x25519"), /cannot stand in one proposal/],
    [() => parseIkeProposal("des-prfsha256-x25519"), /"des" is unknown, allowed are aes256gcm16/],
    [() => parseEspProposal("aes256gcm16-ke1_mlkem768"), /a key exchange group beside additional ones is missing/],
    [() => parseEspProposal("aes256gcm16-prfsha256"), /"prfsha256" is unknown/],
  ];
  for (const [parse, message] of cases) {
    assert.throws(parse, (error) => error instanceof ConfigurationError && message.test(error.message));
  }
});
