import assert from "node:assert/strict";
import { test } from "node:test";
import { parseIdentity, parseSelectors } from "../../../src/configuration/mod.ts";
import { notify } from "../../../src/ike/message/notify.ts";
import { responderConfiguration, type ResponderOptions } from "../../../src/ike/responder.ts";
import type { DownReason, Effect } from "../../../src/ike/states/effect.ts";
import { runWave } from "../../../src/ike/steps/wave.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import type { Identity } from "../../../src/ticket/identity.ts";
import { TicketKeyRing } from "../../../src/ticket/ticket_key_ring.ts";
import { NotifyType } from "../../../src/wire/constants.ts";
import type { Payload } from "../../../src/wire/payload.ts";
import { copyOf } from "../../simulation/coming_back.ts";
import { EapChallengeServer } from "../../simulation/eap_challenge.ts";
import { EAP_SECRET, eapClient, eapSimulation } from "../../simulation/eap_scene.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { decoded, notifyTypes } from "../../simulation/messages.ts";
import { SeededRandom } from "../../simulation/seeded_random.ts";
import { effectsOf, fqdn, PRESHARED_KEY, Simulation, START_EPOCH_SECONDS } from "../../simulation/simulation.ts";

const INITIAL_CONTACT = notify(NotifyType.INITIAL_CONTACT);
const ASK = notify(NotifyType.TICKET_REQUEST);
const WANTS_ADDRESS: Payload = {
  type: "CP",
  configurationType: 1,
  attributes: [{ attributeType: 1, value: new Uint8Array(0) }],
};
/** Where no other client is. */
const ELSEWHERE = "203.0.113.77";
const ALICE = fqdn("alice.example");

/** Clients that answer nothing unless a test has them answer. */
async function scene(gateway: Partial<ResponderOptions> = {}): Promise<{ simulation: Simulation; handmade: HandmadeClient }> {
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { livenessSeconds: 0, ...gateway } });
  return { simulation, handmade: new HandmadeClient(simulation) };
}

interface Came {
  readonly effects: readonly Effect[];
  readonly answer: readonly Payload[];
}

/** A full exchange of one that has proven itself. */
async function comes(handmade: HandmadeClient, initiatorId: Identity, ...add: Payload[]): Promise<Came> {
  const exchange = await handmade.init();
  const { effects, replies: [reply] } = await handmade.deliver(await handmade.authRequest(exchange, { initiatorId }, { add }));
  return { effects, answer: await handmade.open(exchange, reply) };
}

function reasonsOf(effects: readonly Effect[]): DownReason[] {
  return effectsOf(effects, "ike-sa-down").map(({ reason }) => reason);
}

function isUp({ effects }: Came): boolean {
  return effectsOf(effects, "ike-sa-up").length === 1;
}

test("[C-7.9] INITIAL_CONTACT ends the identity's other IKE SAs, once it is proven: their addresses are free, their tickets no good", async () => {
  const ranges = parseSelectors("10.9.0.1-10.9.0.2");
  const { simulation, handmade } = await scene({ innerAddresses: { ranges } });
  await comes(handmade, fqdn("bob.example"), WANTS_ADDRESS);
  const first = await comes(handmade, ALICE, WANTS_ADDRESS, ASK);
  const { ticket } = effectsOf(first.effects, "ticket-issued")[0];
  const again = await comes(handmade, fqdn("ALICE.example"), WANTS_ADDRESS, INITIAL_CONTACT);
  assert.deepEqual(reasonsOf(again.effects), ["initial-contact"]);
  assert.deepEqual(effectsOf(again.effects, "ike-sa-down")[0].spis, effectsOf(first.effects, "ike-sa-up")[0].spis);
  const types = again.effects.map(({ type }) => type);
  assert.ok(types.indexOf("ike-sa-down") < types.indexOf("ike-sa-up"), "the old one is told of before the new one");
  assert.equal(effectsOf(again.effects, "inner-address-assigned").length, 1);
  assert.deepEqual(effectsOf(again.effects, "ticket-revoked").map((revoked) => revoked.ticket), [ticket]);
  assert.deepEqual([simulation.gateway.establishedCount, simulation.gateway.retiredCount], [2, 1]);
  // The old one hears of it, should it be somewhere.
  await simulation.run(10);
  assert.equal(simulation.network.sent.length, 1);
  assert.equal(
    decoded(simulation.network.sent[0].octets).header.responderSpi,
    effectsOf(first.effects, "ike-sa-up")[0].spis.responderSpi,
  );
});

