/**
 * A NAT between charon and our ends gives the one behind it other ports, and then another address: the IKE SA goes on.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Charon } from "./charon.ts";
import { eventually } from "./command.ts";
import type { JsonProgram } from "./json_program.ts";
import type { Nat } from "./nat.ts";
import type { OurEvent } from "./our_event.ts";
import { peerTest } from "./peer_proof.ts";
import { CHARON_NEEDS } from "./scene.ts";
import { GCM_X25519 } from "./suites.ts";

const SEEN_AS = /parsed INFORMATIONAL response \d+ \[ N\(NATD_S_IP\) N\(NATD_D_IP\) \]/;
const ELSEWHERE = "10.99.0.77";
const NEEDS = [...CHARON_NEEDS, "nftables"] as const;

for (const mobike of [false, true]) {
  const cases = [mobike ? "nat-rebinding-mobike" : "nat-rebinding"] as const;
  const how = mobike ? "with MOBIKE" : "without MOBIKE";

  peerTest(
    `our client keeps its IKE SA with charon behind a NAT that rebinds, ${how}`,
    { role: "client", cases, suite: GCM_X25519, needs: NEEDS },
    async (scene) => {
      const { pair, nat } = await scene.nattedPair("ours");
      const charon = await scene.charon(pair, GCM_X25519, { mobike, remoteAddress: "%any" });
      const client = scene.client(pair, { mobike });
      await client.event("child-sa-up");
      await rebindTwice(nat, async () => {
        client.command({ command: "check-liveness" });
        await metAt(nat, async () => (await charon.sas())[0]?.ike);
      });
      assert.deepEqual(client.eventsOf("ike-sa-down"), []);
      await assertStillUp(charon, client);
    },
  );

  peerTest(
    `our gateway follows a charon behind a NAT that rebinds, ${how}`,
    { role: "gateway", cases, suite: GCM_X25519, needs: NEEDS },
    async (scene) => {
      const { pair, nat } = await scene.nattedPair("theirs");
      const gateway = await scene.gateway(pair);
      const charon = await scene.charon(pair, GCM_X25519, { mobike, livenessSeconds: 1 });
      const up = await charon.up();
      assert.equal(up.status, 0, up.stdout + up.stderr);
      if (mobike) await eventually("charon knows how our gateway sees it", () => SEEN_AS.test(charon.log()) ? true : undefined);
      let moves = 0;
      await rebindTwice(nat, async () => {
        const moved = await eventually("our gateway tells of it", () => gateway.eventsOf("peer-moved").at(moves));
        assert.equal(moved.remote, nat.address);
        moves++;
      });
      assert.deepEqual(gateway.eventsOf("ike-sa-down"), []);
      await assertStillUp(charon, gateway);
    },
  );
}

/** Other ports, then another address too. */
async function rebindTwice(nat: Nat, followed: () => Promise<void>): Promise<void> {
  await nat.rebind();
  await followed();
  await nat.rebind(ELSEWHERE);
  await followed();
}

/** charon sees the peer where the NAT has it now. */
async function metAt(nat: Nat, saOf: () => Promise<ReadonlyMap<string, string> | undefined>): Promise<void> {
  await eventually("charon follows", async () => {
    const sa = await saOf();
    const port = Number(sa?.get("remote-port"));
    return sa?.get("remote-host") === nat.address && port >= nat.firstPort ? true : undefined;
  });
}

/** Each reaches the other by what the NAT has now. */
async function assertStillUp(charon: Charon, ours: JsonProgram<OurEvent>): Promise<void> {
  await checkLiveness(ours);
  assert.equal((await charon.rekeyChild()).status, 0);
  await eventually("both have the same Child SA alone", async () => {
    const children = (await charon.sas()).flatMap((sa) => sa.children);
    const { childSa } = ours.eventsOf("child-sa-rekeyed").at(-1) ?? {};
    return children.length === 1 && children[0].get("spi-in") === childSa?.outboundSpi.toString(16).padStart(8, "0")
      ? true
      : undefined;
  });
}

async function checkLiveness(ours: JsonProgram<OurEvent>): Promise<void> {
  const before = ours.eventsOf("peer-alive").length;
  ours.command({ command: "check-liveness" });
  await eventually("charon answers", () => ours.eventsOf("peer-alive").length > before ? true : undefined);
}
