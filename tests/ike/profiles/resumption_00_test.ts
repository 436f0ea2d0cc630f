/**
 * draft-sheffer-ike-session-resumption-00, message by message, and AUTH beside node:crypto.
 */
import assert from "node:assert/strict";
import { createDecipheriv, createHmac } from "node:crypto";
import { test } from "node:test";
import { parseIkeProposal } from "../../../src/configuration/mod.ts";
import type { IkeSaKeys } from "../../../src/ike/ike_sa/ike_sa_keys.ts";
import { isChosenFrom, offerIke } from "../../../src/ike/ike_sa/proposals.ts";
import { RESUMPTION_00_NUMBERS } from "../../../src/ike/profiles/resumption_00.ts";
import type { InitiatorOptions } from "../../../src/ike/initiator.ts";
import { MemoryRevocations } from "../../../src/store/memory_revocations.ts";
import { ExchangeType, NotifyType } from "../../../src/wire/constants.ts";
import { decodePayloads, type Message } from "../../../src/wire/message.ts";
import type { Payload } from "../../../src/wire/payload.ts";
import { encodeIdentificationBody } from "../../../src/wire/payloads/identification.ts";
import { copyOf, resumptions } from "../../simulation/coming_back.ts";
import { decoded, notifiesOf } from "../../simulation/messages.ts";
import { presents, profileScene, refusals, RESUMPTION_00, returns, type Scene } from "../../simulation/profiles_scene.ts";
import { effectsOf, fqdn, GATEWAY_ADDRESS, type SimulatedClient } from "../../simulation/simulation.ts";

const SUITE = { ikeProposals: [parseIkeProposal("aes256gcm16-prfsha256-x25519")] };
const { ticket: TICKET, opaque, ack, nack } = RESUMPTION_00_NUMBERS;
const { IKE_SA_INIT, IKE_AUTH, CREATE_CHILD_SA } = ExchangeType;

interface Returned extends Scene {
  readonly again: SimulatedClient;
  /** What was sent since, in its order. */
  readonly messages: readonly Message[];
  readonly keys: IkeSaKeys;
}

/** A client that has come back; the keys of its IKE SA are known. */
async function returned(
  client: Partial<InitiatorOptions> = {},
  gateway: Parameters<typeof profileScene>[1] = {},
): Promise<Returned> {
  const scene = await profileScene(RESUMPTION_00, gateway, SUITE);
  const before = scene.simulation.network.sent.length;
  const again = await returns(scene, copyOf(scene.ticket), RESUMPTION_00, { ...SUITE, exposeKeys: true, ...client });
  const messages = scene.simulation.network.sent.slice(before).map(({ octets }) => decoded(octets));
  return { ...scene, again, messages, keys: effectsOf(again.effects, "ike-sa-keys")[0].keys };
}

const types = (payloads: readonly Payload[]) => payloads.map(({ type }) => type);
const subtypesOf = ({ payloads }: Message) => notifiesOf(payloads, TICKET).map(({ data }) => data[0]);

/** The payloads inside SK, by AES-256-GCM of node:crypto. */
function insideOf({ octets, payloads, header }: Message, { skEi, skEr }: IkeSaKeys): readonly Payload[] {
  const encrypted = payloads.find((payload) => payload.type === "SK");
  assert.ok(encrypted);
  const key = header.fromInitiator ? skEi : skEr;
  const iv = octets.subarray(encrypted.offset, encrypted.offset + 8);
  const decipher = createDecipheriv("aes-256-gcm", key.subarray(0, 32), Uint8Array.of(...key.subarray(32), ...iv));
  decipher.setAAD(octets.subarray(0, encrypted.offset));
  decipher.setAuthTag(octets.subarray(-16));
  const plaintext = Uint8Array.from([...decipher.update(octets.subarray(encrypted.offset + 8, -16)), ...decipher.final()]);
  const inside = decodePayloads(encrypted.firstPayload, plaintext.subarray(0, plaintext.length - 1 - plaintext.at(-1)!));
  assert.ok(inside.ok);
  return inside.value;
}

