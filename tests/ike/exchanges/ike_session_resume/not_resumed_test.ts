import assert from "node:assert/strict";
import { test } from "node:test";
import { findPayload, notify } from "../../../../src/ike/message/notify.ts";
import { Responder, responderConfiguration } from "../../../../src/ike/responder.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { ExchangeType, NotifyType } from "../../../../src/wire/constants.ts";
import type { Payload } from "../../../../src/wire/payload.ts";
import { copyOf, upAndTicket } from "../../../simulation/coming_back.ts";
import { HandmadeClient } from "../../../simulation/handmade_client.ts";
import { grantedTicket } from "../../../simulation/handmade_ticket.ts";
import { decoded, notifyData, notifyTypes } from "../../../simulation/messages.ts";
import { openTicketState } from "../../../simulation/opened_ticket.ts";
import { effectsOf, fqdn, PRESHARED_KEY, Simulation } from "../../../simulation/simulation.ts";
import { testEveryProvider } from "../../every_provider.ts";

const NEW_WITH_EACH_IKE_SA = [
  NotifyType.MOBIKE_SUPPORTED,
  NotifyType.REDIRECT_SUPPORTED,
  NotifyType.AUTH_LIFETIME,
  NotifyType.IPCOMP_SUPPORTED,
];

test("[R-5-2] vendor IDs, MOBIKE, redirect, NAT status, addresses and Child SAs leave no trace in the ticket", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const handmade = new HandmadeClient(simulation);
  const exchange = await handmade.init({ extra: [{ type: "V", vendorId: Uint8Array.of(0xfe, 0xed, 0xfa, 0xce) }] });
  const add: Payload[] = [
    ...NEW_WITH_EACH_IKE_SA.map((type) => notify(type, new Uint8Array(type === NotifyType.AUTH_LIFETIME ? 4 : 0))),
    { type: "V", vendorId: Uint8Array.of(0xfe, 0xed, 0xfa, 0xce) },
    notify(NotifyType.TICKET_REQUEST),
  ];
  const { answer } = await handmade.auth(exchange, { add });
  const ticket = notifyData(answer, NotifyType.TICKET_LT_OPAQUE)!.slice(4);
  const state = await openTicketState(simulation, { ticket });
  // Nothing but what the table of section 5 marks "from the ticket", when the client proved itself, which of its tickets it is, the fingerprint of its key, and the end of it.
  assert.deepEqual(Object.keys(state).sort(), [
    "authenticatedAtEpochSeconds",
    "authenticationMethod",
    "credential",
    "expiresAtEpochSeconds",
    "initiatorId",
    "initiatorSpi",
    "issue",
    "proposal",
    "responderId",
    "responderSpi",
    "skD",
  ]);
});

testEveryProvider(
  "[R-5-2] a resumed IKE SA announces nothing that is not asked for anew, and its window is 1",
  async (provider) => {
    const simulation = new Simulation({ provider });
    const { ticket } = await simulation.clientWithTicket({ mobike: true });
    const handmade = new HandmadeClient(simulation);
    const exchange = await handmade.resume(ticket);
    const add = [notify(NotifyType.SET_WINDOW_SIZE, Uint8Array.of(0, 0, 0, 8))];
    const { replies: [reply] } = await handmade.deliver(await handmade.authRequest(exchange, ticket, { add }));
    const answer = await handmade.open(exchange, reply);
    assert.deepEqual(answer.map(({ type }) => type), ["IDr", "AUTH", "SA", "TSi", "TSr"]);
    // The peer may have a larger window: this end has not.
    const ahead = await handmade.deliver(await handmade.seal(exchange, [], 3));
    assert.deepEqual(ahead.effects, [{ type: "dropped", reason: "message-id-outside-window" }]);
    const [second, third] = [await handmade.seal(exchange, [], 2), await handmade.seal(exchange, [], 3)];
    assert.equal((await handmade.deliver(second)).replies[0].header.messageId, 2);
    assert.equal((await handmade.deliver(third)).replies[0].header.messageId, 3);
    assert.deepEqual((await handmade.deliver(second)).effects, [{ type: "dropped", reason: "message-id-outside-window" }]);
    // And it sends one request at a time, from 0.
    await simulation.actOnGateway(simulation.gateway.checkLiveness(exchange.spis, simulation.now));
    await simulation.actOnGateway(simulation.gateway.checkLiveness(exchange.spis, simulation.now));
    const requests = simulation.network.sent.map(({ octets }) => decoded(octets).header).filter((
      { responderSpi, isResponse },
    ) => responderSpi === exchange.spis.responderSpi && !isResponse);
    assert.deepEqual(requests.map(({ messageId }) => messageId), [0]);
  },
);

