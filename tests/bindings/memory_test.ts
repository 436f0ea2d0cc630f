import assert from "node:assert/strict";
import { test } from "node:test";
import type { CryptoProvider } from "../../src/crypto/provider.ts";
import { PRF_HMAC_SHA1, PRF_HMAC_SHA2_256, PRF_HMAC_SHA2_384, PRF_HMAC_SHA2_512 } from "../../src/crypto/registry.ts";
import { CORE_BUILDS } from "../../bindings/mod.ts";
import { instantiate } from "./core.ts";
import {
  AES_256_CBC,
  AES_256_GCM,
  authenticateRequest,
  CHACHA,
  deriveAndOpenRequest,
  deriveKeysRequest,
  openRequest,
  prfRequest,
  sealRequest,
  sealWithTicketRequest,
  upTo,
} from "./requests.ts";

/** So few octets of a secret are no accident in a memory of a few million. */
const TRACE_OCTETS = 6;
const HMAC_INNER_PAD = 0x36;
const HMAC_OUTER_PAD = 0x5c;
/** The stack grows down from here to the start of memory. */
const STACK_OCTETS = 1024 * 1024;
/** What the exported functions themselves put on the stack: sizes. */
const OUTERMOST_FRAME_OCTETS = 64;
const UNTOUCHED = 0xa5;
const PRFS = [PRF_HMAC_SHA1, PRF_HMAC_SHA2_256, PRF_HMAC_SHA2_384, PRF_HMAC_SHA2_512];
const PROTECTIONS = [AES_256_GCM, { ...AES_256_GCM, keyLength: 16 }, CHACHA, AES_256_CBC, { ...AES_256_CBC, keyLength: 16 }];

/** Does each operation once for each algorithm, and gives all that is secret of it. */
function doEverything(provider: CryptoProvider, size: number): Uint8Array[] {
  const secrets: Uint8Array[] = [];
  for (const prf of PRFS) {
    const prfs = upTo(size, (i) => ({ ...prfRequest(i), prf }));
    const codes = provider.prf(prfs);
    assert.ok(provider.verifyMac(prfs.map((request, i) => ({ ...request, mac: codes[i] }))).every((verified) => verified));
    const derivations = upTo(size, (i) => ({ ...deriveKeysRequest(i), prf }));
    const seedKeys = provider.prf(derivations);
    const keys = provider.deriveKeys(derivations);
    secrets.push(...prfs.flatMap(({ key, data }) => [key, ...data]), ...codes);
    secrets.push(...derivations.flatMap(({ key, data, seed }) => [key, ...data, ...seed]), ...seedKeys, ...keys);
  }
  for (const protection of PROTECTIONS) {
    const sealing = upTo(size, (i) => sealRequest(i, protection));
    const sealed = provider.seal(sealing);
    const opened = provider.open(sealing.map((request, i) => openRequest(request, sealed[i])));
    assert.ok(opened.every((plaintext) => plaintext !== undefined));
    const forged = sealed.map((whole) => whole.with(whole.length - 1, whole[whole.length - 1] ^ 1));
    assert.ok(
      provider.open(sealing.map((request, i) => openRequest(request, forged[i]))).every((opened) => opened === undefined),
    );
    secrets.push(
      ...sealing.flatMap(({ encryptionKey, integrityKey, plaintext }) => [encryptionKey, integrityKey, plaintext]),
      ...sealed,
    );
  }
  return secrets;
}

/** Does each operation of a resumption's steps once for each algorithm, and gives all that is secret of it. */
function doResumptions(provider: CryptoProvider, size: number): Uint8Array[] {
  const secrets: Uint8Array[] = [];
  for (const prf of PRFS) {
    const authentications = upTo(size, (i) => authenticateRequest(i, prf, provider));
    const authenticated = provider.authenticate(authentications);
    assert.ok(authenticated.every((result) => result !== undefined));
    const forged = authentications.map((request) => ({ ...request, theirAuth: request.theirAuth.map((octet) => octet ^ 1) }));
    assert.ok(provider.authenticate(forged).every((result) => result === undefined));
    secrets.push(
      ...authentications.flatMap(({ theirs, ours, theirAuth }) => [theirs.key, ours.key, theirAuth]),
      ...authenticated.flatMap((result) => result ? [result.auth, result.keyingMaterial] : []),
    );
  }
  for (const protection of PROTECTIONS) {
    const openings = upTo(size, (i) => deriveAndOpenRequest(i, protection, provider));
    const opened = provider.deriveAndOpen(openings);
    assert.ok(opened.every(({ plaintext }) => plaintext !== undefined));
    const forged = openings.map((request) => ({ ...request, sealed: request.sealed.map((octet) => octet ^ 1) }));
    assert.ok(provider.deriveAndOpen(forged).every(({ plaintext }) => plaintext === undefined));
    const sealings = upTo(size, (i) => sealWithTicketRequest(i, protection));
    const sealed = provider.sealWithTicket(sealings);
    secrets.push(
      ...openings.map(({ derivation }) => derivation.key),
      ...opened.flatMap(({ keyingMaterial, plaintext }) => plaintext ? [keyingMaterial, plaintext] : [keyingMaterial]),
      ...sealings.flatMap(({ ticket, message }) => [ticket.encryptionKey, ticket.plaintext, message.encryptionKey]),
      ...sealed,
    );
  }
  return secrets;
}

