/**
 * The order in which payloads are sent (RFC 4718, appendix A; RFC 7296, appendix C; RFC 5723, section 4.3), by both ends, in every exchange.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { addressRangeSelector } from "../../../src/ike/child_sa/traffic_selectors.ts";
import { findPayload, notify } from "../../../src/ike/message/notify.ts";
import { generateKeyPair } from "../../../src/ike/steps/step.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { ConfigurationAttributeType, ConfigurationType, ExchangeType, NotifyType } from "../../../src/wire/constants.ts";
import type { ConfigurationPayload, Payload } from "../../../src/wire/payload.ts";
import { copyOf, upAndTicket } from "../../simulation/coming_back.ts";
import { byEap, eapSimulation } from "../../simulation/eap_scene.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { HandmadeGateway } from "../../simulation/handmade_gateway.ts";
import { offerPayloads, offerRekey } from "../../simulation/handmade_rekey.ts";
import { answerResume, resumingClient } from "../../simulation/handmade_resume_answer.ts";
import { clientUp, handmadeUp } from "../../simulation/handmade_up.ts";
import { decoded, notifyTypes } from "../../simulation/messages.ts";
import { Simulation } from "../../simulation/simulation.ts";

const ASK = notify(NotifyType.TICKET_REQUEST);
const COOKIE = notify(NotifyType.COOKIE, new Uint8Array(8).fill(7));
const WANTS_ADDRESS: ConfigurationPayload = {
  type: "CP",
  configurationType: ConfigurationType.CFG_REQUEST,
  attributes: [{ attributeType: ConfigurationAttributeType.INTERNAL_IP4_ADDRESS, value: new Uint8Array(0) }],
};
const POOL = { innerAddresses: { ranges: [addressRangeSelector(Uint8Array.of(10, 9, 0, 1), Uint8Array.of(10, 9, 0, 9))] } };

test("[C-A-1] a client sends SA, KE, Ni and then notifies, with a cookie before all else", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const client = simulation.addClient();
  const gateway = new HandmadeGateway(simulation, client);
  await simulation.start(client);
  assertOrder(gateway.received.payloads, ["SA", "KE", "Nonce"], { notifiesLast: true });
  await gateway.answerInClear([COOKIE]);
  const [first, ...rest] = gateway.received.payloads;
  assert.deepEqual(notifyTypes([first]), [NotifyType.COOKIE]);
  assertOrder(rest, ["SA", "KE", "Nonce"], { notifiesLast: true });
});

test("[C-A-1] a client that resumes sends Ni, the ticket and then other notifies, with a cookie before all else", async () => {
  const { gateway } = await resumingClient();
  const { NAT_DETECTION_SOURCE_IP, TICKET_OPAQUE } = NotifyType;
  for (const cookies of [[], [NotifyType.COOKIE]]) {
    if (cookies.length > 0) await gateway.answerInClear([COOKIE]);
    const { payloads } = gateway.received;
    assert.equal(payloads.findIndex(({ type }) => type === "Nonce"), cookies.length);
    const types = notifyTypes(payloads);
    assert.deepEqual(types.slice(0, cookies.length + 1), [...cookies, TICKET_OPAQUE]);
    assert.ok(types.indexOf(NAT_DETECTION_SOURCE_IP) > types.indexOf(TICKET_OPAQUE));
  }
});

test("[C-A-1] a client sends IDi, IDr, AUTH, CP, SA, TSi, TSr in IKE_AUTH, after either first exchange, without AUTH before EAP", async () => {
  const options = { requestInnerAddress: true };
  const { simulation, gateway, client } = await connecting(options);
  await simulation.start(client);
  const answered = await gateway.answerInit();
  assertOrder(await gateway.open(answered, gateway.received), ["IDi", "IDr", "AUTH", "CP", "SA", "TSi", "TSr"]);

  const resuming = await resumingClient(options);
  const resumed = await answerResume(resuming);
  const request = await resuming.gateway.open(resumed, resuming.gateway.received);
  assertOrder(request, ["IDi", "IDr", "AUTH", "CP", "SA", "TSi", "TSr"]);

  const eap = await connecting({ ...options, ...byEap() });
  await eap.simulation.start(eap.client);
  const eapAnswered = await eap.gateway.answerInit();
  const first = await eap.gateway.open(eapAnswered, eap.gateway.received);
  assertOrder(first, ["IDi", "IDr", "CP", "SA", "TSi", "TSr"]);
});

test("[C-A-1] a gateway sends SA, KE, Nr, or Nr alone, and then notifies", async () => {
  const { simulation, client } = await upAndTicket();
  const handmade = new HandmadeClient(simulation);
  const { response } = await handmade.init();
  assertOrder(decoded(response).payloads, ["SA", "KE", "Nonce"], { notifiesLast: true });
  const resumed = await handmade.resume(copyOf(client.ticket));
  assertOrder(decoded(resumed.response).payloads, ["Nonce"], { notifiesLast: true });
});

test("[C-A-1] a gateway sends IDr, AUTH, CP, SA, TSi, TSr in IKE_AUTH, after either first exchange", async () => {
  const { simulation, client } = await upAndTicket(POOL);
  const handmade = new HandmadeClient(simulation);
  const add = [WANTS_ADDRESS, ASK];
  const full = await handmade.auth(await handmade.init(), { add });
  assertOrder(full.answer, ["IDr", "AUTH", "CP", "SA", "TSi", "TSr"]);
  const ticket = copyOf(client.ticket);
  const exchange = await handmade.resume(ticket);
  const { replies: [reply] } = await handmade.deliver(await handmade.authRequest(exchange, ticket, { add }));
  assertOrder(await handmade.open(exchange, reply), ["IDr", "AUTH", "CP", "SA", "TSi", "TSr"]);
});

test("[C-A-1] with EAP a gateway sends IDr, AUTH, EAP first, and a client and it AUTH and what follows it last", async () => {
  const simulation = eapSimulation({ provider: await loadProvider("ts") });
  const handmade = new HandmadeClient(simulation);
  const exchange = await handmade.init();
  const { answer } = await handmade.auth(exchange, { omit: ["AUTH"] });
  assertOrder(answer, ["IDr", "AUTH", "EAP"]);
  const peer = byEap().eap!.method();
  const request = findPayload(answer, "EAP")!.message;
  const typeData = (await handmade.run(peer.respond(request.subarray(5))))!;
  const response = Uint8Array.of(2, request[1], 0, 5 + typeData.length, 255, ...typeData);
  const ikeAuth = { exchangeType: ExchangeType.IKE_AUTH };
  await handmade.deliver(await handmade.seal(exchange, [{ type: "EAP", message: response }], 2, ikeAuth));
  const credential = { kind: "shared-key", presharedKey: peer.finish()!.msk! } as const;
  const auth = findPayload(await handmade.authPayloads({ ...exchange, credential }), "AUTH")!;
  const { replies: [last] } = await handmade.deliver(await handmade.seal(exchange, [auth], 3, ikeAuth));
  assertOrder(await handmade.open(exchange, last), ["AUTH", "SA", "TSi", "TSr"]);
});

test("[C-A-1] both ends send SA, Ni, KEi when they rekey the IKE SA, and SA, Nr, KEr in answer", async () => {
  const rekeyOrder = ["SA", "Nonce", "KE"] as const;
  const { simulation, client, gateway, answered } = await clientUp();
  await simulation.act(client, client.initiator.rekey(simulation.now));
  assertOrder(await gateway.open(answered, gateway.received), rekeyOrder, { notifiesLast: true });
  const offer = offerPayloads(await gateway.run(generateKeyPair(31)));
  const request = { exchangeType: ExchangeType.CREATE_CHILD_SA, isResponse: false, messageId: 0 };
  await gateway.deliver(await gateway.seal(answered, offer, request));
  assertOrder(await gateway.open(answered, gateway.received), rekeyOrder);

  const up = await handmadeUp();
  const { answer } = await offerRekey(up.handmade, up.exchange, 2, { add: [ASK] });
  assertOrder(answer, rekeyOrder, { notifiesLast: true });
  const another = await handmadeUp();
  await another.simulation.actOnGateway(another.simulation.gateway.rekey(another.exchange.spis, another.simulation.now));
  const sent = decoded(another.simulation.network.sent.at(-1)!.octets);
  assertOrder(await another.handmade.open(another.exchange, sent), rekeyOrder);
});

/** A client that is to meet a handmade gateway. */
async function connecting(options: Parameters<Simulation["addClient"]>[0]) {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const client = simulation.addClient(options);
  return { simulation, client, gateway: new HandmadeGateway(simulation, client) };
}

/** Notifies may stand between, where the appendix names a place for them, unless they are to be last. */
function assertOrder(
  payloads: readonly Payload[],
  expected: readonly Payload["type"][],
  { notifiesLast = false }: { readonly notifiesLast?: boolean } = {},
): void {
  const types = payloads.map(({ type }) => type);
  assert.deepEqual(types.filter((type) => type !== "N"), expected);
  if (notifiesLast) assert.deepEqual(types.slice(0, expected.length), expected);
}
