/**
 * ML-KEM beside Curve25519 with strongSwan 6, in both roles (RFC 9370): IKE_INTERMEDIATE before IKE_AUTH, IKE_FOLLOWUP_KE after CREATE_CHILD_SA.
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
const TURNS = ["ours", "charon"] as const;

for (const method of ["mlkem768", "mlkem1024"]) {
  const suite: Suite = {
    ...GCM_X25519,
    ike: `${GCM_X25519.ike}-ke1_${method}`,
    esp: `${GCM_X25519.esp}-curve25519-ke1_${method}`,
  };
  const options = {
    ike: [`aes256gcm16-prfsha256-x25519-ke1_${method}`],
    esp: [`aes256gcm16-x25519-ke1_${method}`],
  };
  const intermediate = (kind: string) => new RegExp(`parsed IKE_INTERMEDIATE ${kind} 1 \\[ KE \\]`);

  for (const role of ["client", "gateway"] as const) {
    peerTest(
      `our ${role} comes up with charon with ${method}, and both rekey IKE SA and Child SA with it`,
      { role, cases: ["ml-kem", "ml-kem-rekey"], suite, peer: "strongSwan 6", needs: NEEDS },
      async (scene) => {
        const pair = await scene.namespacePair();
        const gateway = role === "gateway" ? await scene.gateway(pair, options) : undefined;
        const charon = await scene.charon(pair, suite, { isVersion6: true });
        const ours = gateway ?? scene.client(pair, options);
        if (gateway) {
          const up = await charon.up();
          assert.equal(up.status, 0, up.stdout + up.stderr);
        }
        await assertUpWith(suite, charon, ours, role === "client");
        assert.match(charon.log(), intermediate(role === "client" ? "request" : "response"));
        await rekeyIkeSa(charon, ours);
        await rekeyChildSa(charon, ours);
        for (const kind of ["request", "response"]) {
          const carriedOut = [...charon.log().matchAll(new RegExp(`parsed IKE_FOLLOWUP_KE ${kind} \\d+ \\[ KE `, "g"))];
          assert.equal(carriedOut.length, 2, `for the IKE SA and for the Child SA: ${kind}`);
        }
        assert.equal((await charon.down()).status, 0);
        await ours.event("ike-sa-down");
      },
    );
  }
}

/** A request on the new IKE SA is answered. */
async function rekeyIkeSa(charon: Charon, ours: JsonProgram<OurEvent>): Promise<void> {
  for (const [index, turn] of TURNS.entries()) {
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

async function rekeyChildSa(charon: Charon, ours: JsonProgram<OurEvent>): Promise<void> {
  let { inboundSpi } = (await ours.event("child-sa-up")).childSa;
  for (const [index, turn] of TURNS.entries()) {
    if (turn === "ours") ours.command({ command: "child-sa", kind: "rekey", inboundSpi });
    else assert.equal((await charon.rekeyChild()).status, 0);
    const { childSa } = await eventually("our end was told", () => ours.eventsOf("child-sa-rekeyed").at(index));
    await eventually("the old one is gone", () => ours.eventsOf("child-sa-down").at(index));
    const keys = [childSa.inbound.encryptionKey, childSa.outbound.encryptionKey];
    await eventually("charon has the same keys", () => {
      const theirs = Object.values(charon.childKeys()).filter((key) => key !== "");
      return theirs.toSorted().join() === keys.toSorted().join() ? true : undefined;
    });
    inboundSpi = childSa.inboundSpi;
  }
}
