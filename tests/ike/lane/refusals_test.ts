import assert from "node:assert/strict";
import { test } from "node:test";
import type { RandomSource } from "../../../src/crypto/key_exchange.ts";
import { PRF_HMAC_SHA2_512 } from "../../../src/crypto/registry.ts";
import { addressRangeSelector, anyIpv4Selector, anyIpv6Selector } from "../../../src/ike/child_sa/traffic_selectors.ts";
import { defaultIkeProposals } from "../../../src/ike/ike_sa/proposals.ts";
import { notify } from "../../../src/ike/message/notify.ts";
import type { InitiatorOptions } from "../../../src/ike/policy/initiator_configuration.ts";
import type { Effect } from "../../../src/ike/states/effect.ts";
import type { WaveServices } from "../../../src/ike/steps/wave.ts";
import { loadKeyExchange, loadProvider } from "../../../src/providers/mod.ts";
import type { ClientTicket } from "../../../src/ticket/client_ticket.ts";
import { ticketIdOf } from "../../../src/ticket/ticket_by_value.ts";
import { NotifyType } from "../../../src/wire/constants.ts";
import type { Payload } from "../../../src/wire/payload.ts";
import { copyOf } from "../../simulation/coming_back.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { SeededRandom } from "../../simulation/seeded_random.ts";
import { effectsOf, fqdn, PRESHARED_KEY, START_EPOCH_SECONDS } from "../../simulation/simulation.ts";
import { type OneGateway, TwoGateways, type TwoGatewaysOptions } from "./two_gateways.ts";
import { Crowd } from "./waves.ts";

const provider = await loadProvider("wasm");
const keyExchange = await loadKeyExchange();
const LATER = START_EPOCH_SECONDS + 100_000;

test("[R-4.3.1-2] [R-9.8-1] a ticket that was used or taken back elsewhere before it is presented is refused by the lane, and its store asked once", async () => {
  for (const reason of ["used", "revoked"] as const) {
    let asked = 0;
    const scene = await resumingAt({
      services: (services) => ({
        ...services,
        claims: {
          claim: (batch) => services.claims.claim(batch),
          isClaimed: (batch) => {
            asked += batch.length;
            return services.claims.isClaimed(batch);
          },
        },
      }),
    });
    if (reason === "used") await useElsewhere(scene);
    else await revokeElsewhere(scene);
    assert.deepEqual(reasonsOf(await present(scene)), [reason]);
    assert.equal(asked, GATEWAYS);
    assert.deepEqual(reasonsOf(await present(scene)), [reason]);
    assert.equal(asked, GATEWAYS);
  }
});

test("[R-4.3.1-2] [R-9.8-1] a ticket that was used or taken back elsewhere after it was presented lets nobody in by the lane", async () => {
  for (const act of [useElsewhere, revokeElsewhere]) {
    const scene = await resumingAt();
    const exchange = await scene.handmade.resume(scene.ticket);
    await act(scene);
    const effects = await authenticate(scene, exchange);
    assert.deepEqual(effectsOf(effects, "ike-sa-down").map(({ reason }) => reason), ["authentication-failed"]);
    assert.equal(effectsOf(effects, "ike-sa-up").length, 0);
  }
});

test("[R-4.3.1-2] a ticket by reference is used up in the lane, also where the client asks for no other", async () => {
  const scene = await resumingAt({ gateway: () => ({ ticketKind: "reference" }) });
  const effects = await authenticate(scene, await scene.handmade.resume(scene.ticket));
  assert.equal(effectsOf(effects, "ike-sa-up").length, 1);
  assert.deepEqual(reasonsOf(await present(scene)), ["no-state"]);
});

test("a store that cannot tell, or tells too little, lets nobody in by the lane, and no ticket is lost", async () => {
  for (const answer of [[], ["unknown"]] as const) {
    for (const store of ["claims", "revocations"] as const) {
      let isDown = true;
      const scene = await resumingAt({ services: (services) => telling(services, store, () => isDown ? answer : undefined) });
      assert.deepEqual(reasonsOf(await present(scene)), ["store-down"]);
      isDown = false;
      const exchange = await scene.handmade.resume(scene.ticket);
      isDown = true;
      const effects = await authenticate(scene, exchange);
      assert.deepEqual(effectsOf(effects, "ike-sa-down").map(({ reason }) => reason), ["store-down"]);
      assert.equal(effectsOf(effects, "ike-sa-up").length, 0);
    }
  }
});

