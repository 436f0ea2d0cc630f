import assert from "node:assert/strict";
import { test } from "node:test";
import { addressRangeSelector, anyIpv6Selector } from "../../../src/ike/child_sa/traffic_selectors.ts";
import { defaultEspProposals, offerEsp } from "../../../src/ike/ike_sa/proposals.ts";
import { childSaRules } from "../../../src/ike/policy/child_sa_rules.ts";
import { notify } from "../../../src/ike/message/notify.ts";
import type { ResponderOptions } from "../../../src/ike/responder.ts";
import { loadKeyExchange, loadProvider } from "../../../src/providers/mod.ts";
import { NotifyType } from "../../../src/wire/constants.ts";
import type { Payload } from "../../../src/wire/payload.ts";
import { copyOf } from "../../simulation/coming_back.ts";
import { type AuthChanges, HANDMADE_ESP_SPI, HandmadeClient } from "../../simulation/handmade_client.ts";
import { SeededRandom } from "../../simulation/seeded_random.ts";
import { effectsOf, fqdn, GATEWAY_ADDRESS, PRESHARED_KEY } from "../../simulation/simulation.ts";
import { TwoGateways } from "./two_gateways.ts";
import { Crowd } from "./waves.ts";

const provider = await loadProvider("wasm");
const keyExchange = await loadKeyExchange();
const ASK = notify(NotifyType.TICKET_REQUEST);
const ALSO_AT = notify(NotifyType.ADDITIONAL_IP4_ADDRESS, Uint8Array.of(198, 51, 100, 99));
const ALSO_AT_IPV6 = notify(NotifyType.ADDITIONAL_IP6_ADDRESS, new Uint8Array(16).fill(0x20));
const PRIVATE = addressRangeSelector(Uint8Array.of(10, 0, 0, 0), Uint8Array.of(10, 0, 0, 255));
const CP: Payload = {
  type: "CP",
  configurationType: 1,
  attributes: [{ attributeType: 1, value: new Uint8Array(0) }, { attributeType: 3, value: new Uint8Array(0) }],
};

const NONE_TO_CHOOSE = { number: 1, protocolId: 3, spi: Uint8Array.of(0, 0, 32, 0), transforms: [] };
const [FIRST_CHOICE] = offerEsp(defaultEspProposals(), HANDMADE_ESP_SPI);

/** Plain requests: whatever is wrong with them, or not had of them, is said by the lane. */
const PLAIN: readonly AuthChanges[] = [
  {},
  { add: [ASK] },
  { add: [ASK, notify(NotifyType.INITIAL_CONTACT), notify(40_000, new Uint8Array(5))] },
  { add: [{ type: "IDr", ...fqdn("gateway.example") }] },
  { add: [{ type: "IDr", ...fqdn("elsewhere.example") }, ASK] },
  { realMessage: new Uint8Array(4) },
  { replace: [{ type: "IDi", ...fqdn("another.example") }] },
  { replace: [{ type: "SA", proposals: offerEsp(defaultEspProposals().slice(1), HANDMADE_ESP_SPI) }], add: [ASK] },
  { replace: [{ type: "SA", proposals: [{ number: 1, protocolId: 3, spi: HANDMADE_ESP_SPI, transforms: [] }] }], add: [ASK] },
  // The SPI is that of the proposal that is chosen.
  { replace: [{ type: "SA", proposals: [NONE_TO_CHOOSE, { ...FIRST_CHOICE, number: 2 }] }] },
  { replace: [{ type: "TSr", selectors: [anyIpv6Selector()] }] },
  { replace: [{ type: "TSi", selectors: [PRIVATE, anyIpv6Selector()] }] },
  { replace: [{ type: "TSi", selectors: [] }] },
  { replace: [{ type: "TSi", selectors: new Array(15).fill(PRIVATE) }] },
  { add: [CP] },
  { add: [notify(NotifyType.MOBIKE_SUPPORTED)] },
  { add: [notify(NotifyType.MOBIKE_SUPPORTED), ASK] },
  { add: [CP, notify(NotifyType.MOBIKE_SUPPORTED), ASK] },
  { replace: [{ type: "TSr", selectors: [anyIpv6Selector()] }], add: [notify(NotifyType.MOBIKE_SUPPORTED), ASK] },
  { add: [notify(NotifyType.MOBIKE_SUPPORTED), ALSO_AT, ALSO_AT_IPV6, ASK] },
  { add: [ALSO_AT] },
  { add: [notify(NotifyType.USE_TRANSPORT_MODE)] },
  { add: [ASK, notify(NotifyType.ESP_TFC_PADDING_NOT_SUPPORTED)] },
  { add: [notify(NotifyType.NON_FIRST_FRAGMENTS_ALSO), notify(NotifyType.MOBIKE_SUPPORTED), CP] },
];

