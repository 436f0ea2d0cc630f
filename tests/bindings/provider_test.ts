import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { loadWasmProvider } from "../../bindings/mod.ts";
import { WasmProvider } from "../../bindings/provider.ts";
import { instantiate } from "./core.ts";
import { createNodeProvider } from "../../src/crypto/node/provider.ts";
import { PRF_HMAC_SHA2_256, TICKET_AES_256_GCM } from "../../src/crypto/registry.ts";
import {
  AES_256_CBC,
  AES_256_GCM,
  CHACHA,
  deriveAndOpenRequest,
  deriveKeysRequest,
  octets,
  openRequest,
  prfRequest,
  sealRequest,
  upTo,
} from "./requests.ts";

const SIZES = [0, 1, 2, 64, 1000];
const PROTECTIONS = [AES_256_GCM, CHACHA, AES_256_CBC];

const wasm = await loadWasmProvider();
const node = createNodeProvider();

for (const size of SIZES) {
  test(`a batch of ${size} gives what node:crypto gives, in its order`, () => {
    const prfs = upTo(size, prfRequest);
    const codes = wasm.prf(prfs);
    assert.deepEqual(codes, node.prf(prfs));
    const derivations = upTo(size, deriveKeysRequest);
    assert.deepEqual(wasm.deriveKeys(derivations), node.deriveKeys(derivations));
    const expansions = derivations.map(({ prf, key, seed, length }) => ({ prf, key, seed, length }));
    assert.deepEqual(wasm.prfPlus(expansions), node.prfPlus(expansions));
    const verifications = prfs.map((request, i) => ({ ...request, mac: i % 3 === 1 ? octets(32, i) : codes[i] }));
    assert.deepEqual(wasm.verifyMac(verifications), verifications.map((_, i) => i % 3 !== 1));
  });

  test(`a batch of ${size} is sealed as node:crypto seals it, and opened`, () => {
    const sealing = upTo(size, (i) => sealRequest(i, PROTECTIONS[i % PROTECTIONS.length]));
    const sealed = wasm.seal(sealing);
    assert.deepEqual(sealed, node.seal(sealing));
    const opened = wasm.open(sealing.map((request, i) => openRequest(request, sealed[i])));
    assert.deepEqual(opened, sealing.map(({ plaintext }) => plaintext));
  });
}

test("members that fail are undefined, and their neighbours are opened", () => {
  const sealing = upTo(60, (i) => sealRequest(i, PROTECTIONS[i % PROTECTIONS.length]));
  const sealed = wasm.seal(sealing);
  const opening = sealing.map((request, i) => {
    const whole = sealed[i].slice();
    if (i % 5 === 1) whole[i % whole.length] ^= 0x10;
    if (i % 5 === 2) return openRequest(request, whole.subarray(0, i));
    if (i % 5 === 3) return { ...openRequest(request, whole), associatedDataLength: whole.length + 1 + i };
    if (i % 5 === 4) return { ...openRequest(request, whole), associatedDataLength: 33 };
    return openRequest(request, whole);
  });
  wasm.open(opening).forEach((opened, i) =>
    assert.deepEqual(opened, i % 5 === 0 ? sealing[i].plaintext : undefined, `member ${i}`)
  );
});

test("tickets of one key are sealed and opened in one call", () => {
  const encryptionKey = octets(32, 1);
  const sealing = upTo(64, (i) => ({ ...sealRequest(i, TICKET_AES_256_GCM), encryptionKey }));
  const sealed = wasm.seal(sealing);
  assert.deepEqual(sealed, node.seal(sealing));
  const other = octets(32, 2);
  const opening = sealing.map((request, i) =>
    openRequest({ ...request, encryptionKey: i % 4 === 3 ? other : encryptionKey }, sealed[i])
  );
  wasm.openTickets(opening).forEach((opened, i) => assert.deepEqual(opened, i % 4 === 3 ? undefined : sealing[i].plaintext));
  wasm.forgetTicketKeys();
});

