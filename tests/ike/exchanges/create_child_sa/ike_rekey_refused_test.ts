import assert from "node:assert/strict";
import { test } from "node:test";
import { notify } from "../../../../src/ike/message/notify.ts";
import { defaultIkeProposals, offerIke } from "../../../../src/ike/ike_sa/proposals.ts";
import { ikeSpiOctets } from "../../../../src/ike/ike_sa/spi.ts";
import { generateKeyPair } from "../../../../src/ike/steps/step.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { ExchangeType, NotifyType } from "../../../../src/wire/constants.ts";
import type { Payload, Proposal } from "../../../../src/wire/payload.ts";
import { HandmadeClient } from "../../../simulation/handmade_client.ts";
import { offerRekey } from "../../../simulation/handmade_rekey.ts";
import { clientUp, handmadeUp } from "../../../simulation/handmade_up.ts";
import { notifiesOf, notifyTypes } from "../../../simulation/messages.ts";
import { effectsOf, Simulation } from "../../../simulation/simulation.ts";

import { assertAliveBothWays, newest } from "./rekeyed.ts";

test("an offer with nothing acceptable is refused, and the IKE SA goes on as it was, at both ends", async () => {
  const [aead, cbc] = defaultIkeProposals();
  const allowed = [aead];
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { ikeProposals: allowed } });
  const client = await simulation.clientWithTicket({ ikeProposals: [aead] });
  allowed[0] = cbc;
  const spis = newest(client);
  await simulation.act(client, client.initiator.rekey(simulation.now));
  await simulation.run();
  assert.deepEqual(effectsOf(client.effects, "ike-sa-rekey-failed"), [
    { type: "ike-sa-rekey-failed", spis, notifyType: NotifyType.NO_PROPOSAL_CHOSEN },
  ]);
  assert.equal(effectsOf(client.effects, "ticket-invalidated").length, 0);
  await assertAliveBothWays(simulation, client);
});

test("[C-5.12] an offer without a value, without a nonce, with a bad value or without an SPI is refused, and nothing is made", async () => {
  const pair = await new HandmadeClient(new Simulation({ provider: await loadProvider("ts") })).keyPair();
  const cases = [
    { changes: { omit: ["KE" as const] }, error: NotifyType.INVALID_SYNTAX },
    { changes: { omit: ["Nonce" as const] }, error: NotifyType.INVALID_SYNTAX },
    { changes: { publicValue: new Uint8Array(31) }, error: NotifyType.INVALID_SYNTAX },
    { changes: { publicValue: new Uint8Array(32) }, error: NotifyType.INVALID_SYNTAX },
    { changes: { proposals: offerIke(defaultIkeProposals()) }, error: NotifyType.NO_PROPOSAL_CHOSEN },
    { changes: { proposals: offerIke(defaultIkeProposals(), new Uint8Array(8)) }, error: NotifyType.INVALID_SYNTAX },
    { changes: { pair: { ...pair, group: 2 } }, error: NotifyType.INVALID_KE_PAYLOAD },
  ];
  for (const { changes, error } of cases) {
    const { simulation, handmade, exchange } = await handmadeUp();
    const { answer } = await offerRekey(handmade, exchange, 2, changes);
    assert.deepEqual(notifyTypes(answer), [error]);
    assert.equal(simulation.gateway.establishedCount, 1);
    if (error === NotifyType.INVALID_KE_PAYLOAD) {
      assert.deepEqual([...notifiesOf(answer, error)[0].data], [0, 31]);
    }
    // The same IKE SA takes a right one after it.
    const { made } = await offerRekey(handmade, exchange, 3);
    assert.ok(made);
  }
});

test("an answer that is none, or to something that was not offered, makes nothing of the client's offer, and the IKE SA goes on", async () => {
  const { simulation, client, gateway, answered } = await clientUp();
  const pair = await gateway.run(generateKeyPair(31));
  const [aead] = defaultIkeProposals();
  const [right] = offerIke([{
    ...aead,
    encryption: aead.encryption.slice(0, 1),
    prfs: aead.prfs.slice(0, 1),
    groups: aead.groups.filter(({ id }) => id === 31),
  }], ikeSpiOctets(0x9999n));
  const answer = (change: Partial<Proposal>, publicValue = pair.publicValue, nonce = new Uint8Array(32).fill(3)): Payload[] => [
    { type: "SA", proposals: [{ ...right, ...change }] },
    { type: "Nonce", nonce },
    { type: "KE", group: 31, keyExchangeData: publicValue },
  ];
  const wrong: readonly { readonly payloads: readonly Payload[]; readonly told?: number }[] = [
    { payloads: [] },
    { payloads: answer({}).slice(0, 2) },
    { payloads: answer({}).slice(1) },
    { payloads: answer({ spi: new Uint8Array(0) }) },
    { payloads: answer({ spi: new Uint8Array(8) }) },
    { payloads: answer({ transforms: right.transforms.slice(1) }) },
    { payloads: answer({ number: 9 }) },
    { payloads: answer({}, new Uint8Array(32)) },
    { payloads: answer({}, new Uint8Array(31)) },
    { payloads: [notify(NotifyType.INVALID_KE_PAYLOAD, Uint8Array.of(0, 2))], told: NotifyType.INVALID_KE_PAYLOAD },
    { payloads: [notify(NotifyType.INVALID_KE_PAYLOAD)], told: NotifyType.INVALID_KE_PAYLOAD },
    { payloads: [notify(NotifyType.TEMPORARY_FAILURE)], told: NotifyType.TEMPORARY_FAILURE },
  ];
  for (const [index, { payloads, told = NotifyType.INVALID_SYNTAX }] of wrong.entries()) {
    await simulation.act(client, client.initiator.rekey(simulation.now));
    const change = { exchangeType: ExchangeType.CREATE_CHILD_SA, messageId: 2 + index };
    const effects = await gateway.deliver(await gateway.seal(answered, payloads, change));
    assert.deepEqual(effectsOf(effects, "ike-sa-rekey-failed").map(({ notifyType }) => notifyType), [told], `case ${index}`);
    assert.deepEqual(client.initiator.ownSpis, [answered.spis.initiatorSpi]);
    assert.equal(client.initiator.deadline, undefined);
  }
  // An answer that nobody signed decides nothing; the right one then does.
  await simulation.act(client, client.initiator.rekey(simulation.now));
  const inClear = await gateway.answerInClear([notify(NotifyType.NO_PROPOSAL_CHOSEN)], { messageId: 2 + wrong.length });
  assert.deepEqual(inClear.map(({ type }) => type), ["dropped"]);
  const change = { exchangeType: ExchangeType.CREATE_CHILD_SA, messageId: 2 + wrong.length };
  const effects = await gateway.deliver(await gateway.seal(answered, answer({}), change));
  assert.equal(effectsOf(effects, "ike-sa-rekeyed").length, 1);
});