test("whoever varies the form of its distinguished name is one client all the same, and its tickets are taken back in any", async () => {
  const { simulation, handmade } = await scene({ uniqueIdentities: "replace" });
  const forms = ["CN=Eve Ott,C=CH", "CN=EVE  ott,C=ch", "CN=#1307657665206f7474,C=CH"].map((text) =>
    parseIdentity(`dn:${text}`)
  );
  const came: Came[] = [];
  for (const form of forms) came.push(await comes(handmade, form, ASK));
  assert.deepEqual(came.map(({ effects }) => reasonsOf(effects)), [[], ["replaced-by-newcomer"], ["replaced-by-newcomer"]]);
  assert.deepEqual(
    came.map(({ effects }) => effectsOf(effects, "ike-sa-up")[0].initiatorId),
    forms,
    "what was presented is what is told",
  );
  assert.equal(simulation.gateway.establishedCount, 1);
  const other = await comes(handmade, parseIdentity("dn:CN=Eva Ott,C=CH"));
  assert.deepEqual([reasonsOf(other.effects), simulation.gateway.establishedCount], [[], 2]);
  await simulation.actOnGateway(simulation.gateway.revokeIdentity(forms[0], simulation.now));
  assert.equal(effectsOf(simulation.gatewayEffects, "ticket-revoked").length, 1);
});

test("[C-7.9] INITIAL_CONTACT of one who cannot prove to be the identity ends nothing, and without it nothing ends", async () => {
  const { simulation, handmade } = await scene();
  await comes(handmade, ALICE);
  await comes(handmade, ALICE);
  const exchange = await handmade.init({}, new Uint8Array(32).fill(9));
  const { effects } = await handmade.deliver(
    await handmade.authRequest(exchange, { initiatorId: ALICE }, { add: [INITIAL_CONTACT] }),
  );
  assert.deepEqual(reasonsOf(effects), ["authentication-failed"]);
  assert.equal(simulation.gateway.establishedCount, 2);
});

test("[C-7.9] who came by EAP is known by the identity that EAP has authenticated, whatever IDi says", async () => {
  const random = new SeededRandom(7).octets;
  for (const [second, left] of [["alice", 1], ["bob", 2]] as const) {
    const authenticated = [ALICE, fqdn(`${second}.example`)];
    const methodFor = () => new EapChallengeServer({ secret: EAP_SECRET, random, identity: authenticated.shift() });
    const gateway = { uniqueIdentities: "replace", livenessSeconds: 0 } as const;
    const simulation = eapSimulation({ provider: await loadProvider("ts"), eap: { methodFor }, gateway });
    for (const device of ["one", "two"]) await eapClient(simulation, {}, { identity: fqdn(`${device}.example`) });
    await simulation.run(1_000);
    assert.equal(effectsOf(simulation.gatewayEffects, "ike-sa-up").length, 2);
    assert.equal(simulation.gateway.establishedCount, left);
  }
});

test("one device at a time: the newcomer takes the place of what is there, which hears of it, and does not come back by its ticket", async () => {
  const { simulation } = await scene({ uniqueIdentities: "replace" });
  const [one, two] = [simulation.addClient({ identity: ALICE }), simulation.addClient({ identity: ALICE })];
  await simulation.start(one);
  await simulation.run();
  const ticket = copyOf(one.ticket);
  await simulation.start(two);
  await simulation.run(1_000);
  assert.deepEqual(reasonsOf(simulation.gatewayEffects), ["replaced-by-newcomer"]);
  assert.deepEqual(reasonsOf(one.effects), ["deleted-by-peer"]);
  assert.deepEqual([simulation.gateway.establishedCount, simulation.gateway.retiredCount], [1, 0]);
  const again = new HandmadeClient(simulation);
  const { replies: [reply] } = await again.deliver(again.resumeRequest(ticket.ticket, new Uint8Array(32).fill(3)));
  assert.deepEqual(notifyTypes(reply.payloads), [NotifyType.TICKET_NACK]);
});

test("the first stays: a newcomer is refused, what is there is asked for a sign of life, and once it is gone the next one comes in", async () => {
  const { simulation, handmade } = await scene({ uniqueIdentities: "keep" });
  await comes(new HandmadeClient(simulation, ELSEWHERE), ALICE);
  const refused = await comes(handmade, ALICE, ASK);
  assert.deepEqual(notifyTypes(refused.answer), [NotifyType.AUTHENTICATION_FAILED, NotifyType.TICKET_NACK]);
  assert.deepEqual(reasonsOf(refused.effects), ["identity-in-use"]);
  assert.ok(isUp(await comes(handmade, fqdn("bob.example"))), "others are not concerned");
  await simulation.run(60_000);
  assert.deepEqual(reasonsOf(simulation.gatewayEffects), ["no-answer"]);
  assert.ok(isUp(await comes(handmade, ALICE)));
});

