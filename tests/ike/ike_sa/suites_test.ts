import assert from "node:assert/strict";
import { test } from "node:test";
import type { EncryptionAlgorithm, IntegrityAlgorithm } from "../../../src/crypto/algorithms.ts";
import type { CryptoProvider } from "../../../src/crypto/provider.ts";
import {
  AUTH_HMAC_SHA2_256_128,
  AUTH_HMAC_SHA2_384_192,
  AUTH_HMAC_SHA2_512_256,
  CURVE25519,
  ENCRYPTION_ALGORITHMS,
  KEY_EXCHANGE_GROUPS,
  PRF_ALGORITHMS,
  PRF_HMAC_SHA2_256,
} from "../../../src/crypto/registry.ts";
import type { EspProposal, IkeProposal } from "../../../src/ike/ike_sa/proposals.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { assertSameKeys, comeBack, gatewayChildSa, resumptions } from "../../simulation/coming_back.ts";
import { effectsOf, Simulation } from "../../simulation/simulation.ts";
import { testEveryProvider } from "../every_provider.ts";

/** A cipher in one key length, with an integrity algorithm where it needs one. */
interface Cipher {
  readonly algorithm: EncryptionAlgorithm;
  readonly keyLength: number;
  readonly integrity: readonly IntegrityAlgorithm[];
}

const INTEGRITY = [AUTH_HMAC_SHA2_256_128, AUTH_HMAC_SHA2_384_192, AUTH_HMAC_SHA2_512_256];

const CIPHERS: readonly Cipher[] = ENCRYPTION_ALGORITHMS.flatMap((algorithm) =>
  algorithm.keyLengths.flatMap((keyLength) =>
    algorithm.icvLength > 0
      ? [{ algorithm, keyLength, integrity: [] }]
      : INTEGRITY.map((integrity) => ({ algorithm, keyLength, integrity: [integrity] }))
  )
);

testEveryProvider("every cipher with every prf brings a client up and back, with equal keys", async (provider) => {
  let suites = 0;
  for (const cipher of CIPHERS) {
    for (const prf of PRF_ALGORITHMS) {
      const ike = { ...ikeProposal(cipher), prfs: [prf], groups: [CURVE25519] };
      await upAndBack(provider, ike, espProposal(cipher), nameOf(cipher, prf.name));
      suites++;
    }
  }
  assert.equal(suites, 13 * 4);
});

test("every cipher, prf and group brings a client up, with equal keys", async () => {
  const provider = await loadProvider("node");
  for (const group of KEY_EXCHANGE_GROUPS) {
    for (const prf of PRF_ALGORITHMS) {
      // The cipher and the group meet only in the octets that keys are taken from: one AEAD and one cipher with a MAC show it.
      for (const cipher of [CIPHERS[0], CIPHERS.at(-1)!]) {
        const ike = { ...ikeProposal(cipher), prfs: [prf], groups: [group] };
        await upAndBack(provider, ike, espProposal(cipher), nameOf(cipher, `${prf.name} ${group.name}`));
      }
    }
  }
});

test("the suite of a resumed IKE SA is the ticket's, whatever is preferred by then", async () => {
  const cipher = CIPHERS.at(-1)!;
  const simulation = new Simulation({ provider: await loadProvider("node") });
  const ike = { ...ikeProposal(cipher), prfs: [PRF_ALGORITHMS[2]], groups: [CURVE25519] };
  const client = await simulation.clientWithTicket({ ikeProposals: [ike] });
  const preferred = { ...ikeProposal(CIPHERS[0]), prfs: [PRF_HMAC_SHA2_256], groups: [CURVE25519] };
  simulation.restartGateway({ ikeProposals: [preferred, ike], exposeKeys: true });
  const again = await comeBack(simulation, client);
  assert.deepEqual(resumptions(again), [true]);
  const [{ suite }] = effectsOf(simulation.gatewayEffects, "ike-sa-keys");
  assert.equal(suite.prf, PRF_ALGORITHMS[2]);
  assert.equal(suite.protection.encryption, cipher.algorithm);
  assert.deepEqual(suite.protection.integrity, cipher.integrity[0]);
});

async function upAndBack(provider: CryptoProvider, ike: IkeProposal, esp: EspProposal, name: string): Promise<void> {
  const proposals = { ikeProposals: [ike], espProposals: [esp] };
  const simulation = new Simulation({ provider, gateway: proposals });
  const client = await simulation.clientWithTicket(proposals);
  assert.equal(client.initiator.waitsFor, "requests", name);
  assertSameKeys(client.childSa, gatewayChildSa(simulation));
  const again = await comeBack(simulation, client, client.ticket, proposals);
  assert.deepEqual(resumptions(again), [true], name);
  const { childSa } = again;
  assertSameKeys(childSa, gatewayChildSa(simulation));
  assert.equal(childSa.protection.keyLength, esp.encryption[0].keyLength);
  assert.equal(childSa.inbound.encryptionKey.length, esp.encryption[0].keyLength + esp.encryption[0].algorithm.saltLength);
  assert.equal(childSa.inbound.integrityKey.length, esp.integrity[0]?.keyLength ?? 0);
}

function ikeProposal({ algorithm, keyLength, integrity }: Cipher): Pick<IkeProposal, "encryption" | "integrity"> {
  return { encryption: [{ algorithm, keyLength }], integrity };
}

function espProposal(cipher: Cipher): EspProposal {
  return { ...ikeProposal(cipher), extendedSequenceNumbers: [false] };
}

function nameOf({ algorithm, keyLength, integrity }: Cipher, rest: string): string {
  return [`${algorithm.name}-${8 * keyLength}`, ...integrity.map(({ name }) => name), rest].join(" ");
}
