/**
 * Lifetimes of seconds at both ends, for a while; `deno task soak:interop` does it for longer.
 *
 * @module
 */
import assert from "node:assert/strict";
import { peerTest } from "./peer_proof.ts";
import { Soak, SOAK_SUITE } from "./soak.ts";

const SECONDS = 40;

for (const role of ["client", "gateway"] as const) {
  peerTest(
    `[C-5.11.3] our ${role} and charon rekey Child SA and IKE SA by themselves every few seconds, often at once: nothing is lost`,
    { role, cases: ["lives"], suite: SOAK_SUITE, timeoutMs: 1_000 * (SECONDS + 60) },
    async (scene) => {
      const soak = await Soak.begin(scene, role);
      await soak.run(SECONDS);
      const { childByUs, childByPeer, ikeByUs, ikeByPeer } = soak.counts;
      assert.ok(childByUs + childByPeer >= SECONDS / 5, `${childByUs} and ${childByPeer} rekeyings of a Child SA`);
      assert.ok(ikeByUs + ikeByPeer >= SECONDS / 10, `${ikeByUs} and ${ikeByPeer} rekeyings of the IKE SA`);
    },
  );
}
