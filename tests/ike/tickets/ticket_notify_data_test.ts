/**
 * TICKET_REQUEST, TICKET_ACK and TICKET_NACK have no data, and TICKET_OPAQUE no lifetime (RFC 5723, section 7); what comes with them all the
 * same changes nothing.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { notify } from "../../../src/ike/message/notify.ts";
import type { ResponderOptions } from "../../../src/ike/responder.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { ExchangeType, NotifyType } from "../../../src/wire/constants.ts";
import type { Payload } from "../../../src/wire/payload.ts";
import { copyOf, upAndTicket } from "../../simulation/coming_back.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { resumingClient } from "../../simulation/handmade_resume_answer.ts";
import { clientUp } from "../../simulation/handmade_up.ts";
import { notifiesOf, notifyTypes } from "../../simulation/messages.ts";
import { effectsOf, Simulation } from "../../simulation/simulation.ts";

const { TICKET_ACK, TICKET_LT_OPAQUE, TICKET_NACK, TICKET_OPAQUE, TICKET_REQUEST } = NotifyType;
const DATA = Uint8Array.of(0, 0, 14, 16, 1, 2, 3);

test("[R-7-2] a gateway answers a request for a ticket, whatever data stands in it, with no data in TICKET_ACK and TICKET_NACK", async () => {
  const cases: readonly [Partial<ResponderOptions>, number][] = [
    [{}, TICKET_LT_OPAQUE],
    [{ issueTickets: false }, TICKET_NACK],
    [{ maximumResponseLength: 128 }, TICKET_ACK],
  ];
  for (const [gateway, expected] of cases) {
    const simulation = new Simulation({ provider: await loadProvider("ts"), gateway });
    const handmade = new HandmadeClient(simulation);
    const { answer } = await handmade.auth(await handmade.init(), { add: [notify(TICKET_REQUEST, DATA)] });
    assert.deepEqual(notifyTypes(answer), [expected]);
    if (expected !== TICKET_LT_OPAQUE) assert.equal(notifiesOf(answer, expected)[0].data.length, 0);
  }
});

test("[R-7-2] a client takes TICKET_ACK and TICKET_NACK for what they are, whatever data stands in them", async () => {
  for (const [type, answer] of [[TICKET_ACK, "ack"], [TICKET_NACK, "nack"]] as const) {
    const { client } = await clientUp({}, [notify(type, DATA)]);
    assert.deepEqual(effectsOf(client.effects, "ticket-not-granted").map((told) => told.answer), [answer]);
    assert.deepEqual(effectsOf(client.effects, "ticket-received"), []);
  }
});

test("[R-7-2] a client goes on to a full exchange after TICKET_NACK with data, and takes no ticket from it", async () => {
  const { simulation, client, gateway } = await resumingClient();
  await gateway.answerInClear([notify(TICKET_NACK, DATA)]);
  await simulation.run(simulation.network.nowMs + 5_000);
  assert.equal(gateway.received.header.exchangeType, ExchangeType.IKE_SA_INIT);
  assert.deepEqual(effectsOf(client.effects, "resumption-failed").map(({ reason }) => reason), ["nack"]);
});

test("[R-7-2] what TICKET_OPAQUE holds is the ticket from the first octet on: with a lifetime before it there is none", async () => {
  const { simulation, client } = await upAndTicket();
  const { ticket } = copyOf(client.ticket);
  const handmade = new HandmadeClient(simulation);
  const present = async (shown: Uint8Array): Promise<readonly Payload[]> => {
    const { replies: [reply] } = await handmade.deliver(handmade.resumeRequest(shown, simulation.random.octets(32)));
    return reply.payloads;
  };
  assert.deepEqual(notifyTypes(await present(Uint8Array.of(0, 0, 14, 16, ...ticket))), [TICKET_NACK]);
  assert.equal(notifyTypes(await present(ticket)).includes(TICKET_NACK), false);
});

test("[R-7-2] a client shows the ticket with nothing before it, once, and TICKET_REQUEST with nothing in it", async () => {
  const { gateway, ticket } = await resumingClient();
  assert.deepEqual(notifiesOf(gateway.received.payloads, TICKET_OPAQUE).map(({ data }) => data), [ticket.ticket]);
  const up = await clientUp();
  await up.simulation.act(up.client, up.client.initiator.requestTicket(up.simulation.now));
  const asked = await up.gateway.open(up.answered, up.gateway.received);
  assert.deepEqual(notifiesOf(asked, TICKET_REQUEST).map(({ data }) => data.length), [0]);
});
