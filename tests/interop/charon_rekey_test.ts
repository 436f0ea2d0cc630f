/**
 * The IKE SA is rekeyed between strongSwan's charon and both of our ends, each time from either end, and goes on to be used.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Charon } from "./charon.ts";
import { eventually } from "./command.ts";
import type { JsonProgram } from "./json_program.ts";
import type { OurEvent } from "./our_event.ts";
import { peerTest } from "./peer_proof.ts";
import type { Scene } from "./scene.ts";
import { SUITES } from "./suites.ts";

for (const suite of SUITES) {
  peerTest(
    `[C-5.3] [C-5.9] our client rekeys the IKE SA with charon, then charon with our client, with ${suite.name}`,
    { role: "client", cases: ["rekey-ike"], suite },
    async (scene) => {
      const pair = await scene.namespacePair();
      const charon = await scene.charon(pair, suite);
      const client = scene.client(pair);
      await client.event("child-sa-up");
      await rekeyBothWays(charon, client, ["ours", "charon", "charon", "ours"]);
      // charon knows no tickets: whatever exchange we ask in, it answers with nothing.
      assert.match(charon.log(), /parsed CREATE_CHILD_SA request \d+ \[ SA No KE N\(TKT_REQ\) \]/);
      assert.ok(client.eventsOf("ticket-not-granted").every(({ answer }) => answer === "none"));
      client.command({ command: "close" });
      await client.event("ike-sa-down");
      await eventually("charon has dropped the IKE SA", async () => (await charon.sas()).length === 0 ? true : undefined);
    },
  );

  peerTest(
    `[C-5.3] [C-5.9] charon rekeys the IKE SA with our gateway, then our gateway with charon, with ${suite.name}`,
    { role: "gateway", cases: ["rekey-ike"], suite },
    async (scene: Scene) => {
      const pair = await scene.namespacePair();
      const gateway = await scene.gateway(pair);
      const charon = await scene.charon(pair, suite);
      assert.equal((await charon.up()).status, 0);
      await rekeyBothWays(charon, gateway, ["charon", "ours", "ours", "charon"]);
      const down = await charon.down();
      assert.equal(down.status, 0, down.stdout + down.stderr);
      assert.equal((await gateway.event("ike-sa-down")).reason, "deleted-by-peer");
    },
  );
}

/** After each turn both ends name the same IKE SA, with its Child SA, and our question is answered on it. */
async function rekeyBothWays(
  charon: Charon,
  ours: JsonProgram<OurEvent>,
  turns: readonly ("ours" | "charon")[],
): Promise<void> {
  for (const [index, turn] of turns.entries()) {
    if (turn === "ours") ours.command({ command: "rekey" });
    else assert.equal((await charon.rekey()).status, 0);
    const rekeyed = await eventually("our end was rekeyed", () => ours.eventsOf("ike-sa-rekeyed").at(index));
    assert.equal(rekeyed.byUs, turn === "ours");
    await eventually("charon has the new IKE SA alone, and the Child SA in it", async () => {
      const sas = await charon.sas();
      const [sa] = sas;
      return sas.length === 1 && sa.ike.get("initiator-spi") === rekeyed.spis.initiator &&
          sa.ike.get("responder-spi") === rekeyed.spis.responder && sa.ike.get("state") === "ESTABLISHED" &&
          sa.children.length === 1
        ? true
        : undefined;
    });
    ours.command({ command: "check-liveness" });
    await eventually(
      "charon answers on the new IKE SA",
      () => ours.eventsOf("peer-alive").find(({ spis }) => spis.initiator === rekeyed.spis.initiator),
    );
  }
  assert.deepEqual(ours.eventsOf("ike-sa-down"), []);
}
