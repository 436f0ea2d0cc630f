import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createTsProvider } from "../../../src/crypto/ts/provider.ts";
import { loadRadius, type RadiusOptions, type RadiusServer } from "../../../src/eap/mod.ts";
import { identityOfNai } from "../../../src/ike/authentication/eap/nai.ts";
import type { InitiatorOptions } from "../../../src/ike/initiator.ts";
import { Responder, responderConfiguration } from "../../../src/ike/responder.ts";
import type { Identity } from "../../../src/ticket/identity.ts";
import { assertSameKeys, comeBack, gatewayChildSa, resumptions } from "../../simulation/coming_back.ts";
import { type EapPeerMethod, MSK_LENGTH } from "../../../src/ike/authentication/eap/eap_method.ts";
import { effectsOf, fqdn, Simulation } from "../../simulation/simulation.ts";
import { vectorsPath } from "../../vectors/vectors.ts";
import {
  type Answering,
  answerOf,
  eapMessage,
  HandmadeRadius,
  hex,
  mppeKeys,
  type Pairs,
  type RadiusRequest,
  readRequest,
} from "./handmade_radius.ts";

const [USER_NAME, STATE, EAP_MESSAGE, MESSAGE_AUTHENTICATOR] = [1, 24, 79, 80];
const [ACCEPT, REJECT, CHALLENGE] = [2, 3, 11];
/** A method of two rounds: the client sends back what it is asked, twice. */
const METHOD = 255;
const MSK = Uint8Array.from({ length: MSK_LENGTH }, (_, index) => index + 1);
/** Longer than a busy machine takes for an answer: requests are counted. */
const PATIENCE = { firstWaitMs: 500, tries: 2 } as const;

test("a client whose EAP a server of RADIUS speaks comes up by its key, is whom the server says, and resumes without it", async () => {
  const server = await HandmadeRadius.listen(speaks({ name: "alice@example.org" }));
  const scene = await sceneOf([server.known]);
  const client = await scene.start();
  assert.equal(client.initiator.waitsFor, "requests");
  assertSameKeys(client.childSa, gatewayChildSa(scene.simulation));
  const alice = identityOfNai("alice@example.org");
  assert.deepEqual(effectsOf(scene.simulation.gatewayEffects, "ike-sa-up")[0].eapIdentity, alice);
  assert.deepEqual(scene.admitted[0], [alice, METHOD]);

  assert.equal(server.requests.length, 3);
  for (const request of server.requests) {
    assert.equal(request.octets[0], 1);
    assert.ok(request.isAuthentic);
    // First, so that nobody can put a prefix before it.
    assert.equal(request.pairs[0][0], MESSAGE_AUTHENTICATOR);
    assert.equal(textOf(request.valueOf(USER_NAME)), "anonymous@example.org");
    assert.equal(textOf(request.valueOf(32)), "gateway.example");
  }
  assert.deepEqual(server.requests.map((request) => hex(request.valueOf(STATE))), ["", "01", "02"]);
  const authenticators = new Set(server.requests.map(({ authenticator }) => hex(authenticator)));
  assert.equal(authenticators.size, 3);

  const again = await comeBack(scene.simulation, client);
  assert.deepEqual(resumptions(again), [true]);
  assert.equal(server.requests.length, 3);
  for (const [asked] of scene.admitted) assert.deepEqual(asked, alice);
  scene.close(server);
});

test("where the server names nobody, a client is whom it has said to be when EAP asked", async () => {
  const server = await HandmadeRadius.listen(speaks({}));
  const scene = await sceneOf([server.known]);
  await scene.start();
  assert.equal(effectsOf(scene.simulation.gatewayEffects, "ike-sa-up").length, 1);
  assert.deepEqual(scene.admitted[0], [identityOfNai("anonymous@example.org"), METHOD]);
  scene.close(server);
});

