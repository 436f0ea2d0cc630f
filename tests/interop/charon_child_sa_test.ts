/**
 * Child SAs are rekeyed, made and deleted between strongSwan's charon and both of our ends, by either, with and without perfect forward secrecy.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Charon } from "./charon.ts";
import { eventually } from "./command.ts";
import type { JsonProgram } from "./json_program.ts";
import type { ChildSaTexts, OurEvent } from "./our_event.ts";
import type { OurLifeOptions } from "./our_options.ts";
import type { OurRole } from "./peer_cases.ts";
import { peerTest } from "./peer_proof.ts";
import type { Scene } from "./scene.ts";
import { CBC_P256, GCM_X25519, type Suite } from "./suites.ts";

interface Case {
  readonly name: string;
  readonly suite: Suite;
  /** charon's ESP proposal, and ours. */
  readonly theirs: string;
  readonly ours: string;
}

const CASES: readonly Case[] = [
  {
    name: "AES-GCM-256 with PFS over Curve25519",
    suite: GCM_X25519,
    theirs: "aes256gcm16-curve25519",
    ours: "aes256gcm16-x25519",
  },
  { name: "AES-CBC-256 with PFS over P-256", suite: CBC_P256, theirs: "aes256-sha256-ecp256", ours: "aes256-sha256-ecp256" },
  { name: "AES-GCM-256 without PFS", suite: GCM_X25519, theirs: "aes256gcm16", ours: "aes256gcm16" },
];

for (const role of ["client", "gateway"] as const) {
  for (const one of CASES) {
    peerTest(
      `[C-4.1] [C-5.4] our ${role} and charon rekey a Child SA in turns, with ${one.name}`,
      { role, cases: ["rekey-child"], suite: { ...one.suite, esp: one.theirs } },
      async (scene) => {
        const { charon, ours, first } = await up(scene, role, one.suite, one.theirs, { esp: [one.ours] });
        let before = first;
        for (const [index, turn] of (["ours", "charon", "charon", "ours"] as const).entries()) {
          if (turn === "ours") ours.command({ command: "child-sa", kind: "rekey", inboundSpi: before.inboundSpi });
          else assert.equal((await charon.rekeyChild()).status, 0);
          const rekeyed = await eventually("our end was told", () => ours.eventsOf("child-sa-rekeyed").at(index));
          assert.deepEqual([rekeyed.byUs, rekeyed.isRedundant, rekeyed.old], [turn === "ours", false, before.inboundSpi]);
          await eventually("the old one is gone", () => ours.eventsOf("child-sa-down").at(index));
          await assertOnlyChild(charon, rekeyed.childSa);
          assertKeys(charon, rekeyed.childSa, turn === "ours");
          before = rekeyed.childSa;
        }
        assert.deepEqual(ours.eventsOf("ike-sa-down"), []);
      },
    );
  }

  peerTest(
    `[C-4.1] [C-5.7] our ${role} makes another Child SA with charon, and deletes it`,
    { role, cases: ["another-child"], suite: GCM_X25519 },
    async (scene) => {
      const { charon, ours, first } = await up(scene, role, GCM_X25519, "aes256gcm16", {});
      ours.command({ command: "child-sa", kind: "create", inboundSpi: first.inboundSpi });
      const second = await eventually("another is up", () => ours.eventsOf("child-sa-up").at(1)?.childSa);
      assertKeys(charon, second, true);
      await eventually("charon has both", async () => (await charon.sas())[0]?.children.length === 2 ? true : undefined);
      ours.command({ command: "child-sa", kind: "delete", inboundSpi: second.inboundSpi });
      await ours.event("child-sa-down");
      await assertOnlyChild(charon, first);
    },
  );
}

peerTest(
  "our client makes another Child SA where charon deletes it",
  { role: "client", cases: ["another-child"], suite: GCM_X25519 },
  async (scene) => {
    const { charon, ours, first } = await up(scene, "client", GCM_X25519, "aes256gcm16", {});
    assert.equal((await charon.deleteChild()).status, 0);
    assert.equal((await ours.event("child-sa-down")).inboundSpi, first.inboundSpi);
    const next = await eventually("another is up", () => ours.eventsOf("child-sa-up").at(1)?.childSa);
    await assertOnlyChild(charon, next);
  },
);

async function up(
  scene: Scene,
  role: OurRole,
  suite: Suite,
  espProposal: string,
  lives: OurLifeOptions,
): Promise<{ readonly charon: Charon; readonly ours: JsonProgram<OurEvent>; readonly first: ChildSaTexts }> {
  const pair = await scene.namespacePair();
  const gateway = role === "gateway" ? await scene.gateway(pair, lives) : undefined;
  const charon = await scene.charon(pair, { ...suite, esp: espProposal });
  const ours = gateway ?? scene.client(pair, lives);
  if (gateway) assert.equal((await charon.up()).status, 0);
  const { childSa: first } = await ours.event("child-sa-up");
  await assertOnlyChild(charon, first);
  return { charon, ours, first };
}

/** charon has one Child SA, and it is this one. */
async function assertOnlyChild(charon: Charon, { inboundSpi, outboundSpi }: ChildSaTexts): Promise<void> {
  await eventually("charon has this Child SA alone", async () => {
    const children = (await charon.sas()).flatMap((sa) => sa.children);
    const [child] = children;
    return children.length === 1 && child.get("spi-in") === spiText(outboundSpi) &&
        child.get("spi-out") === spiText(inboundSpi) &&
        child.get("state") === "INSTALLED"
      ? true
      : undefined;
  });
}

/** Keys go from the initiator of the exchange that made the Child SA to its responder, whoever began the IKE SA. */
function assertKeys(charon: Charon, { inbound, outbound }: ChildSaTexts, weInitiated: boolean): void {
  const [fromInitiator, fromResponder] = weInitiated ? [outbound, inbound] : [inbound, outbound];
  assert.deepEqual(charon.childKeys(), {
    "encryption initiator": fromInitiator.encryptionKey,
    "encryption responder": fromResponder.encryptionKey,
    "integrity initiator": fromInitiator.integrityKey,
    "integrity responder": fromResponder.integrityKey,
  });
}

function spiText(spi: number): string {
  return (spi >>> 0).toString(16).padStart(8, "0");
}