test("[R-4.3.1-2] a ticket is claimed in the name of the responder's SPI, by lane and steps alike: no client chooses in whose", async () => {
  const claimants: (bigint | undefined)[] = [];
  const scene = await resumingAt({
    services: (services) => ({
      ...services,
      claims: {
        isClaimed: (batch) => services.claims.isClaimed(batch),
        claim(batch) {
          claimants.push(...batch.map(({ claimant }) => claimant));
          return services.claims.claim(batch);
        },
      },
    }),
  });
  const effects = await authenticate(scene, await scene.handmade.resume(scene.ticket));
  const [{ spis }] = effectsOf(effects, "ike-sa-up");
  assert.deepEqual(claimants, Array.from({ length: GATEWAYS }, () => spis.responderSpi));
});

test("where clients are to wait for the store, IKE_AUTH is not answered while it cannot tell, in the lane, and the same message brings the IKE SA up", async () => {
  let isDown = false;
  const { gateways, handmade, ticket } = await resumingAt({
    gateway: () => ({ waitForStore: true }),
    services: (services) => telling(services, "claims", () => isDown ? ["unknown"] : undefined),
  });
  const request = await handmade.authRequest(await handmade.resume(ticket), ticket);
  isDown = true;
  const before = gateways.taken;
  for (let time = 0; time < 3; time++) {
    assert.deepEqual((await handmade.deliver(request)).effects, [{ type: "dropped", reason: "store-down" }]);
  }
  assert.equal(gateways.taken - before, 1, "its keys are there from the first time on, so that the steps have it");
  isDown = false;
  const { effects } = await handmade.deliver(request);
  assert.equal(effectsOf(effects, "ike-sa-up").length, 1);
});

test("a nonce that is too short for the wire, or for the prf of the ticket, is refused by lane and steps alike", async () => {
  const proposals = defaultIkeProposals().slice(0, 1).map((one) => ({ ...one, prfs: [PRF_HMAC_SHA2_512] }));
  const scene = await resumingAt({}, { ikeProposals: proposals });
  assert.deepEqual(reasonsOf(await present(scene, { nonceLength: 31 })), ["nonce-too-short"]);
  const before = scene.gateways.taken;
  const request = scene.handmade.resumeRequest(scene.ticket.ticket, new Uint8Array(16));
  // Ni is first: one octet of it less.
  const short = Uint8Array.of(...request.subarray(0, 47), ...request.subarray(48));
  const view = new DataView(short.buffer);
  view.setUint16(30, 19);
  view.setUint32(24, short.length);
  const { effects } = await scene.handmade.deliver(short);
  assert.equal(scene.gateways.taken, before);
  assert.equal(effectsOf(effects, "ticket-refused").length, 1);
  assert.equal((await present(scene, { nonceLength: 32 })).some(({ type }) => type === "ticket-refused"), false);
});

test("what policy, the algorithms, the shared key or the SPIs have against a ticket is said by the lane as by the steps", async () => {
  let isKnown = true;
  let key = PRESHARED_KEY;
  const ofKeys = await resumingAt({ gateway: () => ({ presharedKeyOf: () => isKnown ? key : undefined }) });
  key = PRESHARED_KEY.with(0, PRESHARED_KEY[0] ^ 1);
  assert.deepEqual(reasonsOf(await present(ofKeys)), ["credential-changed"]);
  isKnown = false;
  assert.deepEqual(reasonsOf(await present(ofKeys)), ["identity-unknown"]);

  let mayResume = true;
  const ofPolicy = await resumingAt({ gateway: () => ({ authorizeResumption: () => mayResume }) });
  mayResume = false;
  assert.deepEqual(reasonsOf(await present(ofPolicy)), ["not-authorized"]);

  // Issued by a gateway with the same ticket keys: no store here knows the ticket.
  const ticketOfAnother = (await resumingAt({}, {}, 2)).another!;
  const ofIdentity = await resumingAt();
  await ofIdentity.gateways.perform((responder, now) => responder.revokeIdentity(ticketOfAnother.initiatorId, now));
  assert.deepEqual(reasonsOf(await present({ ...ofIdentity, ticket: ticketOfAnother })), ["revoked"]);

  const ofSpis = await resumingAt();
  const { initiatorSpi, responderSpi } = ofSpis.spis;
  for (const spi of [initiatorSpi, responderSpi]) {
    assert.deepEqual(reasonsOf(await present(ofSpis, { initiatorSpi: spi })), ["spi-reused"]);
  }
  ofSpis.gateways.nowMs += 4_000_000;
  assert.deepEqual(reasonsOf(await present(ofSpis)), ["expired"]);

  const [aead, cbc] = defaultIkeProposals();
  const { ticket } = await resumingAt({}, { ikeProposals: [cbc] });
  // A gateway with the same ticket keys.
  const stricter = await resumingAt({ gateway: () => ({ ikeProposals: [aead] }) });
  assert.deepEqual(reasonsOf(await present({ ...stricter, ticket })), ["algorithms"]);
});