test("a client is refused that the server rejects, or accepts without a key, without EAP, or with a Failure in it", async () => {
  const success = Uint8Array.of(3, 9, 0, 4);
  const ends: readonly Answering[] = [
    (_, answer) => [answer(REJECT, eapMessage(Uint8Array.of(4, 9, 0, 4)))],
    (_, answer) => [answer(REJECT, [])],
    (_, answer) => [answer(ACCEPT, eapMessage(success))],
    (request, answer) => [answer(ACCEPT, mppeKeys(MSK, request, SECRET))],
    (request, answer) => [answer(ACCEPT, [...eapMessage(Uint8Array.of(4, 9, 0, 4)), ...mppeKeys(MSK, request, SECRET)])],
    (request, answer) => [answer(ACCEPT, [...eapMessage(success), ...mppeKeys(MSK, request, SECRET, 24)])],
    (request, answer) => [answer(ACCEPT, [...eapMessage(success), ...mppeKeys(MSK, request, SECRET).slice(0, 1)])],
    (request, answer) => [
      answer(ACCEPT, [[USER_NAME, Uint8Array.of(0xff)], ...eapMessage(success), ...mppeKeys(MSK, request, SECRET)]),
    ],
    (_, answer) => [answer(CHALLENGE, [])],
    (_, answer) => [answer(CHALLENGE, eapMessage(Uint8Array.of(1, 9, 0, 200, METHOD)))],
    (_, answer) => [answer(CHALLENGE, eapMessage(success))],
    (_, answer) => [answer(5, [])],
  ];
  for (const [index, end] of ends.entries()) {
    const server = await HandmadeRadius.listen(speaks({ end }));
    const scene = await sceneOf([server.known]);
    const client = await scene.start();
    assert.equal(client.initiator.waitsFor, "nothing", `end ${index}`);
    assert.deepEqual(effectsOf(scene.simulation.gatewayEffects, "ike-sa-up"), [], `end ${index}`);
    assert.equal(effectsOf(scene.simulation.gatewayEffects, "authentication-failed").length, 1, `end ${index}`);
    scene.close(server);
  }
});

test("keys of 16 octets, as EAP-MSCHAPv2 makes them, are the first half of the MSK, and zeros the rest", async () => {
  const { readAnswer, accessRequest } = await import("../../../src/eap/radius/radius_packet.ts");
  const { masterSessionKey } = await import("../../../src/eap/radius/mppe_keys.ts");
  const made = accessRequest(9, new Uint8Array(16).fill(5), [], SECRET)!;
  const request = readRequest(made, SECRET);
  const accepted = (pairs: Pairs) => readAnswer(answerOf(request, ACCEPT, pairs, SECRET), made, SECRET)!;
  const msk = masterSessionKey(accepted(mppeKeys(MSK, request, SECRET, 16)), request.authenticator, SECRET);
  assert.deepEqual(msk, Uint8Array.of(...MSK.subarray(0, 32), ...new Uint8Array(32)));
  const [long] = mppeKeys(MSK, request, SECRET);
  const [, short] = mppeKeys(MSK, request, SECRET, 16);
  assert.equal(masterSessionKey(accepted([long, short]), request.authenticator, SECRET), undefined);
});

test("a server that accepts at once, before any method, lets nobody in", async () => {
  const server = await HandmadeRadius.listen((request, answer) => [accept(request, answer, {})]);
  const scene = await sceneOf([server.known]);
  await scene.start();
  assert.deepEqual(effectsOf(scene.simulation.gatewayEffects, "ike-sa-up"), []);
  scene.close(server);
});

test("answers that are not authentic are none, and the right one behind them counts", async () => {
  const forged: readonly ((right: Uint8Array) => Uint8Array)[] = [
    (right) => right.map((octet, index) => index === 4 ? octet ^ 1 : octet),
    (right) => right.map((octet, index) => index === right.length - 1 ? octet ^ 1 : octet),
    (right) => right.map((octet, index) => index === 0 ? ACCEPT : octet),
    (right) => right.map((octet, index) => index === 1 ? octet ^ 1 : octet),
    (right) => right.subarray(0, 19),
    (right) => right.subarray(0, right.length - 1),
    (right) => right.map((octet, index) => index === 21 ? 0 : octet),
    () => new Uint8Array(0),
    () => new Uint8Array(5_000),
  ];
  const honest = speaks({ name: "alice" });
  const server = await HandmadeRadius.listen((request, answer) => {
    const right = honest(request, answer);
    return [...forged.map((forge) => forge(right[0])), ...right];
  });
  const scene = await sceneOf([server.known]);
  assert.equal((await scene.start()).initiator.waitsFor, "requests");
  assert.equal(server.requests.length, 3);
  scene.close(server);
});