test("a batch larger than a piece of memory is taken through in pieces", () => {
  const data = upTo(9, (i) => octets(200_000 + i, i));
  const codes = wasm.prf(data.map((octets) => ({ prf: PRF_HMAC_SHA2_256, key: octets.subarray(0, 32), data: [octets] })));
  data.forEach((octets, i) =>
    assert.deepEqual(Buffer.from(codes[i]), createHmac("sha256", octets.subarray(0, 32)).update(octets).digest())
  );
});

test("a lone member may be larger than a piece, and beyond the core's bound it is a RangeError that breaks nothing", () => {
  const sealing = { ...sealRequest(0), plaintext: new Uint8Array(3_000_000) };
  const [sealed] = wasm.seal([sealing]);
  assert.deepEqual(wasm.open([openRequest(sealing, sealed)]), [sealing.plaintext]);
  assert.throws(() => wasm.seal([{ ...sealing, plaintext: new Uint8Array(40_000_000) }]), RangeError);
  assert.deepEqual(wasm.prf([prfRequest(1)]), node.prf([prfRequest(1)]));
});

test("requests that contradict themselves are a RangeError before anything is done", () => {
  assert.throws(() => wasm.prfPlus([{ ...deriveKeysRequest(0), length: 255 * 32 + 1 }]), RangeError);
  assert.throws(() => wasm.deriveKeys([deriveKeysRequest(0), { ...deriveKeysRequest(1), length: 0 }]), RangeError);
  assert.throws(() => wasm.seal([{ ...sealRequest(0), iv: octets(12, 0) }]), RangeError);
  assert.throws(() => wasm.seal([{ ...sealRequest(0, AES_256_CBC), plaintext: octets(15, 0) }]), RangeError);
  assert.throws(() => wasm.open([{ ...openRequest(sealRequest(0), octets(99, 0)), encryptionKey: octets(32, 0) }]), RangeError);
});

test("results are the caller's: a later call changes none", () => {
  const [code] = wasm.prf([prfRequest(1)]);
  const kept = code.slice();
  wasm.prf(upTo(64, (i) => prfRequest(100 + i)));
  assert.deepEqual(code, kept);
});

test("providers have memories of their own", async () => {
  const other = await loadWasmProvider();
  assert.notEqual(other, wasm);
  assert.deepEqual(other.deriveKeys([deriveKeysRequest(7)]), wasm.deriveKeys([deriveKeysRequest(7)]));
});

test("who keeps the keys of one member keeps no message of the others with them", () => {
  const openings = upTo(60, (i) => ({ ...deriveAndOpenRequest(i, AES_256_GCM, wasm), sealed: octets(8000, i) }));
  for (const { keyingMaterial, plaintext } of wasm.deriveAndOpen(openings)) {
    assert.equal(plaintext, undefined);
    assert.ok(keyingMaterial.buffer.byteLength <= 60 * openings[0].derivation.length);
  }
});

test("sizes that add up to more than 32 bits are refused before anything is written", async () => {
  const core = await instantiate("relaxed");
  const large = new Uint8Array(2 ** 28);
  const data = [
    ...Array.from({ length: 15 }, () => large),
    octets(60_000, 1),
    new Uint8Array(2 ** 28 - 60_000 - 64 - 32 - 32 + 128),
  ];
  assert.throws(() => core.provider.prf([{ ...prfRequest(0), data }]), RangeError);
  const trace = new TextDecoder("latin1").decode(octets(60_000, 1).subarray(0, 40));
  assert.equal(new TextDecoder("latin1").decode(core.memory()).includes(trace), false);
  assert.deepEqual(core.provider.prf([prfRequest(1)]), node.prf([prfRequest(1)]));
});

test("a core that trapped is emptied and not used again", async () => {
  const core = await instantiate("relaxed");
  const provider = new WasmProvider({
    ...core.exports,
    prf: () => {
      throw new WebAssembly.RuntimeError("unreachable");
    },
  });
  const secret = octets(32, 77);
  assert.throws(() => provider.prf([{ ...prfRequest(0), key: secret }]), /failed in prf/);
  assert.equal(new TextDecoder("latin1").decode(core.memory()).includes(new TextDecoder("latin1").decode(secret)), false);
  assert.throws(() => provider.deriveKeys([deriveKeysRequest(0)]), /cannot be used any more/);
});
