import assert from "node:assert/strict";
import { test } from "node:test";
import { initiatorConfiguration } from "../../../../src/ike/initiator.ts";
import { findPayload, notify } from "../../../../src/ike/message/notify.ts";
import { responderConfiguration } from "../../../../src/ike/responder.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { TicketKeyRing } from "../../../../src/ticket/ticket_key_ring.ts";
import { ExchangeType, NotifyType } from "../../../../src/wire/constants.ts";
import type { Payload } from "../../../../src/wire/payload.ts";
import { assertSameKeys, comeBack, gatewayChildSa, resumptions } from "../../../simulation/coming_back.ts";
import { EapChallengePeer, EapChallengeServer } from "../../../simulation/eap_challenge.ts";
import { byEap, EAP_SECRET, eapClient, type EapSceneOptions, eapSimulation } from "../../../simulation/eap_scene.ts";
import { HANDMADE_IDENTITY, HandmadeClient, type HandmadeExchange } from "../../../simulation/handmade_client.ts";
import { HandmadeGateway } from "../../../simulation/handmade_gateway.ts";
import { decoded, notifyTypes } from "../../../simulation/messages.ts";
import { SeededRandom } from "../../../simulation/seeded_random.ts";
import { effectsOf, fqdn, PRESHARED_KEY, Simulation } from "../../../simulation/simulation.ts";
import { testEveryProvider } from "../../every_provider.ts";

const EAP_FAILURE = 4;

