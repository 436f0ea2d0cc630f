/**
 * IKE_AUTH with certificates at both ends (RFC 7296, section 2.15; RFC 7427), over a simulated network.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AuthenticationMethod } from "../../src/wire/constants.ts";
import { effectsOf } from "../simulation/simulation.ts";
import type { KeyName } from "./authority.ts";
import { certificateScene, tried } from "./scene.ts";

for (const key of ["P-256", "P-384", "P-521", "Ed25519", "RSA"] as const satisfies readonly KeyName[]) {
  test(`[C-3.6] both ends prove themselves by certificates with keys of ${key}, and get the same keys`, async () => {
    const { simulation, client } = await tried(await certificateScene({ gatewayKey: key, clientKey: key }));
    const [up] = effectsOf(simulation.gatewayEffects, "child-sa-up");
    assert.ok(up, JSON.stringify(simulation.gatewayEffects.filter(({ type }) => type === "authentication-failed")));
    assert.deepEqual(up.childSa.inbound.encryptionKey, client.childSa.outbound.encryptionKey);
    assert.equal(client.ticket.authenticationMethod, AuthenticationMethod.DIGITAL_SIGNATURE);
  });
}