/** What the steps have to say. */
const OTHERS: readonly AuthChanges[] = [
  { omit: ["SA", "TSi", "TSr"], add: [ASK] },
  { omit: ["TSr"] },
  { add: [notify(40_000, new Uint8Array(9_000))] },
  { omit: ["AUTH"] },
  { omit: ["IDi"] },
  { add: [{ type: "CERT", encoding: 4, certificate: new Uint8Array(9) }] },
  { add: [{ type: "EAP", message: Uint8Array.of(2, 1, 0, 4) }] },
  { add: [{ type: "unknown", payloadType: 200, critical: true, body: new Uint8Array(3) }] },
  { add: [{ type: "D", protocolId: 3, spiSize: 4, spis: [new Uint8Array(4)] }] },
  { add: [ASK, { ...ASK, protocolId: 3, spi: new Uint8Array(4) }] },
  { add: [{ type: "IDr", ...fqdn("a.example") }, { type: "IDr", ...fqdn("b.example") }] },
  { replace: [{ type: "AUTH", method: 1, data: new Uint8Array(32) }] },
  { add: [notify(NotifyType.NO_NATS_ALLOWED, new Uint8Array(12))] },
  { replace: [{ type: "TSi", selectors: new Array(16).fill(PRIVATE) }] },
  { replace: [{ type: "TSr", selectors: new Array(16).fill(PRIVATE) }] },
  { replace: [{ type: "SA", proposals: offerEsp(defaultEspProposals(), Uint8Array.of(0, 0, 0, 9)) }] },
  { replace: [{ type: "SA", proposals: [{ number: 1, protocolId: 2, spi: HANDMADE_ESP_SPI, transforms: [] }] }] },
];

const GATEWAYS: { readonly [name: string]: Partial<ResponderOptions> } = {
  "with rules for single clients": {
    innerAddresses: {
      ranges: [addressRangeSelector(Uint8Array.of(10, 9, 0, 0), Uint8Array.of(10, 9, 0, 255))],
      pools: { staff: [PRIVATE] },
    },
    rulesOf: () => ({ uniqueIdentities: { keep: 64 }, innerAddress: { pool: "staff" }, issueTickets: true }),
  },
  "as it comes": {},
  "with inner addresses": {
    innerAddresses: {
      ranges: [addressRangeSelector(Uint8Array.of(10, 9, 0, 0), Uint8Array.of(10, 9, 0, 255))],
      dns: ["10.9.0.1"],
    },
  },
  "with addresses for who wants": {
    innerAddresses: { ranges: [addressRangeSelector(Uint8Array.of(10, 9, 0, 0), Uint8Array.of(10, 9, 0, 3))], optional: true },
  },
  "with reauthentication, and lives that end": { reauthenticationSeconds: 900, ikeSaLifetimeSeconds: 600, livenessSeconds: 0 },
  "with selectors of its own": { localSelectors: [PRIVATE], remoteSelectors: [PRIVATE, anyIpv6Selector()] },
  "with selectors for each identity": { remoteSelectorsOf: () => [PRIVATE], espProposals: defaultEspProposals().slice(0, 1) },
  "that is met elsewhere too": { additionalAddresses: ["192.0.2.2", GATEWAY_ADDRESS, "2001:db8::2"] },
  "that tells where else it is met, with lives that end": {
    additionalAddresses: ["192.0.2.2"],
    reauthenticationSeconds: 900,
  },
  "without MOBIKE": { mobike: false, additionalAddresses: ["192.0.2.2"] },
  "that takes no padding": { childSas: childSaRules({ tfcPadding: false }) },
  "that grants all of packets": { childSas: childSaRules({ transportMode: true, nonFirstFragments: true }) },
  "with one IKE SA an identity": { uniqueIdentities: "replace" },
  "that keeps the one it has": { uniqueIdentities: "keep" },
  "that is full": { ikeSaLimit: 1 },
  "that issues none": { issueTickets: false },
  "with short responses": { maximumResponseLength: 300 },
  "with tickets for one address": { refuseChangedAddress: true },
  "that shows keys": { exposeKeys: true },
  "with tickets by reference": { ticketKind: "reference" },
  "whose policy refuses": { authorizeResumption: ({ remote }) => remote.port !== 501 },
  "whose policy throws": {
    authorizeResumption: ({ remote }) => {
      if (remote.port === 501) throw new Error("no policy");
      return true;
    },
  },
};

for (const [name, gateway] of Object.entries(GATEWAYS)) {
  test(`IKE_AUTH of every shape comes to the same in lane and steps, at a gateway ${name}`, async () => {
    const scene = await resumingAt(gateway);
    for (const changes of PLAIN) assert.equal(await takenOf(scene, changes), 1);
    for (const changes of OTHERS) assert.equal(await takenOf(scene, changes), 0);
    // From elsewhere.
    for (const port of [501, 4500]) assert.equal(await takenOf(scene, { add: [ASK] }, port), 1);
    const { gateways } = scene;
    gateways.nowMs += 61_000;
    await gateways.perform((responder, now) => responder.timeout(now));
  });
}