test("[C-5.2] where the first stays, a client proves itself anew beside the IKE SA that it has, and deletes that then", async () => {
  const { simulation } = await scene({ uniqueIdentities: "keep" });
  const client = simulation.addClient({ identity: ALICE });
  await simulation.start(client);
  await simulation.run();
  const anew = new HandmadeClient(simulation, client.address);
  assert.ok(!isUp(await comes(new HandmadeClient(simulation, ELSEWHERE), ALICE)), "another device of the identity's");
  assert.ok(isUp(await comes(anew, ALICE)));
  assert.ok(!isUp(await comes(anew, ALICE)), "a third one");
  assert.ok(!isUp(await comes(new HandmadeClient(simulation, ELSEWHERE), ALICE)));
  assert.equal(simulation.gateway.establishedCount, 2);
  await simulation.act(client, client.initiator.close(simulation.now));
  await simulation.run(1_000);
  assert.equal(simulation.gateway.establishedCount, 1);
  assert.ok(isUp(await comes(anew, ALICE)), "once more");
});

test("[C-5.2] one that was left behind by a client which proves itself anew is asked for a sign of life, and ends", async () => {
  const { simulation, handmade } = await scene({ uniqueIdentities: "keep" });
  await comes(handmade, ALICE);
  assert.ok(isUp(await comes(handmade, ALICE)));
  await simulation.run(60_000);
  assert.deepEqual(reasonsOf(simulation.gatewayEffects), ["no-answer"]);
  assert.equal(simulation.gateway.establishedCount, 1);
});

test("the first stays, but not beside one that says INITIAL_CONTACT, nor against the holder of its own ticket", async () => {
  const { simulation, handmade } = await scene({ uniqueIdentities: "keep" });
  await comes(handmade, ALICE);
  assert.ok(isUp(await comes(handmade, ALICE, INITIAL_CONTACT)));
  const client = simulation.addClient({ identity: fqdn("bob.example") });
  await simulation.start(client);
  await simulation.run();
  const again = simulation.addClient({ identity: fqdn("bob.example") }, client.ticket);
  await simulation.start(again);
  await simulation.run();
  assert.deepEqual(effectsOf(again.effects, "ike-sa-up").map(({ resumed }) => resumed), [true]);
  assert.equal(simulation.gateway.establishedCount, 2);
});

test("three devices: of a fourth's others the one that was silent for the longest time makes room, wherever it stands", async () => {
  const { simulation, handmade } = await scene({ uniqueIdentities: 3 });
  const devices = Array.from({ length: 3 }, () => simulation.addClient({ identity: ALICE }));
  for (const device of devices) {
    await simulation.start(device);
    await simulation.run(simulation.network.nowMs + 1_000);
  }
  for (const device of [devices[0], devices[2]]) {
    await simulation.act(device, device.initiator.checkLiveness(simulation.now));
    await simulation.run(simulation.network.nowMs + 1_000);
  }
  await comes(handmade, ALICE);
  await simulation.run(simulation.network.nowMs + 1_000);
  assert.deepEqual(devices.map(({ effects }) => reasonsOf(effects)), [[], ["deleted-by-peer"], []]);
  assert.equal(simulation.gateway.establishedCount, 3);
});

test("where an identity has several devices, INITIAL_CONTACT of one ends none that answers", async () => {
  const { simulation, handmade } = await scene({ uniqueIdentities: 5 });
  const alive = simulation.addClient({ identity: ALICE });
  await simulation.start(alive);
  await simulation.run();
  await comes(handmade, ALICE);
  await comes(handmade, ALICE, INITIAL_CONTACT);
  assert.equal(simulation.gateway.establishedCount, 3);
  await simulation.run(60_000);
  assert.deepEqual(reasonsOf(simulation.gatewayEffects), ["no-answer"]);
  assert.deepEqual([simulation.gateway.establishedCount, alive.initiator.waitsFor], [2, "requests"]);
});

test("two of one identity that come up in the same wave leave one behind, and both are told of", async () => {
  const { simulation, handmade } = await scene({ uniqueIdentities: "replace" });
  const requests: Uint8Array[] = [];
  for (let times = 0; times < 2; times++) {
    requests.push(await handmade.authRequest(await handmade.init(), { initiatorId: ALICE }));
  }
  const steps = requests.map((octets) => simulation.gateway.receive(handmade.datagram(octets), simulation.now));
  const effects = (await runWave(steps, simulation.services)).flat();
  assert.equal(effectsOf(effects, "ike-sa-up").length, 2);
  assert.deepEqual(reasonsOf(effects), ["replaced-by-newcomer"]);
  assert.deepEqual([simulation.gateway.establishedCount, simulation.gateway.retiredCount], [1, 1]);
});