test("an answer without a Message-Authenticator is none, whatever else is right (CVE-2024-3596)", async () => {
  const { answerWithout } = await import("./without_authenticator.ts");
  const server = await HandmadeRadius.listen((request) => [
    answerWithout(request, ACCEPT, [...eapMessage(Uint8Array.of(3, 1, 0, 4)), ...mppeKeys(MSK, request, SECRET)], SECRET),
  ]);
  const scene = await sceneOf([server.known]);
  await scene.start();
  assert.deepEqual(effectsOf(scene.simulation.gatewayEffects, "ike-sa-up"), []);
  // It was asked again, as if nothing had come.
  assert.equal(server.requests.length, 2);
  assert.equal(hex(server.requests[0].octets), hex(server.requests[1].octets));
  scene.close(server);
});

test("an answer needs both authenticators, each right and one of each (RFC 2865, section 3; RFC 3579, section 3.2)", async () => {
  const { readAnswer, accessRequest } = await import("../../../src/eap/radius/radius_packet.ts");
  const made = accessRequest(9, new Uint8Array(16).fill(5), [], SECRET)!;
  const right = answerOf(readRequest(made, SECRET), ACCEPT, [[USER_NAME, Uint8Array.of(65)]], SECRET);
  const flipped = (offset: number) => right.map((octet, index) => index === offset ? octet ^ 1 : octet);
  /** The Response Authenticator made anew. */
  const signed = (packet: Uint8Array) => {
    const length = [packet.length >> 8, packet.length & 0xff];
    const body = packet.subarray(20);
    const head = Uint8Array.of(packet[0], packet[1], ...length);
    const octets = Uint8Array.of(...head, ...made.subarray(4, 20), ...body);
    return Uint8Array.of(...head, ...createHash("md5").update(octets).update(SECRET).digest(), ...body);
  };
  // With a second one, the first is made over both.
  const [first, second] = [right.subarray(-18), Uint8Array.of(MESSAGE_AUTHENTICATOR, 18, ...new Uint8Array(16))];
  const doubled = Uint8Array.of(right[0], right[1], 0, 38 + 18, ...made.subarray(4, 20), ...first, ...second);
  doubled.fill(0, 22, 38);
  doubled.set(createHmac("md5", SECRET).update(doubled).digest(), 22);
  assert.equal(readAnswer(right, made, SECRET)?.code, ACCEPT);
  assert.equal(readAnswer(signed(right), made, SECRET)?.code, ACCEPT);
  const wrong = [flipped(4), flipped(right.length - 1), signed(flipped(right.length - 1)), signed(doubled)];
  for (const [index, answer] of wrong.entries()) assert.equal(readAnswer(answer, made, SECRET), undefined, `answer ${index}`);
});

test("a request that is lost is sent again as it was, and a server that is silent is passed over by the next clients", async () => {
  const honest = speaks({ name: "alice" });
  let count = 0;
  const silent = await HandmadeRadius.listen(() => []);
  const lossy = await HandmadeRadius.listen((request, answer) => count++ % 2 === 0 ? [] : honest(request, answer));
  const scene = await sceneOf([silent.known, lossy.known]);
  for (let time = 0; time < 2; time++) assert.equal((await scene.start()).initiator.waitsFor, "requests");
  assert.equal(silent.requests.length, PATIENCE.tries);
  assert.equal(lossy.requests.length, 12);
  assert.equal(hex(lossy.requests[0].octets), hex(lossy.requests[1].octets));
  scene.close(silent, lossy);
});

test("a conversation stays with the server that keeps its state, also where that one falls silent", async () => {
  const honest = speaks({ name: "alice" });
  const first = await HandmadeRadius.listen((request, answer) => {
    return request.valueOf(STATE).length === 0 ? honest(request, answer) : [];
  });
  const second = await HandmadeRadius.listen(honest);
  const scene = await sceneOf([first.known, second.known]);
  await scene.start();
  assert.deepEqual(effectsOf(scene.simulation.gatewayEffects, "ike-sa-up"), []);
  assert.deepEqual([first.requests.length, second.requests.length], [4, 0]);
  // The next client begins with the other one.
  assert.equal((await scene.start()).initiator.waitsFor, "requests");
  assert.deepEqual([first.requests.length, second.requests.length], [4, 3]);
  scene.close(first, second);
});