test("[R-5-5] the lane gives the new IKE SA no SPI of the old one, though it be drawn", async () => {
  const due: { spi?: bigint } = {};
  const random = (source: RandomSource): RandomSource => {
    let isFirst = true;
    return (length) => {
      if (length !== 8 || due.spi === undefined || !isFirst) return source(length);
      isFirst = false;
      const octets = new Uint8Array(8);
      new DataView(octets.buffer).setBigUint64(0, due.spi);
      return octets;
    };
  };
  const scene = await resumingAt({ random });
  due.spi = scene.spis.responderSpi;
  const { spis } = await scene.handmade.resume(scene.ticket);
  assert.notEqual(spis.responderSpi, due.spi);
});

test("a half-open IKE SA whose ticket is being claimed makes no room for others", async () => {
  // Of a gateway with the same ticket keys.
  const { another } = await resumingAt({}, {}, 2);
  const claim = Promise.withResolvers<readonly boolean[]>();
  let stalls = false;
  const scene = await resumingAt({
    gateway: () => ({ halfOpenLimit: 1 }),
    services: (services) => ({
      ...services,
      claims: {
        isClaimed: (batch) => services.claims.isClaimed(batch),
        claim: (batch) => stalls ? claim.promise : services.claims.claim(batch),
      },
    }),
  });
  const exchange = await scene.handmade.resume(scene.ticket);
  const request = await scene.handmade.authRequest(exchange, scene.ticket);
  const other = scene.handmade.resumeRequest(another!.ticket, new Uint8Array(32));
  stalls = true;
  const { gateways: { lane, now }, handmade } = scene;
  const wave = [request, other].map((octets) => handmade.datagram(octets));
  const { left, answers } = lane.responder.receiveTogether(wave, now, lane.services, () => []);
  assert.deepEqual(left, []);
  claim.resolve([true]);
  const [ofFirst, ofOther] = await answers;
  assert.equal(effectsOf(ofFirst, "ike-sa-up").length, 1);
  assert.deepEqual(ofOther, [{ type: "dropped", reason: "half-open-limit" }]);
});

test("the lane waits until the ticket of an IKE SA that makes room is taken back, before it tells of the new one", async () => {
  for (const later of [false, true]) {
    // Two IKE SAs of one identity, of which one comes back and says that it knows of no other.
    const scene = await resumingAt({ later }, { identity: fqdn("several.example"), initialContact: false }, 2);
    const { gateways, handmade, ticket } = scene;
    const exchange = await handmade.resume(ticket);
    const before = gateways.taken;
    const request = await handmade.authRequest(exchange, ticket, { add: [notify(NotifyType.INITIAL_CONTACT)] });
    const { effects } = await handmade.deliver(request);
    assert.equal(gateways.taken - before, 1);
    assert.equal(effectsOf(effects, "ike-sa-up").length, 1);
    assert.equal(effectsOf(effects, "ticket-revoked").length, 1);
  }
});

test("selectors of a Child SA that does not come about in the lane are free for other clients", async () => {
  const selectors = [addressRangeSelector(Uint8Array.of(10, 0, 0, 0), Uint8Array.of(10, 0, 0, 255))];
  const scene = await resumingAt(
    { gateway: () => ({ remoteSelectors: selectors, localSelectors: [anyIpv4Selector()] }) },
    {},
    2,
  );
  const TSi: Payload = { type: "TSi", selectors };
  const failed = await childOf(scene, scene.ticket, [TSi, { type: "TSr", selectors: [anyIpv6Selector()] }]);
  assert.equal(effectsOf(failed, "child-sa-failed").length, 1);
  const made = await childOf(scene, scene.another!, [TSi]);
  assert.equal(effectsOf(made, "child-sa-up").length, 1);
});