/** Offsets in the core's memory where any part of a secret stands, plain or under HMAC's pads. */
function tracesOf(secrets: readonly Uint8Array[], memory: Uint8Array): number[] {
  const parts = new Set<number>();
  for (const secret of secrets) {
    for (const pad of [0, HMAC_INNER_PAD, HMAC_OUTER_PAD]) {
      eachPart(secret.map((octet) => octet ^ pad), (part) => parts.add(part));
    }
  }
  const found: number[] = [];
  eachPart(memory, (part, offset) => parts.has(part) && found.push(offset));
  return found;
}

/** Each run of six octets as one number. */
function eachPart(octets: Uint8Array, visit: (part: number, offset: number) => void): void {
  let part = 0;
  octets.forEach((octet, i) => {
    part = (part % 256 ** (TRACE_OCTETS - 1)) * 256 + octet;
    if (i >= TRACE_OCTETS - 1) visit(part, i - TRACE_OCTETS + 1);
  });
}

for (const build of CORE_BUILDS) {
  for (const size of [1, 8, 9]) {
    test(`${build}: after each call no part of a secret is left anywhere in the core's memory, batches of ${size}`, async () => {
      const core = await instantiate(build);
      const secrets = [...doEverything(core.provider, size), ...doResumptions(core.provider, size)];
      assert.ok(secrets.length > 50);
      assert.deepEqual(tracesOf(secrets, core.memory()), []);
    });
  }

  test(`${build}: the stack is wiped as deep as any operation writes to it`, async () => {
    const core = await instantiate(build);
    const stack = () => core.memory().subarray(0, STACK_OCTETS);
    stack().fill(UNTOUCHED);
    for (const size of [1, 2, 8]) {
      doEverything(core.provider, size);
      doResumptions(core.provider, size);
    }
    const frames = stack().subarray(0, STACK_OCTETS - OUTERMOST_FRAME_OCTETS);
    assert.ok(frames.every((octet) => octet === 0 || octet === UNTOUCHED));
    assert.ok(frames.lastIndexOf(UNTOUCHED) > 0 && frames.lastIndexOf(UNTOUCHED) < frames.length - 4096);
  });
}

test("the search for secrets finds them while they are there", async () => {
  const core = await instantiate("relaxed");
  const wipe = core.exports.wipe;
  const unwiped = { ...core.exports, wipe: () => {} };
  const { WasmProvider } = await import("../../bindings/provider.ts");
  const secrets = doEverything(new WasmProvider(unwiped), 1);
  assert.ok(tracesOf(secrets, core.memory()).length > 0);
  wipe(1_000_000);
  assert.deepEqual(tracesOf(secrets, core.memory()), []);
});

test("memory grows for a large batch, and views of the old buffer are not used any more", async () => {
  const core = await instantiate("relaxed");
  const [small] = core.provider.prf([prfRequest(1)]);
  const pages = core.memory().length;
  const large = { ...sealRequest(1), plaintext: new Uint8Array(4_000_000).fill(7) };
  const [sealed] = core.provider.seal([large]);
  assert.ok(core.memory().length > pages);
  assert.deepEqual(core.provider.open([openRequest(large, sealed)]), [large.plaintext]);
  assert.deepEqual(core.provider.prf([prfRequest(1)]), [small]);
});

test("memory stays bounded over many batches", async () => {
  const core = await instantiate("relaxed");
  core.provider.deriveKeys(upTo(5000, deriveKeysRequest));
  const size = core.memory().length;
  for (let i = 0; i < 20; i++) core.provider.deriveKeys(upTo(5000, deriveKeysRequest));
  assert.equal(core.memory().length, size);
  assert.ok(size < 8 * 1024 * 1024);
});