test("where no server answers a client is refused, and the owner is told why", async () => {
  const silent = await HandmadeRadius.listen(() => []);
  const scene = await sceneOf([silent.known]);
  const client = await scene.start();
  assert.equal(client.initiator.waitsFor, "nothing");
  assert.deepEqual(scene.faults, ["eap.method: Error: no server of RADIUS answers"]);
  scene.close(silent);
});

test("a client that says more than a packet of RADIUS holds is refused, and no server is blamed for it", async () => {
  const [first, second] = [await HandmadeRadius.listen(speaks({})), await HandmadeRadius.listen(speaks({}))];
  const scene = await sceneOf([first.known, second.known]);
  const client = await scene.start(new LongWindedPeer());
  assert.equal(client.initiator.waitsFor, "nothing");
  assert.deepEqual([first.requests.length, scene.faults], [1, []]);
  // The next client begins where all do.
  await scene.start();
  assert.deepEqual([first.requests.length, second.requests.length], [4, 0]);
  scene.close(first, second);
});

test("600 requests at once have identifiers of their own on several sockets, and each gets its own answer", async () => {
  const server = await HandmadeRadius.listen((request, answer) => {
    const user = request.valueOf(USER_NAME);
    return [answer(CHALLENGE, [...eapMessage(Uint8Array.of(1, 1, 0, 5 + user.length, METHOD, ...user)), [STATE, user]])];
  });
  const { RadiusClient } = await import("../../../src/eap/radius/radius_client.ts");
  const client = new RadiusClient({ servers: [server.known], nasIdentifier: "g", firstWaitMs: 2_000 });
  const names = Array.from({ length: 600 }, (_, index) => `user${index}`);
  const answers = await Promise.all(
    names.map((name) => client.ask([{ type: USER_NAME, value: new TextEncoder().encode(name) }])),
  );
  for (const [index, answered] of answers.entries()) {
    const state = answered!.answer.attributes.find(({ type }) => type === STATE)!;
    assert.equal(textOf(state.value), names[index]);
  }
  client.close();
  server.close();
});

test("what a server hands over is read by independent vectors: RFC 2865, section 7.1, and radius_packets.py", async () => {
  const { readAnswer, accessRequest } = await import("../../../src/eap/radius/radius_packet.ts");
  const { masterSessionKey } = await import("../../../src/eap/radius/mppe_keys.ts");
  const secret = new TextEncoder().encode("xyzzy5461");
  // RFC 2865, section 7.1: right, but without a Message-Authenticator.
  const request = octetsOf(
    "010000380f403f9473978057bd83d5cb98f4227a01066e656d6f02120dbe708d93d413ce3196e43f782a0aee0406c0a80110050600000003",
  );
  const answer = octetsOf("0200002686fe220e7624ba2a1005f6bf9b55e0b20606000000010f06000000000e06c0a80103");
  assert.equal(readAnswer(answer, request, secret), undefined);
  const vector = JSON.parse(readFileSync(vectorsPath("radius_packets.json")!, "utf8"));
  const made = accessRequest(vector.identifier, octetsOf(vector.authenticator), [
    { type: USER_NAME, value: new TextEncoder().encode("nemo") },
    { type: EAP_MESSAGE, value: octetsOf(vector.eap) },
  ], secret);
  assert.equal(hex(made!), vector.request);
  const read = readAnswer(octetsOf(vector.accept), made!, secret);
  assert.equal(hex(masterSessionKey(read!, octetsOf(vector.authenticator), secret)!), vector.msk);
  assert.equal(readAnswer(octetsOf(vector.accept), made!, new TextEncoder().encode("xyzzy5462")), undefined);
});

