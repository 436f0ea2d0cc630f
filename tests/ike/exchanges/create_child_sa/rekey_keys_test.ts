/**
 * The keys of a rekeyed IKE SA against values of an independent program (tests/vectors/rekey_keys.py): both ends share the code that makes
 * them, and would agree on wrong ones.
 *
 * @module
 */
import assert from "node:assert/strict";
import { AES_GCM_16, prfById } from "../../../../src/crypto/registry.ts";
import { keysFromRekey } from "../../../../src/ike/ike_sa/ike_sa_keys.ts";
import { noncePair } from "../../../../src/ike/ike_sa/nonces.ts";
import { defaultIkeProposals, offerIke } from "../../../../src/ike/ike_sa/proposals.ts";
import { type IkeSuite, ikeSuiteOf } from "../../../../src/ike/ike_sa/suite.ts";
import { runWave } from "../../../../src/ike/steps/wave.ts";
import { Simulation } from "../../../simulation/simulation.ts";
import { fromHex, readVectorJson, toHex, vectorsPath } from "../../../vectors/vectors.ts";
import { testEveryProvider } from "../../every_provider.ts";

interface RekeyCase {
  readonly oldPrf: number;
  readonly newPrf: number;
  readonly [name: string]: string | number;
}

testEveryProvider(
  "[C-5.5] SKEYSEED of a rekeyed IKE SA is made with the old one's prf, its keys with the new one's, as an independent program has them",
  async (provider) => {
    const { services } = new Simulation({ provider });
    const { cases } = readVectorJson<{ cases: RekeyCase[] }>(vectorsPath("rekey_keys.json")!);
    assert.equal(cases.length, 16);
    for (const vector of cases) {
      const octets = (name: string) => fromHex(String(vector[name]));
      const nothing = new Uint8Array(0);
      const old = {
        suite: suiteWith(vector.oldPrf),
        keys: {
          skD: octets("SK_d_old"),
          skAi: nothing,
          skAr: nothing,
          skEi: nothing,
          skEr: nothing,
          skPi: nothing,
          skPr: nothing,
        },
      };
      const spis = { initiatorSpi: BigInt(`0x${vector.SPIi}`), responderSpi: BigInt(`0x${vector.SPIr}`) };
      const nonces = noncePair(octets("Ni"), octets("Nr"));
      const step = keysFromRekey(old, suiteWith(vector.newPrf), octets("g_ir"), nonces, spis);
      const [keys] = await runWave([step], services);
      const found = { SK_d: keys.skD, SK_ei: keys.skEi, SK_er: keys.skEr, SK_pi: keys.skPi, SK_pr: keys.skPr };
      for (const [name, key] of Object.entries(found)) {
        assert.equal(toHex(key), vector[name], `${name}, from prf ${vector.oldPrf} to ${vector.newPrf}`);
      }
      assert.deepEqual([keys.skAi.length, keys.skAr.length], [0, 0]);
    }
  },
);

function suiteWith(prfId: number): IkeSuite {
  const [{ groups }] = defaultIkeProposals();
  const encryption = [{ algorithm: AES_GCM_16, keyLength: 32 }];
  const [proposal] = offerIke([{ encryption, integrity: [], prfs: [prfById(prfId)!], groups: groups.slice(0, 1) }]);
  return ikeSuiteOf(proposal)!;
}