testEveryProvider(
  "[R-4.2-2] [C-3.10] by EAP of several rounds a client comes up with a ticket, message IDs rise by one, and the ticket resumes",
  async (provider) => {
    const simulation = eapSimulation({ provider, server: { rounds: 3 } });
    const client = await eapClient(simulation, { rounds: 3 });
    assert.equal(client.initiator.waitsFor, "requests");
    assertSameKeys(client.childSa, gatewayChildSa(simulation));
    const headers = simulation.network.sent.map(({ octets }) => decoded(octets).header);
    assert.deepEqual(headers.map(({ messageId }) => messageId), [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
    assert.ok(headers.slice(2).every(({ exchangeType }) => exchangeType === ExchangeType.IKE_AUTH));

    // Numbers go on from where they are, at both ends.
    await simulation.act(client, client.initiator.checkLiveness(simulation.now));
    await simulation.run();
    assert.equal(decoded(simulation.network.sent.at(-1)!.octets).header.messageId, 6);
    const again = await comeBack(simulation, client);
    assert.deepEqual(resumptions(again), [true]);
    assertSameKeys(again.childSa, gatewayChildSa(simulation));
  },
);

test("[R-4.2-2] the request for a ticket stands in the first IKE_AUTH request, its answer in the last response alone", async () => {
  const { simulation, handmade, exchange } = await withHandmade();
  const answers: Payload[][] = [];
  await eapRounds(handmade, exchange, answers, { first: [notify(NotifyType.TICKET_REQUEST)] });
  assert.deepEqual(answers.map((answer) => answer.map(({ type }) => type)), [
    ["IDr", "AUTH", "EAP"],
    ["EAP"],
    ["EAP"],
    ["AUTH", "SA", "TSi", "TSr", "N"],
  ]);
  assert.deepEqual(notifyTypes(answers[3]), [NotifyType.TICKET_LT_OPAQUE]);
  assert.equal(effectsOf(simulation.gatewayEffects, "ticket-issued").length, 0);
});

test("[R-4.2-2] a request for a ticket in a later message of IKE_AUTH is not answered", async () => {
  const { handmade, exchange } = await withHandmade();
  const answers: Payload[][] = [];
  await eapRounds(handmade, exchange, answers, { later: [notify(NotifyType.TICKET_REQUEST)] });
  assert.equal(answers.length, 4);
  assert.deepEqual(answers.flatMap(notifyTypes), []);
});

test("[R-4.2-2] [R-4.1-7] whatever the answer is, TICKET_NACK too, it stands in the last response, also where that is a refusal", async () => {
  const refused = await withHandmade({ gateway: { issueTickets: false } });
  const answers: Payload[][] = [];
  await eapRounds(refused.handmade, refused.exchange, answers, { first: [notify(NotifyType.TICKET_REQUEST)] });
  assert.deepEqual(answers.map(notifyTypes), [[], [], [], [NotifyType.TICKET_NACK]]);

  const { handmade, exchange } = await withHandmade({ server: { secret: new Uint8Array(9), rounds: 2 } });
  const failed: Payload[][] = [];
  await eapRounds(handmade, exchange, failed, { first: [notify(NotifyType.TICKET_REQUEST)] });
  assert.equal(failed.length, 2);
  assert.equal(findPayload(failed[1], "EAP")?.message[0], EAP_FAILURE);
  assert.deepEqual(notifyTypes(failed[1]), [NotifyType.TICKET_NACK]);
});

test("[R-4.2-2] a ticket in a response before the last one is not taken", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const client = simulation.addClient(byEap());
  const gateway = new HandmadeGateway(simulation, client);
  await simulation.start(client);
  const answered = await gateway.answerInit();
  const ticket = notify(NotifyType.TICKET_LT_OPAQUE, new Uint8Array(64).fill(1));
  const request: Payload = { type: "EAP", message: Uint8Array.of(1, 7, 0, 21, 255, ...new Uint8Array(16)) };
  const effects = await gateway.deliver(
    await gateway.seal(answered, [...await gateway.proof(answered), request, ticket]),
  );
  assert.deepEqual(effects.map(({ type }) => type), ["send"]);
  const response = findPayload(await gateway.open(answered, gateway.received), "EAP");
  assert.deepEqual([...response!.message.subarray(0, 5)], [2, 7, 0, 37, 255]);
  assert.equal(gateway.received.header.messageId, 2);
});

test("a repeated message gets the identical answer in every round, and the method is not asked twice", async () => {
  const { simulation, handmade, exchange } = await withHandmade();
  const answers: Payload[][] = [];
  await eapRounds(handmade, exchange, answers, { twice: true });
  assert.equal(answers.length, 4);
  assert.equal(simulation.gateway.establishedCount, 1);
});

test("[C-3.10] in every round a message under another number is dropped, and so is one that is not authentic", async () => {
  const { handmade, exchange } = await withHandmade();
  await handmade.deliver(await handmade.authRequest(exchange, undefined, { omit: ["AUTH"] }));
  for (const messageId of [0, 1, 3, 4, 0xffff_ffff]) {
    const octets = await handmade.seal(exchange, [], messageId, { exchangeType: ExchangeType.IKE_AUTH });
    assert.deepEqual((await handmade.deliver(octets)).effects, [{ type: "dropped", reason: "message-id-outside-window" }]);
  }
  const garbage = (await handmade.seal(exchange, [], 2, { exchangeType: ExchangeType.IKE_AUTH })).map((octet, index) =>
    index < 40 ? octet : octet ^ 1
  );
  assert.deepEqual((await handmade.deliver(garbage)).effects, [{ type: "dropped", reason: "not-authentic" }]);
  const informational = await handmade.seal(exchange, [], 2);
  assert.deepEqual((await handmade.deliver(informational)).effects, [{ type: "dropped", reason: "unexpected-exchange" }]);
});

test("a lossy network that doubles and reorders only makes EAP slower", async () => {
  const provider = await loadProvider("ts");
  for (let seed = 1; seed <= 10; seed++) {
    const simulation = eapSimulation({ provider, server: { rounds: 4 }, seed });
    simulation.network.conditions = { loss: 0.2, duplication: 0.2, minimumDelayMs: 1, maximumDelayMs: 80 };
    const client = await eapClient(simulation, { rounds: 4 }, {
      retransmission: { initialMs: 500, factor: 1.5, maximumMs: 4_000, attempts: 12, jitter: 0 },
    });
    assert.equal(client.initiator.waitsFor, "requests", `seed ${seed}`);
    assert.equal(simulation.gateway.establishedCount, 1);
  }
});

test("who does not know the method's secret does not come in, on either side", async () => {
  const provider = await loadProvider("ts");
  const wrongClient = eapSimulation({ provider });
  const refused = await eapClient(wrongClient, { secret: new Uint8Array(9) });
  assert.deepEqual(effectsOf(refused.effects, "ike-sa-down").map(({ reason }) => reason), ["authentication-failed"]);
  assert.deepEqual(effectsOf(wrongClient.gatewayEffects, "ike-sa-up"), []);
  const [{ method, claimedId, remote }] = effectsOf(wrongClient.gatewayEffects, "authentication-failed");
  assert.deepEqual([method, claimedId, remote.address], ["eap", fqdn("client1.example"), refused.address]);
  assert.equal(wrongClient.gateway.establishedCount, 0);

  // A gateway that knows the shared key, but lets anyone in by EAP, has not the method's key.
  const wrongGateway = eapSimulation({ provider, server: { rounds: 1 } });
  const client = await eapClient(wrongGateway, { rounds: 2 });
  assert.deepEqual(effectsOf(client.effects, "ike-sa-down").map(({ reason }) => reason), ["authentication-failed"]);
  assert.deepEqual(effectsOf(client.effects, "ike-sa-up"), []);
});

test("a gateway that does not prove itself first gets no answer to its EAP request", async () => {
  const simulation = eapSimulation({
    provider: await loadProvider("ts"),
    eap: { gatewayKey: fqdn("another key of enough bits").identification },
  });
  const client = await eapClient(simulation);
  assert.deepEqual(effectsOf(client.effects, "ike-sa-down").map(({ reason }) => reason), ["authentication-failed"]);
  assert.equal(simulation.network.sent.length, 4);
});

testEveryProvider(
  "a method that makes no key serves only where both ends say so, with AUTH by SK_pi and SK_pr",
  async (provider) => {
    const cases = [
      { gateway: true, client: true, up: true },
      { gateway: false, client: true, up: false },
      { gateway: true, client: false, up: false },
    ];
    for (const { gateway, client: clientAccepts, up } of cases) {
      const simulation = eapSimulation({ provider, server: { makesKey: false }, eap: { acceptMethodWithoutKey: gateway } });
      const client = await eapClient(simulation, {}, byEap({ makesKey: false }, { acceptMethodWithoutKey: clientAccepts }));
      assert.equal(client.initiator.waitsFor === "requests", up);
      assert.equal(simulation.gateway.establishedCount, up ? 1 : 0);
    }
  },
);

test("a method that goes on for more rounds than are allowed fails, at either end", async () => {
  const provider = await loadProvider("ts");
  const atGateway = eapSimulation({ provider, server: { rounds: 9 }, eap: { maximumRounds: 3 } });
  const client = await eapClient(atGateway, { rounds: 9 });
  assert.equal(client.initiator.waitsFor, "nothing");
  assert.equal(atGateway.network.sent.length, 2 + 2 * 4);

  const atClient = eapSimulation({ provider, server: { rounds: 9 } });
  const patient = await eapClient(atClient, {}, byEap({ rounds: 9 }, { maximumRounds: 3 }));
  assert.equal(patient.initiator.waitsFor, "nothing");
  assert.equal(atClient.gateway.establishedCount, 0);
});

test("EAP is only begun where the gateway has it for that client, never after IKE_SESSION_RESUME, and not beside AUTH", async () => {
  const { handmade, exchange } = await withHandmade({ eap: { methodFor: () => undefined } });
  const none = await handmade.auth(exchange, { omit: ["AUTH"] });
  assert.deepEqual(none.answer, [notify(NotifyType.AUTHENTICATION_FAILED)]);

  const simulation = eapSimulation({ provider: await loadProvider("ts") });
  const { ticket } = await eapClient(simulation);
  const resuming = new HandmadeClient(simulation);
  const resumed = await resuming.resume(ticket);
  const request = await resuming.authRequest(resumed, ticket, { omit: ["AUTH"] });
  const { replies: [reply] } = await resuming.deliver(request);
  assert.deepEqual(await resuming.open(resumed, reply), [notify(NotifyType.AUTHENTICATION_FAILED)]);

  const beside = await resuming.init();
  const { answer } = await resuming.auth(beside);
  assert.deepEqual(answer, [notify(NotifyType.AUTHENTICATION_FAILED)]);
});

test("an IKE SA with EAP under way is half-open: it counts, and is gone when its time is over", async () => {
  const { simulation, handmade, exchange } = await withHandmade({ gateway: { halfOpenLimit: 1 } });
  await handmade.deliver(await handmade.authRequest(exchange, undefined, { omit: ["AUTH"] }));
  assert.equal(simulation.gateway.halfOpenCount, 1);
  await handmade.deliver(await handmade.initRequest());
  assert.equal(simulation.gateway.halfOpenCount, 1);
  await simulation.run(31_000);
  assert.equal(simulation.gateway.halfOpenCount, 0);
  // The first is told when the key pair is no longer shared.
  assert.deepEqual(effectsOf(simulation.gatewayEffects, "half-open-ended"), [
    { type: "half-open-ended", expired: 0, evicted: 1 },
    { type: "half-open-ended", expired: 1, evicted: 0 },
  ]);
});

test("an answer that is none fails EAP: another code, identifier or type, Nak, or no EAP at all", async () => {
  const wrong: ((request: Uint8Array) => Payload[])[] = [
    (request) => [{ type: "EAP", message: Uint8Array.of(1, request[1], 0, 6, 255, 0) }],
    (request) => [{ type: "EAP", message: Uint8Array.of(2, request[1] ^ 1, 0, 6, 255, 0) }],
    (request) => [{ type: "EAP", message: Uint8Array.of(2, request[1], 0, 6, 3, 4) }],
    (request) => [{ type: "EAP", message: Uint8Array.of(2, request[1], 0, 6, 1, 65) }],
    (request) => [{ type: "EAP", message: Uint8Array.of(2, request[1], 0, 4) }],
    () => [{ type: "EAP", message: Uint8Array.of(9, 9, 0, 4) }],
    () => [],
    () => [{ type: "V", vendorId: new Uint8Array(4) }],
  ];
  for (const answer of wrong) {
    const { simulation, handmade, exchange } = await withHandmade();
    const { answer: first } = await handmade.auth(exchange, { omit: ["AUTH"] });
    const payloads = answer(findPayload(first, "EAP")!.message);
    const octets = await handmade.seal(exchange, payloads, 2, { exchangeType: ExchangeType.IKE_AUTH });
    const { replies: [reply], effects } = await handmade.deliver(octets);
    const refusal = await handmade.open(exchange, reply);
    const isFailure = findPayload(refusal, "EAP")?.message[0] === EAP_FAILURE;
    assert.ok(isFailure || notifyTypes(refusal)[0] === NotifyType.AUTHENTICATION_FAILED);
    assert.deepEqual(effectsOf(effects, "ike-sa-down").map(({ reason }) => reason), ["authentication-failed"]);
    assert.equal(simulation.gateway.establishedCount, 0);
    assert.deepEqual((await handmade.deliver(octets)).replies[0].octets, reply.octets);
  }
});

test("AUTH before Success, or with another key after it, is refused", async () => {
  const early = await withHandmade();
  await early.handmade.auth(early.exchange, { omit: ["AUTH"] });
  const auth: Payload = { type: "AUTH", method: 2, data: new Uint8Array(32) };
  const octets = await early.handmade.seal(early.exchange, [auth], 2, { exchangeType: ExchangeType.IKE_AUTH });
  const { replies: [reply] } = await early.handmade.deliver(octets);
  assert.deepEqual(await early.handmade.open(early.exchange, reply), [notify(NotifyType.AUTHENTICATION_FAILED)]);

  const { simulation, handmade, exchange } = await withHandmade();
  const answers: Payload[][] = [];
  await eapRounds(handmade, exchange, answers, { msk: new Uint8Array(64) });
  assert.deepEqual(answers.at(-1), [notify(NotifyType.AUTHENTICATION_FAILED)]);
  assert.equal(simulation.gateway.establishedCount, 0);
});

test("a client answers an Identity Request with IDi, a Notification with none, another method with Nak, and Success too early with nothing", async () => {
  const cases = [
    { request: [1, 3, 0, 5, 1], response: [2, 3, 0, 20, 1, ...new TextEncoder().encode("client1.example")] },
    { request: [1, 4, 0, 7, 2, 72, 105], response: [2, 4, 0, 5, 2] },
    { request: [1, 5, 0, 6, 4, 0], response: [2, 5, 0, 6, 3, 255] },
    { request: [1, 6, 0, 6, 255, 0], response: undefined },
    { request: [3, 6, 0, 4], response: undefined },
    { request: [4, 6, 0, 4], response: undefined },
    { request: [2, 6, 0, 5, 255], response: undefined },
  ];
  for (const { request, response } of cases) {
    const simulation = new Simulation({ provider: await loadProvider("ts") });
    const client = simulation.addClient(byEap());
    const gateway = new HandmadeGateway(simulation, client);
    await simulation.start(client);
    const answered = await gateway.answerInit();
    const message: Payload = { type: "EAP", message: Uint8Array.from(request) };
    await gateway.deliver(await gateway.seal(answered, [...await gateway.proof(answered), message]));
    assert.equal(client.initiator.waitsFor, response ? "IKE_AUTH response" : "nothing");
    if (response) {
      assert.deepEqual([...findPayload(await gateway.open(answered, gateway.received), "EAP")!.message], response);
    }
  }
});

test("the method's key is wiped at both ends once IKE_AUTH is over, however it ends", async () => {
  const provider = await loadProvider("ts");
  for (const { peerRounds, up } of [{ peerRounds: 1, up: true }, { peerRounds: 2, up: false }]) {
    const keys: Uint8Array[] = [];
    const random = new SeededRandom(3).octets;
    const simulation = eapSimulation({
      provider,
      eap: {
        methodFor: () => {
          const server = new EapChallengeServer({ secret: EAP_SECRET, random, rounds: 1 });
          return {
            type: server.type,
            begin: () => server.begin(),
            *respond(typeData) {
              const outcome = yield* server.respond(typeData);
              if (outcome.kind === "success" && outcome.msk) keys.push(outcome.msk);
              return outcome;
            },
          };
        },
      },
    });
    const peer = new EapChallengePeer({ secret: EAP_SECRET, rounds: peerRounds });
    const method = () => ({
      type: peer.type,
      respond: (typeData: Uint8Array) => peer.respond(typeData),
      finish: () => {
        const finished = peer.finish();
        if (finished?.msk) keys.push(finished.msk);
        return finished;
      },
    });
    const client = await eapClient(simulation, {}, { eap: { method } });
    assert.equal(client.initiator.waitsFor === "requests", up);
    await simulation.run(31_000);
    assert.equal(keys.length, up ? 2 : 1);
    for (const key of keys) assert.deepEqual(key, new Uint8Array(64));
  }
});

test("limits that make no sense are refused", () => {
  const gateway = {
    identity: fqdn("gateway.example"),
    presharedKeyOf: () => PRESHARED_KEY,
    ticketKeys: TicketKeyRing.generate((length) => new Uint8Array(length).fill(7), 0),
    eap: { methodFor: () => undefined, admits: () => true, gatewayKey: PRESHARED_KEY, exposeGatewayKeyToOfflineGuessing: true },
  };
  for (const maximumRounds of [0, 101, 1.5, NaN]) {
    assert.throws(() => responderConfiguration({ ...gateway, eap: { ...gateway.eap, maximumRounds } }), /EAP: maximumRounds/);
    const identity = fqdn("a.example");
    assert.throws(
      () => initiatorConfiguration({ identity, presharedKey: PRESHARED_KEY, ...byEap({}, { maximumRounds }) }),
      /EAP: maximumRounds/,
    );
  }
});

async function withHandmade(options: Omit<EapSceneOptions, "provider"> = {}) {
  const simulation = eapSimulation({ provider: await loadProvider("ts"), server: { rounds: 2 }, ...options });
  const handmade = new HandmadeClient(simulation);
  return { simulation, handmade, exchange: await handmade.init() };
}

interface RoundChanges {
  /** In the first request, and in every later one. */
  readonly first?: readonly Payload[];
  readonly later?: readonly Payload[];
  /** Sends every message twice, and expects the same answer. */
  readonly twice?: boolean;
  /** Instead of the method's. */
  readonly msk?: Uint8Array;
}

/** Goes through EAP by hand until there is no more to say; `answers` are the payloads of each response. */
async function eapRounds(
  handmade: HandmadeClient,
  exchange: HandmadeExchange,
  answers: Payload[][],
  { first = [], later = [], twice = false, msk }: RoundChanges,
): Promise<void> {
  const peer = byEap({ rounds: 2 }).eap!.method();
  let request = await handmade.authRequest(exchange, undefined, { omit: ["AUTH"], add: first });
  for (let messageId = 2; messageId < 10; messageId++) {
    const { replies: [reply] } = await handmade.deliver(request);
    if (twice) assert.deepEqual((await handmade.deliver(request)).replies[0].octets, reply.octets);
    assert.equal(reply.header.messageId, messageId - 1);
    const answer = [...await handmade.open(exchange, reply)];
    answers.push(answer);
    const eap = findPayload(answer, "EAP")?.message;
    if (eap === undefined || eap[0] === EAP_FAILURE) return;
    const payloads: Payload[] = [...later];
    if (eap[0] === 1) {
      const typeData = await handmade.run(peer.respond(eap.subarray(5)));
      const message = Uint8Array.of(2, eap[1], 0, 5 + typeData!.length, 255, ...typeData!);
      payloads.push({ type: "EAP", message });
    } else {
      const key = msk ?? peer.finish()!.msk!;
      const credential = { kind: "shared-key", presharedKey: key } as const;
      const right = await handmade.authPayloads({ ...exchange, credential }, HANDMADE_IDENTITY);
      payloads.push(findPayload(right, "AUTH")!);
    }
    request = await handmade.seal(exchange, payloads, messageId, { exchangeType: ExchangeType.IKE_AUTH });
  }
  assert.fail("EAP goes on and on");
}