test("[R-5-2] the original initiator is who sent IKE_SESSION_RESUME, also where the gateway had rekeyed the old IKE SA", async () => {
  const { simulation, client } = await upAndTicket();
  const old = effectsOf(simulation.gatewayEffects, "ike-sa-up")[0].spis;
  await simulation.actOnGateway(simulation.gateway.rekey(old, simulation.now));
  await simulation.run();
  await simulation.act(client, client.initiator.requestTicket(simulation.now));
  await simulation.run();
  const before = simulation.network.sent.length;
  const again = simulation.addClient({ identity: client.ticket.initiatorId }, client.ticket);
  await simulation.start(again);
  await simulation.run();
  assert.equal(effectsOf(again.effects, "ike-sa-up")[0].resumed, true);
  const headers = simulation.network.sent.slice(before).map(({ octets }) => decoded(octets).header);
  assert.deepEqual(headers.slice(0, 4).map(({ fromInitiator }) => fromInitiator), [true, false, true, false]);
});

test("[R-5-5] the old SPIs find the old IKE SA, and are never those of the new one, whatever the random source gives", async () => {
  const { simulation, client } = await upAndTicket();
  const { initiatorSpi, responderSpi } = effectsOf(client.effects, "ike-sa-up")[0].spis;
  const state = await openTicketState(simulation, client.ticket);
  assert.deepEqual([state.initiatorSpi, state.responderSpi], [initiatorSpi, responderSpi]);

  // From now on the gateway's random source gives the old SPI, twice, before anything else of its length.
  const old = new Uint8Array(8);
  new DataView(old.buffer).setBigUint64(0, responderSpi);
  let repeatsLeft = 0;
  simulation.gateway = new Responder(
    responderConfiguration({
      identity: fqdn("gateway.example"),
      presharedKeyOf: () => PRESHARED_KEY,
      ticketKeys: simulation.ticketKeys,
    }),
    (length) => length === 8 && repeatsLeft-- > 0 ? old.slice() : simulation.random.octets(length),
  );
  repeatsLeft = 2;
  const handmade = new HandmadeClient(simulation);
  const request = handmade.resumeRequest(client.ticket.ticket, simulation.random.octets(32));
  const { replies: [reply] } = await handmade.deliver(request);
  assert.ok(findPayload(reply.payloads, "Nonce"));
  assert.ok(repeatsLeft < 0);
  assert.notEqual(reply.header.responderSpi, responderSpi);
  assert.notEqual(reply.header.responderSpi, 0n);
});

test("[R-5-5] a message under the old SPIs, after the old IKE SA was replaced, reaches nobody", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const handmade = new HandmadeClient(simulation);
  const exchange = await handmade.init();
  const { answer } = await handmade.auth(exchange, { add: [notify(NotifyType.TICKET_REQUEST)] });
  const ticket = grantedTicket(exchange, answer);
  const resumed = await handmade.resume(copyOf(ticket));
  const { effects } = await handmade.deliver(await handmade.authRequest(resumed, ticket));
  assert.equal(effectsOf(effects, "ike-sa-up").length, 1);
  const late = await handmade.deliver(await handmade.seal(exchange, [], 2, { exchangeType: ExchangeType.INFORMATIONAL }));
  assert.deepEqual(late.effects, [{ type: "dropped", reason: "no-such-sa" }]);
  assert.deepEqual(notifyTypes(late.replies.flatMap(({ payloads }) => payloads)), []);
});