/** What IKE_AUTH by a ticket comes to, in the lane, with these selectors. */
async function childOf({ gateways, handmade }: Scene, ticket: ClientTicket, replace: readonly Payload[]): Promise<Effect[]> {
  const before = gateways.taken;
  const exchange = await handmade.resume(ticket);
  const { effects } = await handmade.deliver(await handmade.authRequest(exchange, ticket, { replace }));
  assert.equal(gateways.taken - before, 2);
  return effects;
}

interface Scene {
  readonly gateways: TwoGateways;
  readonly handmade: HandmadeClient;
  readonly ticket: ClientTicket;
  /** That of a second client, if there is one. */
  readonly another: ClientTicket | undefined;
  /** Those of the IKE SA that the ticket is of. */
  readonly spis: { readonly initiatorSpi: bigint; readonly responderSpi: bigint };
}

/** Both gateways are asked. */
const GATEWAYS = 2;

async function resumingAt(
  options: Partial<TwoGatewaysOptions> = {},
  client: Partial<InitiatorOptions> = {},
  clients = 1,
): Promise<Scene> {
  const gateways = new TwoGateways({ provider, keyExchange, ...options });
  const crowd = new Crowd(gateways, clients, () => client);
  const handmade = new HandmadeClient({
    services: { ...gateways.steps.services, random: new SeededRandom(3).octets },
    random: new SeededRandom(4),
    receive: (datagram) => gateways.receive([datagram]),
  }, "198.51.100.0");
  await crowd.comeUp();
  const [{ ticket, effects }, another] = crowd.clients;
  const [{ spis }] = effectsOf(effects, "ike-sa-up");
  return { gateways, handmade, ticket: copyOf(ticket!), another: another && copyOf(another.ticket!), spis };
}

/** What presenting the ticket comes to, in the lane. */
async function present(
  { gateways, handmade, ticket }: Scene,
  { nonceLength = 32, initiatorSpi }: { readonly nonceLength?: number; readonly initiatorSpi?: bigint } = {},
): Promise<Effect[]> {
  const before = gateways.taken;
  const request = handmade.resumeRequest(ticket.ticket, new Uint8Array(nonceLength), [], initiatorSpi);
  const { effects } = await handmade.deliver(request);
  assert.equal(gateways.taken - before, 1);
  return effects;
}

/** What the IKE_AUTH request comes to, in the lane. */
async function authenticate(
  { gateways, handmade, ticket }: Scene,
  exchange: Awaited<ReturnType<HandmadeClient["resume"]>>,
): Promise<Effect[]> {
  const before = gateways.taken;
  const { effects } = await handmade.deliver(await handmade.authRequest(exchange, ticket));
  assert.equal(gateways.taken - before, 1);
  return effects;
}

function reasonsOf(effects: readonly Effect[]): string[] {
  return effectsOf(effects, "ticket-refused").map(({ reason }) => reason);
}

function ofEach({ gateways: { steps, lane } }: Scene, act: (services: OneGateway["services"]) => unknown) {
  return Promise.all([steps, lane].map(({ services }) => act(services)));
}

function useElsewhere(scene: Scene) {
  return ofEach(scene, ({ claims }) => claims.claim([nameOf(scene)]));
}

function revokeElsewhere(scene: Scene) {
  return ofEach(scene, ({ revocations }) => revocations!.add([nameOf(scene)]));
}

function nameOf({ ticket: { ticket } }: Scene) {
  return { ticketId: ticketIdOf(ticket), expiresAtEpochSeconds: LATER };
}

/** The services, with a store that answers all questions by what it is told, if it is. */
function telling(
  services: WaveServices,
  store: "claims" | "revocations",
  answer: () => readonly "unknown"[] | undefined,
): WaveServices {
  const { claims, revocations } = services;
  return store === "claims"
    ? {
      ...services,
      claims: {
        claim: (batch) => answer()?.map(() => undefined) ?? claims.claim(batch),
        isClaimed: (batch) => answer() ?? claims.isClaimed(batch),
      },
    }
    : {
      ...services,
      revocations: {
        add: (batch) => revocations!.add(batch),
        has: (batch) => answer() ?? revocations!.has(batch),
      },
    };
}
