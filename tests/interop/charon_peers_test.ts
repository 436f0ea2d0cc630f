/**
 * What strongSwan has beside the base protocol: inner addresses of both families, MOBIKE, IKE SAs without a Child SA.
 *
 * @module
 */
import assert from "node:assert/strict";
import { eventually, run } from "./command.ts";
import { peerTest } from "./peer_proof.ts";
import { GCM_X25519 } from "./suites.ts";

const ELSEWHERE = "10.99.0.77";

peerTest(
  "[C-6.5] charon gets an inner IPv4 and an inner IPv6 address of our gateway, and takes both",
  { role: "gateway", cases: ["inner-addresses"], suite: GCM_X25519 },
  async (scene) => {
    const pair = await scene.namespacePair();
    const gateway = await scene.gateway(pair, { innerAddresses: "10.9.0.0/24,fd00:9::/64" });
    const charon = await scene.charon(pair, GCM_X25519, { virtualAddresses: "0.0.0.0, ::" });
    // It leaves its machine's addresses as they are here, and so finds no route for its own ESP: what it says of that does not count.
    await charon.up();
    const { ipv4, ipv6 } = await gateway.event("inner-address-assigned");
    assert.deepEqual([ipv4, ipv6], ["10.9.0.1", "fd00:9::1"]);
    assert.match(charon.log(), /parsed IKE_AUTH response 1 \[ IDr AUTH CPRP\(ADDR ADDR6\) SA TSi TSr \]/);
    assert.match(charon.log(), /installing new virtual IP 10\.9\.0\.1/);
    assert.match(charon.log(), /installing new virtual IP fd00:9::1/);
  },
);

peerTest(
  "[C-6.5] our client gets an inner IPv4 and an inner IPv6 address of charon's pools",
  { role: "client", cases: ["inner-addresses"], suite: GCM_X25519 },
  async (scene) => {
    const pair = await scene.namespacePair();
    await scene.charon(pair, GCM_X25519, { pools: ["10.8.0.0/24", "fd00:8::/112"] });
    const client = scene.client(pair, { inner: true });
    const { ipv4, ipv6 } = await client.event("inner-address-assigned");
    assert.match(ipv4 ?? "", /^10\.8\.0\./);
    assert.match(ipv6 ?? "", /^fd00:8::/);
    await client.event("child-sa-up");
  },
);

peerTest("our client moves to another address, and charon follows (MOBIKE)", {
  role: "client",
  cases: ["mobike"],
  suite: GCM_X25519,
}, async (scene) => {
  const pair = await scene.namespacePair();
  const charon = await scene.charon(pair, GCM_X25519, { mobike: true });
  const client = scene.client(pair, { mobike: true });
  await client.event("ready");
  await run("ip", ["-n", pair.ours.name, "address", "add", `${ELSEWHERE}/24`, "dev", "veth0"]);
  client.command({ command: "move", address: ELSEWHERE });
  assert.equal((await client.event("moved")).moved, true);
  await eventually(
    "charon meets the client elsewhere",
    async () => (await charon.sas())[0]?.ike.get("remote-host") === ELSEWHERE ? true : undefined,
  );
  client.command({ command: "check-liveness" });
  await client.event("peer-alive");
});

peerTest(
  "charon moves to another address, and our gateway follows once it has met it there (MOBIKE)",
  { role: "gateway", cases: ["mobike"], suite: GCM_X25519 },
  async (scene) => {
    const pair = await scene.namespacePair();
    const gateway = await scene.gateway(pair);
    const charon = await scene.charon(pair, GCM_X25519, { mobike: true, localAddress: "%any" });
    const up = await charon.up();
    assert.equal(up.status, 0, up.stdout + up.stderr);
    await run("ip", ["-n", pair.theirs.name, "address", "add", `${ELSEWHERE}/24`, "dev", "veth0"]);
    await run("ip", ["-n", pair.theirs.name, "address", "delete", `${pair.theirs.address}/24`, "dev", "veth0"]);
    await run("ip", ["-n", pair.theirs.name, "address", "add", `${ELSEWHERE}/24`, "dev", "veth0"]).catch(() => {});
    assert.equal((await gateway.event("peer-moved")).remote, ELSEWHERE);
    gateway.command({ command: "check-liveness" });
    await gateway.event("peer-alive");
  },
);

peerTest(
  "charon comes up with our gateway without a Child SA",
  { role: "gateway", cases: ["childless"], suite: GCM_X25519 },
  async (scene) => {
    const pair = await scene.namespacePair();
    const gateway = await scene.gateway(pair);
    const charon = await scene.charon(pair, GCM_X25519, { childless: "force" });
    const up = await charon.upWithoutChild();
    assert.equal(up.status, 0, up.stdout + up.stderr);
    await gateway.event("ike-sa-up");
    assert.match(charon.log(), /N\(CHDLESS_SUP\)/);
    assert.deepEqual((await charon.sas())[0]?.children, []);
  },
);

peerTest(
  "our client comes up with charon without a Child SA",
  { role: "client", cases: ["childless"], suite: GCM_X25519 },
  async (scene) => {
    const pair = await scene.namespacePair();
    const charon = await scene.charon(pair, GCM_X25519, { childless: "allow" });
    const client = scene.client(pair, { childless: true });
    await client.event("ready");
    assert.deepEqual((await charon.sas())[0]?.children, []);
  },
);
