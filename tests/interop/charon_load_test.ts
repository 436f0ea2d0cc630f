/**
 * Many clients of this project's at strongSwan.
 *
 * @module
 */
import assert from "node:assert/strict";
import { loadOnCharon } from "./charon_load.ts";
import { CHARON_NEEDS, interopTest, PRESHARED_KEY } from "./scene.ts";
import { GCM_X25519 } from "./suites.ts";

interopTest(
  "load brings clients up at charon by full exchanges, and each leaves with a Delete",
  CHARON_NEEDS,
  async (scene) => {
    const pair = await scene.namespacePair();
    const charon = await scene.charon(pair, GCM_X25519, { isForMany: true });
    const words = ["--clients", "50", "--rate", "50", "--duration", "2"];
    const { operations, failed, failures, gateway } = await loadOnCharon({ pair, charon, presharedKey: PRESHARED_KEY, words });
    const left = failures["no-client-free"]?.count ?? 0;
    assert.equal(failed, left, `${JSON.stringify(failures)}\n${charon}`);
    assert.equal(operations.full?.succeeded, 100 - left);
    assert.ok((gateway?.cpu_us_per_success ?? 0) > 0);
    assert.deepEqual(await charon.sas(), []);
  },
);
