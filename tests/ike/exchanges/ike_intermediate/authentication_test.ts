/** Every way to prove oneself covers the IKE_INTERMEDIATE exchanges before it (RFC 9242, section 3.3.2). @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseIkeProposal } from "../../../../src/configuration/mod.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { peekHeader } from "../../../../src/wire/header.ts";
import { certificateScene, tried } from "../../../certificates/scene.ts";
import { assertSameKeys, gatewayChildSa, resumptions } from "../../../simulation/coming_back.ts";
import { eapClient, eapSimulation } from "../../../simulation/eap_scene.ts";
import type { SimulatedClient, Simulation } from "../../../simulation/simulation.ts";

const HYBRID = { ikeProposals: [parseIkeProposal("aes256gcm16-prfsha384-x25519-ke1_mlkem768")] };

function assertUp(simulation: Simulation, client: SimulatedClient): void {
  assert.deepEqual(resumptions(client), [false]);
  assertSameKeys(client.childSa, gatewayChildSa(simulation));
  const first = simulation.network.sent.map(({ octets }) => peekHeader(octets)!).find(({ exchangeType }) =>
    exchangeType === 35
  );
  assert.equal(first?.messageId, 2);
}

test("a client comes up by EAP after an additional key exchange, in as many rounds as EAP takes", async () => {
  const simulation = eapSimulation({ provider: await loadProvider("ts"), gateway: HYBRID });
  assertUp(simulation, await eapClient(simulation, {}, HYBRID));
});

test("a client and a gateway prove themselves by certificates after an additional key exchange", async () => {
  const { simulation, client } = await tried(await certificateScene({ gateway: HYBRID, clientOptions: HYBRID }));
  assertUp(simulation, client);
});