test("an identity's place goes along when its IKE SA is rekeyed, and is free when that ends", async () => {
  const { simulation, handmade } = await scene({ uniqueIdentities: "keep" });
  const client = simulation.addClient({ identity: ALICE });
  await simulation.start(client);
  await simulation.run();
  await simulation.act(client, client.initiator.rekey(simulation.now));
  await simulation.run();
  assert.ok(!isUp(await comes(handmade, ALICE)));
  await simulation.act(client, client.initiator.close(simulation.now));
  await simulation.run();
  assert.ok(isUp(await comes(handmade, ALICE)));
});

test("at the limit of all IKE SAs no first message is answered, who is there resumes all the same, and there is room when one ends", async () => {
  const { simulation, handmade } = await scene({ ikeSaLimit: 2 });
  const clients = ["one", "two"].map((name) => simulation.addClient({ identity: fqdn(`${name}.example`) }));
  await simulation.start(...clients);
  await simulation.run();
  const { effects } = await handmade.deliver(await handmade.initRequest());
  assert.deepEqual(effects, [{ type: "dropped", reason: "ike-sa-limit" }]);
  const again = simulation.addClient({ identity: clients[0].ticket.initiatorId }, copyOf(clients[0].ticket));
  await simulation.start(again);
  await simulation.run();
  assert.deepEqual(effectsOf(again.effects, "ike-sa-up").map(({ resumed }) => resumed), [true]);
  await simulation.act(again, again.initiator.close(simulation.now));
  await simulation.run();
  assert.ok(isUp(await comes(handmade, ALICE)));
});

test("who began before the limit was met, and comes up after it, is refused; one that replaces its own IKE SA is not", async () => {
  const { simulation, handmade } = await scene({ ikeSaLimit: 2 });
  const [early, own] = [await handmade.init(), await handmade.init()];
  await comes(handmade, ALICE);
  await comes(handmade, fqdn("bob.example"));
  const { effects, answer } = await handmade.auth(early);
  assert.deepEqual([reasonsOf(effects), notifyTypes(answer)], [["ike-sa-limit"], [NotifyType.AUTHENTICATION_FAILED]]);
  const request = await handmade.authRequest(own, { initiatorId: ALICE }, { add: [INITIAL_CONTACT] });
  assert.deepEqual(reasonsOf((await handmade.deliver(request)).effects), ["initial-contact"]);
  // Of the one that has gone nothing is left: it would be one too many.
  assert.deepEqual([simulation.gateway.establishedCount, simulation.gateway.retiredCount], [2, 0]);
});

test("a ticket that is presented at the limit stays good when its client is refused", async () => {
  const { simulation, handmade } = await scene({ ikeSaLimit: 2 });
  const client = simulation.addClient({ identity: fqdn("gone.example") });
  await simulation.start(client);
  await simulation.run();
  const ticket = copyOf(client.ticket);
  simulation.restartGateway();
  await comes(handmade, ALICE);
  await comes(handmade, fqdn("bob.example"));
  const add = [ASK];
  const refused = await handmade.resume(copyOf(ticket));
  const { effects } = await handmade.deliver(await handmade.authRequest(refused, ticket, { add }));
  assert.deepEqual(reasonsOf(effects), ["ike-sa-limit"]);
  simulation.restartGateway();
  const accepted = await handmade.resume(copyOf(ticket));
  const later = await handmade.deliver(await handmade.authRequest(accepted, ticket, { add }));
  assert.equal(effectsOf(later.effects, "ike-sa-up").length, 1);
});

test("limits that are out of range are refused with what would be right", () => {
  const wrong: [Partial<ResponderOptions>, RegExp][] = [
    [{ ikeSaLimit: 0 }, /ikeSaLimit is 0, expected a whole number from 1 to 10000000/],
    [{ uniqueIdentities: 0 }, /uniqueIdentities is 0, expected a whole number from 1 to 1000000/],
    [{ livenessSeconds: -1 }, /livenessSeconds is -1, expected a whole number from 0 to 86400/],
    [{ livenessChecksPerSecond: 0 }, /livenessChecksPerSecond is 0, expected a whole number from 1 to 1000000/],
    [{ lifetimeJitter: NaN }, /lifetimeJitter is NaN, expected 0 to 0\.5/],
    [{ lifetimeJitter: 0.6 }, /lifetimeJitter is 0\.6, expected 0 to 0\.5/],
  ];
  const ticketKeys = TicketKeyRing.generate(new SeededRandom(1).octets, START_EPOCH_SECONDS);
  const required = { identity: fqdn("gateway.example"), presharedKeyOf: () => PRESHARED_KEY, ticketKeys };
  for (const [options, message] of wrong) {
    assert.throws(() => responderConfiguration({ ...required, ...options }), message);
  }
});