test("options out of range are refused, and what would be longer than a packet is not sent", async () => {
  const server = { host: "127.0.0.1", secret: SECRET };
  const wrong: readonly Partial<RadiusOptions>[] = [
    { servers: [] },
    { servers: [{ ...server, secret: new Uint8Array(0) }] },
    { servers: [{ ...server, port: 0 }] },
    { nasIdentifier: "" },
    { nasIdentifier: "x".repeat(254) },
    { firstWaitMs: 0 },
    { tries: 11 },
  ];
  for (const options of wrong) {
    await assert.rejects(loadRadius({ servers: [server], nasIdentifier: "g", ...options }), /^RangeError: RADIUS: /);
  }
  const { accessRequest, attributesOf } = await import("../../../src/eap/radius/radius_packet.ts");
  const long = attributesOf(EAP_MESSAGE, new Uint8Array(4_100));
  assert.equal(accessRequest(1, new Uint8Array(16), long, SECRET), undefined);
});

const SECRET = new TextEncoder().encode("a secret of RADIUS");

interface Speech {
  /** User-Name of the Access-Accept. */
  readonly name?: string;
  /** In the place of the Access-Accept. */
  readonly end?: Answering;
}

/** The server's method: two challenges, then Access-Accept. */
function speaks({ name, end }: Speech): Answering {
  return (request, answer) => {
    const [state] = request.valueOf(STATE);
    const eap = request.valueOf(EAP_MESSAGE);
    const round = state ?? 0;
    if (round > 0 && (eap[4] !== METHOD || eap[5] !== round)) return [answer(REJECT, [])];
    if (round === 2) return end ? end(request, answer) : [accept(request, answer, { name })];
    const challenge = Uint8Array.of(1, eap[1] + 1, 0, 6, METHOD, round + 1);
    return [answer(CHALLENGE, [...eapMessage(challenge), [STATE, Uint8Array.of(round + 1)]])];
  };
}

function accept(request: RadiusRequest, answer: Parameters<Answering>[1], { name }: Speech): Uint8Array {
  const eap = request.valueOf(EAP_MESSAGE);
  return answer(ACCEPT, [
    ...(name === undefined ? [] : [[USER_NAME, new TextEncoder().encode(name)] as const]),
    ...eapMessage(Uint8Array.of(3, eap[1], 0, 4)),
    ...mppeKeys(MSK, request, SECRET),
  ]);
}

/** The client's method. */
class EchoPeer implements EapPeerMethod {
  readonly type: number = METHOD;
  #rounds = 0;

  // deno-lint-ignore require-yield -- it waits for nothing.
  *respond(typeData: Uint8Array) {
    this.#rounds++;
    return typeData.slice();
  }

  finish() {
    return this.#rounds === 2 ? { msk: MSK.slice() } : undefined;
  }
}

class LongWindedPeer extends EchoPeer {
  // deno-lint-ignore require-yield -- it waits for nothing.
  override *respond() {
    return new Uint8Array(4_100);
  }
}

async function sceneOf(servers: readonly RadiusServer[]) {
  const radius = await loadRadius({ servers, nasIdentifier: "gateway.example", ...PATIENCE });
  const admitted: (readonly [Identity, number])[] = [];
  const faults: string[] = [];
  const simulation = new Simulation({ provider: createTsProvider() });
  simulation.gateway = new Responder(
    responderConfiguration({
      identity: fqdn("gateway.example"),
      ticketKeys: simulation.ticketKeys,
      eap: {
        methodFor: () => radius.relay(),
        admits: (identity, type) => admitted.push([identity, type]) > 0,
        askIdentity: true,
        eapOnly: [METHOD],
      },
    }),
    simulation.random.octets,
    { onHookFault: (hook, fault) => faults.push(`${hook}: ${fault}`) },
  );
  return {
    simulation,
    admitted,
    faults,
    start: async (peer: EapPeerMethod = new EchoPeer()) => {
      const eap: InitiatorOptions["eap"] = { method: () => peer, eapOnly: [METHOD] };
      const client = simulation.addClient({ identity: identityOfNai("anonymous@example.org"), presharedKey: undefined, eap });
      await simulation.start(client);
      await simulation.run();
      return client;
    },
    close: (...made: readonly HandmadeRadius[]) => {
      radius.close();
      for (const server of made) server.close();
    },
  };
}

function textOf(octets: Uint8Array): string {
  return new TextDecoder().decode(octets);
}

function octetsOf(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
