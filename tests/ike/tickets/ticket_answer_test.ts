/**
 * The answer to N(TICKET_REQUEST) where the exchange comes to something else than an IKE SA, or the ticket has no room (RFC 5723, section 4.1).
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { notify } from "../../../src/ike/message/notify.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { ExchangeType, NotifyType } from "../../../src/wire/constants.ts";
import { copyOf, upAndTicket } from "../../simulation/coming_back.ts";
import { eapSimulation } from "../../simulation/eap_scene.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { notifyTypes } from "../../simulation/messages.ts";
import { effectsOf, Simulation } from "../../simulation/simulation.ts";

const ASK = notify(NotifyType.TICKET_REQUEST);
const IKE_AUTH = { exchangeType: ExchangeType.IKE_AUTH };

for (const ticketKind of ["value", "reference"] as const) {
  test(`[R-4.1-5] [R-4.1-7] a client whose ticket by ${ticketKind} was used meanwhile is refused, and its request for another as well`, async () => {
    for (const add of [[ASK], []]) {
      const { simulation, client } = await upAndTicket({ ticketKind });
      const ticket = copyOf(client.ticket);
      const handmade = new HandmadeClient(simulation);
      const exchanges = [await handmade.resume(ticket), await handmade.resume(ticket)];
      const answers = [];
      for (const exchange of exchanges) {
        const { replies: [reply] } = await handmade.deliver(await handmade.authRequest(exchange, ticket, { add }));
        answers.push(notifyTypes(await handmade.open(exchange, reply)));
      }
      const { AUTHENTICATION_FAILED, TICKET_LT_OPAQUE, TICKET_NACK } = NotifyType;
      assert.deepEqual(answers, [
        add.length > 0 ? [TICKET_LT_OPAQUE] : [],
        add.length > 0 ? [AUTHENTICATION_FAILED, TICKET_NACK] : [AUTHENTICATION_FAILED],
      ]);
    }
  });
}

test("[R-4.1-5] [R-4.1-7] [R-4.2-2] a round of EAP that breaks the rules is refused, and the request that came in the first one as well", async () => {
  for (const add of [[ASK], []]) {
    const simulation = eapSimulation({ provider: await loadProvider("ts"), server: { rounds: 2 } });
    const handmade = new HandmadeClient(simulation);
    const exchange = await handmade.init();
    const first = await handmade.auth(exchange, { omit: ["AUTH"], add });
    assert.deepEqual(notifyTypes(first.answer), []);
    const twice = { type: "EAP", message: Uint8Array.of(2, 1, 0, 4) } as const;
    const { replies: [reply] } = await handmade.deliver(await handmade.seal(exchange, [twice, twice], 2, IKE_AUTH));
    const { INVALID_SYNTAX, TICKET_NACK } = NotifyType;
    assert.deepEqual(
      notifyTypes(await handmade.open(exchange, reply)),
      add.length > 0 ? [INVALID_SYNTAX, TICKET_NACK] : [INVALID_SYNTAX],
    );
  }
});

test("[R-4.1-6] whoever was put off by TICKET_ACK gets the ticket by INFORMATIONAL, however little room responses have, as often as it asks", async () => {
  // Room for no ticket at all.
  const gateway = { maximumResponseLength: 128 };
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway });
  const handmade = new HandmadeClient(simulation);
  const exchange = await handmade.init();
  const { answer } = await handmade.auth(exchange, { add: [ASK] });
  assert.deepEqual(notifyTypes(answer), [NotifyType.TICKET_ACK]);
  for (const messageId of [2, 3, 4]) {
    const { replies: [reply], effects } = await handmade.deliver(await handmade.seal(exchange, [ASK], messageId));
    assert.deepEqual(notifyTypes(await handmade.open(exchange, reply)), [NotifyType.TICKET_LT_OPAQUE]);
    assert.equal(effectsOf(effects, "ticket-issued").length, 1);
    assert.ok(reply.octets.length > gateway.maximumResponseLength);
  }
});