test("[A-3.2-1] [A-3.2-2] [A-3.3-1] HDR, SAi1, KEi, Ni, N(TICKET/Opaque) → HDR, SAr1, Nr, N(TICKET/Ack), without KE", async () => {
  const { messages: [request, response], ticket, again } = await returned();
  assert.deepEqual([request.header.exchangeType, response.header.exchangeType], [IKE_SA_INIT, IKE_SA_INIT]);
  assert.deepEqual(types(request.payloads).filter((type) => type !== "N"), ["SA", "KE", "Nonce"]);
  const [{ data }] = notifiesOf(request.payloads, TICKET);
  assert.equal(data[0], opaque);
  assert.deepEqual(data.slice(5), ticket.ticket);
  const lifetime = new DataView(data.buffer, data.byteOffset).getUint32(1);
  assert.ok(lifetime > 3_500 && lifetime <= 3_600);
  assert.deepEqual(types(response.payloads).filter((type) => type !== "N"), ["SA", "Nonce"]);
  assert.deepEqual(subtypesOf(response), [ack]);
  assert.deepEqual(resumptions(again), [true]);
});

test("[A-3.2-4] a stand-alone IKE_AUTH is SK {IDi, IDr, AUTH} and SK {IDr, AUTH}; the IKE SA has no Child SA, and may get one later", async () => {
  const { messages, keys, again, simulation } = await returned({ childless: true });
  const [, , request, response] = messages;
  assert.deepEqual(messages.map(({ header }) => header.exchangeType), [IKE_SA_INIT, IKE_SA_INIT, IKE_AUTH, IKE_AUTH]);
  assert.deepEqual(types(insideOf(request, keys)).filter((type) => type !== "N"), ["IDi", "IDr", "AUTH"]);
  assert.deepEqual(types(insideOf(response, keys)).filter((type) => type !== "N"), ["IDr", "AUTH"]);
  assert.deepEqual(effectsOf(again.effects, "child-sa-up"), []);
  const traffic = { localSelectors: [], remoteSelectors: [] };
  const { localSelectors, remoteSelectors } = effectsOf(simulation.clients[0].effects, "child-sa-up")[0].childSa;
  await simulation.act(
    again,
    again.initiator.orderChildSa(
      { kind: "create", traffic: { ...traffic, localSelectors, remoteSelectors }, request: 1 },
      simulation.now,
    ),
  );
  await simulation.run();
  assert.equal(effectsOf(again.effects, "child-sa-up").length + effectsOf(again.effects, "child-sa-failed").length, 1);
});

test("[A-3.2-5] IKE_AUTH in CREATE_CHILD_SA is SK {IDi, IDr, AUTH, SAi2, Ni2, TSi, TSr} and SK {IDr, AUTH, SAr2, Nr2, TSi, TSr}, with keys of these nonces", async () => {
  const { messages, keys, again } = await returned();
  const [, , request, response] = messages;
  assert.deepEqual(messages.map(({ header }) => header.exchangeType), [
    IKE_SA_INIT,
    IKE_SA_INIT,
    CREATE_CHILD_SA,
    CREATE_CHILD_SA,
  ]);
  const [asked, answered] = [insideOf(request, keys), insideOf(response, keys)];
  assert.deepEqual(types(asked).filter((type) => type !== "N").sort(), ["AUTH", "IDi", "IDr", "Nonce", "SA", "TSi", "TSr"]);
  assert.deepEqual(types(answered).filter((type) => type !== "N").sort(), ["AUTH", "IDr", "Nonce", "SA", "TSi", "TSr"]);
  const nonces = [asked, answered].map((payloads) => payloads.find((payload) => payload.type === "Nonce")!.nonce);
  // KEYMAT = prf+(SK_d, Ni2 | Nr2); the first key is the client's outbound one.
  const seed = Uint8Array.of(...nonces[0], ...nonces[1]);
  const t1 = createHmac("sha256", keys.skD).update(seed).update(Uint8Array.of(1)).digest();
  assert.deepEqual(again.childSa.outbound.encryptionKey.slice(0, 32), Uint8Array.from(t1));
});

