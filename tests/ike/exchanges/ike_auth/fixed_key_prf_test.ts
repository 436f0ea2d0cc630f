/**
 * Pseudorandom functions whose key has a fixed size: nobody is to use them with shared keys, or with EAP (RFC 4718, sections 3.7 and
 * 3.8).
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PRF_ALGORITHMS } from "../../../../src/crypto/registry.ts";
import { defaultIkeProposals, offerIke } from "../../../../src/ike/ike_sa/proposals.ts";
import { findPayload } from "../../../../src/ike/message/notify.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { NotifyType, TransformType } from "../../../../src/wire/constants.ts";
import type { Proposal, Transform } from "../../../../src/wire/payload.ts";
import { HandmadeClient } from "../../../simulation/handmade_client.ts";
import { HandmadeGateway } from "../../../simulation/handmade_gateway.ts";
import { notifyTypes } from "../../../simulation/messages.ts";
import { effectsOf, Simulation } from "../../../simulation/simulation.ts";

/** PRF_AES128_XCBC and PRF_AES128_CMAC, and the older MD5 and Tiger. */
const NOT_CARRIED = [4, 8, 1, 3];

function withPrfs({ transforms, ...rest }: Proposal, prfs: readonly number[]): Proposal {
  const others = transforms.filter(({ transformType }) => transformType !== TransformType.PRF);
  const offered = prfs.map((transformId): Transform => ({ transformType: TransformType.PRF, transformId, attributes: [] }));
  return { ...rest, transforms: [...others, ...offered] };
}

test("[C-3.7] [C-3.8] a gateway chooses no prf whose key has a fixed size, and another one where that is offered beside it", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const handmade = new HandmadeClient(simulation);
  const [offer] = offerIke(defaultIkeProposals());
  for (const prf of NOT_CARRIED) {
    const { replies: [refusal] } = await handmade.deliver(await handmade.initRequest({ proposals: [withPrfs(offer, [prf])] }));
    assert.deepEqual(notifyTypes(refusal.payloads), [NotifyType.NO_PROPOSAL_CHOSEN]);
    const { replies: [answer] } = await handmade.deliver(
      await handmade.initRequest({ proposals: [withPrfs(offer, [prf, 6])] }),
    );
    const { transforms } = findPayload(answer.payloads, "SA")!.proposals[0];
    assert.deepEqual(
      transforms.filter(({ transformType }) => transformType === TransformType.PRF).map(({ transformId }) => transformId),
      [6],
    );
  }
});

test("[C-3.7] [C-3.8] a client offers no such prf, and an answer with one leads to no IKE_AUTH", async () => {
  for (const prf of NOT_CARRIED) {
    const simulation = new Simulation({ provider: await loadProvider("ts") });
    const client = simulation.addClient();
    const gateway = new HandmadeGateway(simulation, client);
    await simulation.start(client);
    for (const { transforms } of findPayload(gateway.received.payloads, "SA")!.proposals) {
      assert.ok(
        transforms.every(({ transformType, transformId }) => transformType !== TransformType.PRF || transformId !== prf),
      );
    }
    const { response } = await gateway.initAnswer({ proposals: (chosen) => [withPrfs(chosen, [prf])] });
    const effects = await gateway.deliver(response);
    assert.deepEqual(effects, [{ type: "dropped", reason: "not-offered" }]);
  }
});

test("[C-3.7] every prf that is carried is an HMAC, whose key may have any length: a shared key serves as it is", async () => {
  assert.ok(PRF_ALGORITHMS.every(({ name }) => name.startsWith("PRF-HMAC-")));
  for (const length of [1, 16, 63, 64, 65, 200]) {
    const presharedKey = new Uint8Array(length).fill(0x61);
    for (const [other, isUp] of [[presharedKey, true], [new Uint8Array(length + 1).fill(0x61), false]] as const) {
      const simulation = new Simulation({
        provider: await loadProvider("ts"),
        gateway: { presharedKeyOf: () => presharedKey },
      });
      const client = simulation.addClient({ presharedKey: other });
      await simulation.start(client);
      await simulation.run();
      assert.equal(effectsOf(client.effects, "ike-sa-up").length, isUp ? 1 : 0, `${length} octets`);
    }
  }
});
