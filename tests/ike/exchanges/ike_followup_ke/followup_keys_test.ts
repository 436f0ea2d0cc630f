/**
 * Keys that rest on additional key exchanges after CREATE_CHILD_SA, against values of an independent program (tests/vectors/followup_keys.py): both
 * ends share the code that makes them, and would agree on wrong ones.
 *
 * @module
 */
import assert from "node:assert/strict";
import { AES_GCM_16, prfById } from "../../../../src/crypto/registry.ts";
import { childSaKeys } from "../../../../src/ike/child_sa/child_sa_keys.ts";
import { keysFromRekey } from "../../../../src/ike/ike_sa/ike_sa_keys.ts";
import { noncePair } from "../../../../src/ike/ike_sa/nonces.ts";
import { defaultIkeProposals, offerIke } from "../../../../src/ike/ike_sa/proposals.ts";
import { ikeSuiteOf } from "../../../../src/ike/ike_sa/suite.ts";
import { runWave } from "../../../../src/ike/steps/wave.ts";
import { Simulation } from "../../../simulation/simulation.ts";
import { fromHex, readVectorJson, toHex, vectorsPath } from "../../../vectors/vectors.ts";
import { testEveryProvider } from "../../every_provider.ts";

interface FollowupCase {
  readonly prf: number;
  readonly secrets: readonly string[];
  readonly [name: string]: string | number | readonly string[];
}

const NOTHING = new Uint8Array(0);

testEveryProvider(
  "SKEYSEED and KEYMAT rest on the secrets of all exchanges, in their order, as an independent program has them",
  async (provider) => {
    const { services } = new Simulation({ provider });
    const { cases } = readVectorJson<{ cases: FollowupCase[] }>(vectorsPath("followup_keys.json")!);
    assert.equal(cases.length, 12);
    for (const vector of cases) {
      const octets = (name: string) => fromHex(String(vector[name]));
      const secrets = () => vector.secrets.map(fromHex);
      const suite = suiteWith(vector.prf);
      const keys = {
        skD: octets("SK_d_old"),
        skAi: NOTHING,
        skAr: NOTHING,
        skEi: NOTHING,
        skEr: NOTHING,
        skPi: NOTHING,
        skPr: NOTHING,
      };
      const spis = { initiatorSpi: BigInt(`0x${vector.SPIi}`), responderSpi: BigInt(`0x${vector.SPIr}`) };
      const nonces = noncePair(octets("Ni"), octets("Nr"));
      const [first, ...further] = secrets();
      const [made] = await runWave([keysFromRekey({ suite, keys }, suite, first, nonces, spis, further)], services);
      const found = { SK_d: made.skD, SK_ei: made.skEi, SK_er: made.skEr, SK_pi: made.skPi, SK_pr: made.skPr };
      for (const [name, key] of Object.entries(found)) assert.equal(toHex(key), vector[name], `${name}, prf ${vector.prf}`);
      assert.ok([first, ...further].every((secret) => secret.every((octet) => octet === 0)), "secrets are wiped");

      const esp = { protection: { encryption: AES_GCM_16, keyLength: 32 }, extendedSequenceNumbers: false };
      const [sharedSecret, ...others] = secrets();
      const step = childSaKeys(suite, octets("SK_d_old"), nonces, esp, "initiator", sharedSecret, others);
      const [{ outbound, inbound }] = await runWave([step], services);
      assert.equal(toHex(outbound.encryptionKey) + toHex(inbound.encryptionKey), vector.KEYMAT);
    }
  },
);

function suiteWith(prfId: number) {
  const [{ groups }] = defaultIkeProposals();
  const encryption = [{ algorithm: AES_GCM_16, keyLength: 32 }];
  const [proposal] = offerIke([{ encryption, integrity: [], prfs: [prfById(prfId)!], groups: groups.slice(0, 1) }]);
  return ikeSuiteOf(proposal)!;
}