test("[A-3.5-1] [A-3.4-2] AUTH is prf(SK_px, message | nonce of the other | prf(SK_px, own ID)) over the IKE_SA_INIT messages as they were, with the new IDr", async () => {
  const scene = await profileScene(RESUMPTION_00, {}, SUITE);
  const { simulation } = scene;
  simulation.restartGateway({ identity: fqdn("other.example") });
  const before = simulation.network.sent.length;
  const again = await returns(scene, copyOf(scene.ticket), RESUMPTION_00, {
    ...SUITE,
    exposeKeys: true,
    peerIdentity: fqdn("other.example"),
  });
  assert.deepEqual(resumptions(again), [true]);
  const { keys } = effectsOf(again.effects, "ike-sa-keys")[0];
  const [init, initAnswer, request, response] = simulation.network.sent.slice(before).map(({ octets }) => decoded(octets));
  const nonceOf = ({ payloads }: Message) => payloads.find((payload) => payload.type === "Nonce")!.nonce;
  const prf = (key: Uint8Array, ...data: Uint8Array[]) => {
    const hmac = createHmac("sha256", key);
    for (const part of data) hmac.update(part);
    return Uint8Array.from(hmac.digest());
  };
  const authOf = (message: Message, type: "IDi" | "IDr", real: Message, nonce: Uint8Array, skP: Uint8Array) => {
    const inside = insideOf(message, keys);
    const id = inside.find((payload) => payload.type === type)!;
    const auth = inside.find((payload) => payload.type === "AUTH")!;
    assert.ok(id.type === "IDi" || id.type === "IDr");
    assert.deepEqual(auth.data, prf(skP, real.octets, nonce, prf(skP, encodeIdentificationBody(id))));
    return id.identification;
  };
  authOf(request, "IDi", init, nonceOf(initAnswer), keys.skPi);
  const responderId = authOf(response, "IDr", initAnswer, nonceOf(init), keys.skPr);
  assert.deepEqual(responderId, fqdn("other.example").identification);
});

test("[A-3.4-3] the IKE SA has the ticket's algorithms and IDi, SPIs of its own, and message IDs from 0", async () => {
  const { messages, client, again, ticket } = await returned();
  const old = effectsOf(client.effects, "ike-sa-up")[0];
  const [up] = effectsOf(again.effects, "ike-sa-up");
  assert.notEqual(up.spis.initiatorSpi, old.spis.initiatorSpi);
  assert.notEqual(up.spis.responderSpi, old.spis.responderSpi);
  assert.deepEqual(messages.map(({ header }) => header.messageId), [0, 0, 1, 1]);
  assert.deepEqual(again.ticket.proposal, ticket.proposal);
  assert.deepEqual(up.initiatorId, ticket.initiatorId);
});

test("[A-3.2-8] SAr1 is the ticket's, whatever SAi1 offers first; a refused ticket's exchange is negotiated from SAi1 and KEi", async () => {
  const ikeProposals = [parseIkeProposal("aes128gcm16-prfsha384-ecp256"), ...SUITE.ikeProposals];
  const { messages: [request, response], ticket, again } = await returned({ ikeProposals });
  const [offered, chosen] = [request, response].map(({ payloads }) => payloads.find((payload) => payload.type === "SA")!);
  assert.deepEqual(offered.proposals, offerIke(ikeProposals));
  assert.ok(isChosenFrom(chosen.proposals, [ticket.proposal]));
  assert.deepEqual(resumptions(again), [true]);
  const scene = await profileScene(RESUMPTION_00, {}, SUITE);
  const used = copyOf(scene.ticket);
  await returns(scene, scene.ticket, RESUMPTION_00, SUITE);
  const before = scene.simulation.network.sent.length;
  const second = await returns(scene, used, RESUMPTION_00, { ikeProposals });
  const answer = decoded(scene.simulation.network.sent[before + 1].octets);
  assert.deepEqual(subtypesOf(answer), [nack]);
  const [refusal] = effectsOf(scene.simulation.gatewayEffects, "ticket-refused");
  assert.deepEqual([refusal.reason, refusal.profile], ["used", "resumption-00"]);
  assert.ok(answer.payloads.some(({ type }) => type === "KE"));
  assert.ok(isChosenFrom(answer.payloads.find((payload) => payload.type === "SA")!.proposals, offerIke([ikeProposals[0]])));
  assert.deepEqual(resumptions(second), [false]);
  assert.equal(scene.simulation.network.sent.slice(before).filter(({ octets }) => octets[18] === IKE_SA_INIT).length, 2);
});

