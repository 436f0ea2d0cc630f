/**
 * What a resumed IKE SA has of its own, and what it has from the ticket (RFC 5723, sections 4.3.2 and 5), beyond what two ends that share their
 * code notice of each other.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { notify } from "../../../../src/ike/message/notify.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { ExchangeType, NotifyType } from "../../../../src/wire/constants.ts";
import type { Payload } from "../../../../src/wire/payload.ts";
import { comeBack, copyOf, resumptions, upAndTicket } from "../../../simulation/coming_back.ts";
import { HandmadeClient } from "../../../simulation/handmade_client.ts";
import { HandmadeGateway } from "../../../simulation/handmade_gateway.ts";
import { grantedTicket } from "../../../simulation/handmade_ticket.ts";
import { decoded, notifiesOf, notifyTypes } from "../../../simulation/messages.ts";
import { openTicketState } from "../../../simulation/opened_ticket.ts";
import { effectsOf, fqdn, Simulation } from "../../../simulation/simulation.ts";

const CERTIFICATE = Uint8Array.of(0x30, 0x03, 0x02, 0x01, 0x05);
const ASK = notify(NotifyType.TICKET_REQUEST);

test("[R-4.3.2-1] no two resumptions have one SPIi, and none that of an IKE SA before it", async () => {
  const { simulation, client } = await upAndTicket();
  const spis = [client.initiator.initiatorSpi];
  let latest = client;
  for (let round = 0; round < 4; round++) {
    latest = await comeBack(simulation, latest);
    assert.deepEqual(resumptions(latest), [true]);
    spis.push(latest.initiator.initiatorSpi);
  }
  assert.equal(new Set(spis).size, 5);
});

test("[R-9.10-2] no identity and no identification payload stands in clear on the wire, in neither exchange and in no refusal", async () => {
  const initiatorId = fqdn("the-identity-of-this-client.example");
  const responderId = fqdn("the-identity-of-this-gateway.example");
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { identity: responderId } });
  const options = { identity: initiatorId, peerIdentity: responderId };
  const client = await simulation.clientWithTicket(options);
  const used = copyOf(client.ticket);
  const before = simulation.network.sent.length;
  for (const ticket of [client.ticket, used]) {
    const again = simulation.addClient(options, ticket);
    await simulation.start(again);
    await simulation.run();
  }
  const sent = simulation.network.sent.slice(before).map(({ octets }) => decoded(octets));
  const exchanges = new Set(sent.map(({ header }) => header.exchangeType));
  assert.deepEqual([...exchanges], [ExchangeType.IKE_SESSION_RESUME, ExchangeType.IKE_AUTH, ExchangeType.IKE_SA_INIT]);
  assert.ok(sent.some(({ payloads }) => notifyTypes(payloads).includes(NotifyType.TICKET_NACK)));
  for (const { octets, payloads } of sent) {
    assert.equal(payloads.some(({ type }) => type === "IDi" || type === "IDr"), false);
    const text = new TextDecoder("latin1").decode(octets);
    assert.equal(text.includes("the-identity-of-this"), false);
  }
});

test("[R-4.3.2-3] a ticket that was refused is out of the client for good, also when it begins anew after the full exchange failed", async () => {
  const { simulation, client } = await upAndTicket();
  const again = simulation.addClient({ identity: client.ticket.initiatorId }, copyOf(client.ticket));
  const gateway = new HandmadeGateway(simulation, again);
  await simulation.start(again);
  await gateway.answerInClear([notify(NotifyType.TICKET_NACK)]);
  await simulation.run(simulation.network.nowMs + 2_000);
  assert.equal(gateway.received.header.exchangeType, ExchangeType.IKE_SA_INIT);
  // An answer to a request with a cookie may be to the one without: refused then, the client begins anew.
  await gateway.answerInClear([notify(NotifyType.COOKIE, new Uint8Array(8).fill(3))]);
  const answered = await gateway.answerInit();
  const sentBefore = simulation.network.sent.length;
  await gateway.deliver(await gateway.seal(answered, [notify(NotifyType.AUTHENTICATION_FAILED)]));
  await simulation.run(simulation.network.nowMs + 2_000);
  const begun = simulation.network.sent.slice(sentBefore).map(({ octets }) => decoded(octets).header.exchangeType);
  assert.ok(begun.length > 0);
  assert.deepEqual(new Set(begun), new Set([ExchangeType.IKE_SA_INIT]));
});

test("[R-5-1] certificates go along the whole chain of tickets, and policy sees them at each resumption", async () => {
  const seen: (readonly Uint8Array[])[] = [];
  const simulation = new Simulation({
    provider: await loadProvider("ts"),
    gateway: {
      authorize: ({ certificates }) => ({ certificates }),
      authorizeResumption: ({ certificates }) => {
        seen.push(certificates);
        return true;
      },
    },
  });
  const handmade = new HandmadeClient(simulation);
  let exchange = await handmade.init();
  let { answer } = await handmade.auth(exchange, { add: [{ type: "CERT", encoding: 4, certificate: CERTIFICATE }, ASK] });
  for (let round = 0; round < 3; round++) {
    const ticket = grantedTicket(exchange, answer);
    assert.deepEqual((await openTicketState(simulation, ticket)).certificates, [CERTIFICATE], `ticket ${round + 1}`);
    exchange = await handmade.resume(ticket);
    answer = (await handmade.auth(exchange, { add: [ASK] })).answer;
  }
  assert.ok(seen.length >= 3);
  for (const certificates of seen) assert.deepEqual(certificates, [CERTIFICATE]);
});

test("[R-5-2] AUTH_LIFETIME is sent anew after resumption: it is not in the ticket", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { reauthenticationSeconds: 3_000 } });
  const handmade = new HandmadeClient(simulation);
  const full = await handmade.init();
  const { answer } = await handmade.auth(full, { add: [ASK] });
  const lifetimeIn = (payloads: readonly Payload[]) => {
    const [{ data }] = notifiesOf(payloads, NotifyType.AUTH_LIFETIME);
    return new DataView(data.buffer, data.byteOffset).getUint32(0);
  };
  assert.equal(lifetimeIn(answer), 3_000);
  const resumed = await handmade.auth(await handmade.resume(grantedTicket(full, answer)));
  const left = lifetimeIn(resumed.answer);
  assert.ok(left > 2_900 && left <= 3_000, `${left}`);
});

test("[R-6.1-1] a gateway goes by the expiry in the ticket, whenever it is presented, and to the second", async () => {
  const { simulation, client } = await upAndTicket({ ticketLifetimeSeconds: 600 });
  const ticket = copyOf(client.ticket);
  const handmade = new HandmadeClient(simulation);
  const present = async (offsetSeconds: number) => {
    simulation.wallClockOffsetSeconds = offsetSeconds;
    const request = handmade.resumeRequest(ticket.ticket, simulation.random.octets(32));
    const { replies: [reply], effects } = await handmade.deliver(request);
    const reasons = effectsOf(effects, "ticket-refused").map(({ reason }) => reason);
    return { refused: notifyTypes(reply.payloads).includes(NotifyType.TICKET_NACK), reasons };
  };
  const left = ticket.expiresAtEpochSeconds - simulation.now.epochSeconds;
  assert.deepEqual(await present(left - 1), { refused: false, reasons: [] });
  for (const late of [left, left + 1, left + 86_400]) {
    assert.deepEqual(await present(late), { refused: true, reasons: ["expired"] });
  }
});