test("forms of AUTH that deviate, and tickets by reference in short responses, go to the steps", async () => {
  const deviating = await resumingAt({ resumptionAuthenticationOf: () => "message-only" });
  assert.equal(await takenOf(deviating, {}), 0);
  const byReference = await resumingAt({ ticketKind: "reference", maximumResponseLength: 300 });
  assert.equal(await takenOf(byReference, { add: [ASK] }), 0);
  let form: "rfc5723" | undefined = "rfc5723";
  const refusing = await resumingAt({ resumptionAuthenticationOf: () => form });
  form = undefined;
  assert.equal(await takenOf(refusing, {}), 1);
});

test("a client whose shared key was changed since it presented its ticket does not come up", async () => {
  let key = PRESHARED_KEY;
  const { gateways, handmade, next } = await resumingAt({ presharedKeyOf: () => key });
  const ticket = await next();
  const request = await handmade.authRequest(await handmade.resume(ticket), ticket, { add: [ASK] });
  key = new TextEncoder().encode("another shared key");
  const before = gateways.taken;
  const { effects } = await handmade.deliver(request);
  assert.equal(gateways.taken - before, 1);
  assert.equal(effectsOf(effects, "ike-sa-up").length, 0);
  assert.deepEqual(effectsOf(effects, "ike-sa-down").map(({ reason }) => reason), ["authentication-failed"]);
});

test("a request that comes behind a forged one goes to the steps, which have its keys already", async () => {
  const { gateways, handmade, next } = await resumingAt({});
  const ticket = await next();
  const request = await handmade.authRequest(await handmade.resume(ticket), ticket);
  const before = gateways.taken;
  await handmade.deliver(request.with(request.length - 1, request[request.length - 1] ^ 1));
  assert.equal(gateways.taken - before, 1);
  const { effects } = await handmade.deliver(request);
  assert.equal(gateways.taken - before, 1);
  assert.equal(effectsOf(effects, "ike-sa-up").length, 1);
});

test("of two that come up by one ticket in one wave the first does, and the second is refused", async () => {
  const { gateways, handmade, next } = await resumingAt({});
  const ticket = await next();
  const both = [await handmade.resume(ticket), await handmade.resume(ticket)];
  const requests = await Promise.all(both.map((exchange) => handmade.authRequest(exchange, ticket, { add: [ASK] })));
  const effects = await gateways.receive(requests.map((octets) => handmade.datagram(octets)));
  assert.equal(effectsOf(effects, "ike-sa-up").length, 1);
  assert.equal(effectsOf(effects, "ike-sa-down").map(({ reason }) => reason).includes("authentication-failed"), true);
});

test("an IKE SA that came up through the lane is rekeyed, asked, and deleted as any, and its ticket taken back", async () => {
  const { gateways, handmade, next } = await resumingAt({});
  for (const act of ["close", "rekey", "checkLiveness"] as const) {
    const ticket = await next();
    const exchange = await handmade.resume(ticket);
    await handmade.deliver(await handmade.authRequest(exchange, ticket, { add: [ASK] }));
    const told = await gateways.perform((responder, now) => responder[act](exchange.spis, now));
    assert.ok(effectsOf(told, "send").length > 0);
  }
});

interface Scene {
  readonly gateways: TwoGateways;
  readonly handmade: HandmadeClient;
  /** A ticket that is new. */
  readonly next: () => Promise<ReturnType<typeof copyOf>>;
}

async function resumingAt(gateway: Partial<ResponderOptions>): Promise<Scene> {
  const gateways = new TwoGateways({ provider, keyExchange, gateway: () => gateway });
  const gives = gateway.issueTickets !== false && gateway.maximumResponseLength === undefined &&
    gateway.ikeSaLimit === undefined;
  // Tickets of a gateway with the same ticket keys, where this one gives none.
  const issuers = gives ? gateways : new TwoGateways({ provider, keyExchange });
  const crowd = new Crowd(issuers, 1, () => ({ requestInnerAddress: gateway.innerAddresses !== undefined }));
  const handmade = new HandmadeClient({
    services: { ...gateways.steps.services, random: new SeededRandom(3).octets },
    random: new SeededRandom(4),
    receive: (datagram) => gateways.receive([datagram]),
  }, "198.51.100.0");
  const next = async () => {
    crowd.clients[0].ticket = undefined;
    await crowd.comeUp();
    return copyOf(crowd.clients[0].ticket!);
  };
  await next();
  return { gateways, handmade, next };
}

/** Whether an IKE_AUTH request went through the lane. */
async function takenOf({ gateways, handmade, next }: Scene, changes: AuthChanges, port = 500): Promise<number> {
  const ticket = await next();
  const exchange = await handmade.resume(ticket);
  const request = await handmade.authRequest(exchange, ticket, changes);
  const before = gateways.taken;
  await handmade.deliver(request, port);
  return gateways.taken - before;
}