test("[A-3.2-3] the answer of a gateway that does not know the ticket is that of a full exchange, with nothing of tickets in it", async () => {
  const scene = await profileScene(RESUMPTION_00, {}, SUITE);
  scene.simulation.restartGateway({
    profiles: [{ ...RESUMPTION_00, notifies: { ...RESUMPTION_00.notifies, presented: () => undefined } }],
  });
  const before = scene.simulation.network.sent.length;
  const again = await returns(scene, scene.ticket, RESUMPTION_00, SUITE);
  const [, answer] = scene.simulation.network.sent.slice(before).map(({ octets }) => decoded(octets));
  assert.deepEqual(subtypesOf(answer), []);
  assert.deepEqual(resumptions(again), [false]);
  assert.deepEqual(effectsOf(again.effects, "resumption-failed").map(({ reason }) => reason), ["nack"]);
});

test("[A-3.2-4] [A-3.2-7] a wrong AUTH ends the protocol, in either direction, and the old IKE SA and the ticket stay", async () => {
  const scene = await profileScene(RESUMPTION_00, {}, SUITE);
  const { simulation } = scene;
  const wrongSkD = scene.ticket.skD.slice();
  wrongSkD[0] ^= 1;
  const impostor = await returns(scene, { ...scene.ticket, skD: wrongSkD }, RESUMPTION_00, {
    ...SUITE,
    resumeAttempts: 2,
    refusalPatienceMs: 0,
  });
  assert.equal(resumptions(impostor).includes(true), false);
  assert.equal(
    effectsOf(simulation.gatewayEffects, "ike-sa-down").some(({ reason }) => reason === "replaced-by-resumption"),
    false,
  );
  const again = await returns(scene, copyOf(scene.ticket), RESUMPTION_00, SUITE);
  assert.deepEqual(resumptions(again), [true]);
});

test("[A-6.8-1] a cookie may be asked for on the modified IKE_SA_INIT, and comes back in front of it", async () => {
  const { messages, again } = await returned({}, { gateway: { cookieThreshold: 0 } });
  assert.deepEqual(resumptions(again), [true]);
  const [, challenge, second] = messages;
  const [{ data }] = notifiesOf(challenge.payloads, NotifyType.COOKIE);
  assert.deepEqual(second.payloads[0], { ...notifiesOf(challenge.payloads, NotifyType.COOKIE)[0], data });
  assert.deepEqual(subtypesOf(second), [opaque]);
});

test("[A-6.5-1] a ticket whose IKE SA ended at another gateway is refused where both have one Invalid Ticket List, and serves where policy keeps none", async () => {
  for (const keepsList of [true, false]) {
    const noList = { revocations: undefined as unknown as MemoryRevocations };
    const scene = await profileScene(RESUMPTION_00, keepsList ? {} : { services: noList }, SUITE);
    const { simulation, client } = scene;
    await simulation.act(client, client.initiator.close(simulation.now));
    await simulation.run();
    simulation.restartGateway();
    const again = await returns(scene, copyOf(scene.ticket), RESUMPTION_00, SUITE);
    assert.deepEqual(resumptions(again), [!keepsList]);
    assert.deepEqual(new Set(refusals(simulation)), new Set(keepsList ? ["revoked"] : []));
  }
});

test("[A-3.3-1] subtypes 5 to 127, and a notify without one, say nothing", async () => {
  const scene = await profileScene(RESUMPTION_00, {}, SUITE);
  const { simulation } = scene;
  simulation.network.interference = (datagram) => {
    if (datagram.remote.address === GATEWAY_ADDRESS || datagram.octets[18] !== IKE_SA_INIT) return datagram;
    const altered = datagram.octets.slice();
    // The answer's Ack becomes a reserved subtype: an answer without KE that accepts nothing is no answer.
    altered[altered.length - 1] = 5;
    return altered[altered.length - 2] === (TICKET & 0xff) ? [{ ...datagram, octets: altered }] : datagram;
  };
  const again = await presents(scene, scene.ticket, RESUMPTION_00, SUITE);
  await simulation.run(simulation.network.nowMs + 400);
  assert.deepEqual(resumptions(again), []);
  simulation.network.interference = (datagram) => datagram;
  await simulation.run();
  assert.deepEqual(resumptions(again), [true]);
});

test("a client that has a ticket may make a full exchange all the same", async () => {
  const scene = await profileScene(RESUMPTION_00, {}, SUITE);
  const again = scene.simulation.addClient({ profile: RESUMPTION_00, identity: scene.client.ticket.initiatorId, ...SUITE });
  await scene.simulation.start(again);
  await scene.simulation.run();
  assert.deepEqual(resumptions(again), [false]);
});
