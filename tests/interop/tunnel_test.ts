/**
 * The keys of a Child SA carry traffic: charon's user-space ESP delivers a datagram that was sealed with ours, and what it seals
 * opens with ours.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { eventually } from "./command.ts";
import { openEsp, sealEsp } from "./esp.ts";
import { decodeInnerDatagram, encodeInnerDatagram } from "./inner_datagram.ts";
import type { JsonProgram } from "./json_program.ts";
import type { NamespacePair } from "./namespaces.ts";
import { espDirection, type OurEvent } from "./our_event.ts";
import { peerTest } from "./peer_proof.ts";
import type { Scene } from "./scene.ts";
import { CBC_P256, GCM_X25519 } from "./suites.ts";

const ENCAPSULATION_PORT = 4500;
const ECHO_PORT = 7007;
const OUR_INNER_PORT = 40_001;
const TEXT = "through the tunnel";

type EchoEvent =
  | { readonly type: "ready" }
  | { readonly type: "received"; readonly text: string; readonly address: string; readonly port: number };

peerTest(
  `[C-7.5] a datagram passes charon's tunnel both ways with the Child SA keys of our client, with ${GCM_X25519.name}`,
  { role: "client", cases: ["traffic"], suite: GCM_X25519 },
  async (scene) => {
    const pair = await scene.namespacePair();
    await scene.charon(pair, GCM_X25519);
    await assertTunnelCarries(scene, pair, scene.client(pair));
  },
);

peerTest(
  `[C-7.5] a datagram passes charon's tunnel both ways with the Child SA keys of our gateway, with ${CBC_P256.name}`,
  { role: "gateway", cases: ["traffic"], suite: CBC_P256 },
  async (scene) => {
    const pair = await scene.namespacePair();
    const gateway = await scene.gateway(pair);
    const charon = await scene.charon(pair, CBC_P256);
    assert.equal((await charon.up()).status, 0);
    await assertTunnelCarries(scene, pair, gateway);
  },
);

async function assertTunnelCarries(scene: Scene, pair: NamespacePair, ours: JsonProgram<OurEvent>): Promise<void> {
  const { theirs } = pair;
  const echo = scene.program<EchoEvent>("echo.ts", theirs.name, [theirs.innerAddress, `${ECHO_PORT}`]);
  await echo.event("ready");
  const { childSa } = await ours.event("child-sa-up");
  const sent = {
    source: pair.ours.innerAddress,
    sourcePort: OUR_INNER_PORT,
    destination: theirs.innerAddress,
    destinationPort: ECHO_PORT,
    text: TEXT,
  };

  const packet = sealEsp(espDirection(childSa, "outbound"), 1, encodeInnerDatagram(sent));
  scene.program("send_datagram.ts", pair.ours.name, [
    theirs.address,
    `${ENCAPSULATION_PORT}`,
    Buffer.from(packet).toString("hex"),
  ]);
  const delivered = await echo.event("received");
  assert.deepEqual(delivered, { type: "received", text: TEXT, address: sent.source, port: sent.sourcePort });

  const answer = await eventually("charon sends ESP to us", () => ours.eventsOf("other").find(({ kind }) => kind === "esp"));
  const inner = decodeInnerDatagram(openEsp(espDirection(childSa, "inbound"), Buffer.from(answer.octets, "hex")));
  assert.deepEqual(inner, {
    source: sent.destination,
    sourcePort: sent.destinationPort,
    destination: sent.source,
    destinationPort: sent.sourcePort,
    text: TEXT.toUpperCase(),
  });
}
