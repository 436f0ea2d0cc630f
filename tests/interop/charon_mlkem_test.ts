/**
 * ML-KEM beside Curve25519 with strongSwan 6, in both roles: IKE_INTERMEDIATE (RFC 9242) with an additional key exchange (RFC 9370).
 *
 * @module
 */
import assert from "node:assert/strict";
import { assertUpWith } from "./agreement.ts";
import type { Charon } from "./charon.ts";
import { eventually } from "./command.ts";
import type { JsonProgram } from "./json_program.ts";
import type { OurEvent } from "./our_event.ts";
import { peerTest } from "./peer_proof.ts";
import { CHARON_NEEDS } from "./scene.ts";
import { GCM_X25519, type Suite } from "./suites.ts";

const NEEDS = [...CHARON_NEEDS, "strongSwan 6"] as const;

/** charon rekeys an IKE SA without IKE_FOLLOWUP_KE only where it may do without the additional key exchange. */
const METHODS = [{ method: "mlkem768", isOptional: true }, { method: "mlkem1024", isOptional: false }];

for (const { method, isOptional } of METHODS) {
  const words = `ke1_${method}${isOptional ? "-ke1_none" : ""}`;
  const suite: Suite = { ...GCM_X25519, ike: `${GCM_X25519.ike}-${words}` };
  const ike = [`aes256gcm16-prfsha256-x25519-${words}`];
  const intermediate = (kind: string) => new RegExp(`parsed IKE_INTERMEDIATE ${kind} 1 \\[ KE \\]`);

  peerTest(
    `charon comes up with our gateway with ${method}, and has the same keys`,
    { role: "gateway", cases: ["ml-kem"], suite, peer: "strongSwan 6", needs: NEEDS },
    async (scene) => {
      const pair = await scene.namespacePair();
      const gateway = await scene.gateway(pair, { ike });
      const charon = await scene.charon(pair, suite, { isVersion6: true });
      const up = await charon.up();
      assert.equal(up.status, 0, up.stdout + up.stderr);
      await assertUpWith(suite, charon, gateway, false);
      assert.match(charon.log(), intermediate("response"));
      if (isOptional) await rekeyBoth(charon, gateway);
      assert.equal((await charon.down()).status, 0);
      await gateway.event("ike-sa-down");
    },
  );

  peerTest(
    `our client comes up with charon with ${method}, and has the same keys`,
    { role: "client", cases: ["ml-kem"], suite, peer: "strongSwan 6", needs: NEEDS },
    async (scene) => {
      const pair = await scene.namespacePair();
      const charon = await scene.charon(pair, suite, { isVersion6: true });
      const client = scene.client(pair, { ike });
      await assertUpWith(suite, charon, client, true);
      assert.match(charon.log(), intermediate("request"));
      if (isOptional) await rekeyBoth(charon, client);
      client.command({ command: "close" });
      await eventually("charon has dropped the IKE SA", async () => (await charon.sas()).length === 0 ? true : undefined);
    },
  );
}

/** Keys of both rest on what ML-KEM has agreed on: a request on the new IKE SA is answered. */
async function rekeyBoth(charon: Charon, ours: JsonProgram<OurEvent>): Promise<void> {
  for (const [index, turn] of (["ours", "charon"] as const).entries()) {
    if (turn === "ours") ours.command({ command: "rekey" });
    else assert.equal((await charon.rekey()).status, 0);
    const { byUs, spis } = await eventually("our end was rekeyed", () => ours.eventsOf("ike-sa-rekeyed").at(index));
    assert.equal(byUs, turn === "ours");
    ours.command({ command: "check-liveness" });
    await eventually(
      "charon answers on the new IKE SA",
      () => ours.eventsOf("peer-alive").find((alive) => alive.spis.initiator === spis.initiator),
    );
  }
}
