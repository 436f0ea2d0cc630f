/**
 * Answers that anyone could have sent, while the client waits for the real one (RFC 5723, section 9.4).
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { notify } from "../../../src/ike/message/notify.ts";
import { ExchangeType, NotifyType } from "../../../src/wire/constants.ts";
import { encodeMessage } from "../../../src/wire/message.ts";
import { answerResume, answerResumedAuth, resumingClient } from "../../simulation/handmade_resume_answer.ts";
import { clientUp, handmadeUp } from "../../simulation/handmade_up.ts";
import { decoded } from "../../simulation/messages.ts";
import { effectsOf } from "../../simulation/simulation.ts";

const INFORMATIONAL = { exchangeType: ExchangeType.INFORMATIONAL, isResponse: true };

test("[R-4.3.2-3] [R-9.4-1] TICKET_NACK is not believed at once: the real answer that comes after it still counts", async () => {
  const resuming = await resumingClient();
  const { simulation, client, gateway } = resuming;
  await gateway.answerInClear([notify(NotifyType.TICKET_NACK)]);
  await simulation.run(simulation.network.nowMs + 500);
  assert.equal(gateway.received.header.exchangeType, ExchangeType.IKE_SESSION_RESUME);
  assert.deepEqual(effectsOf(client.effects, "resumption-failed"), []);
  const effects = await answerResumedAuth(resuming, await answerResume(resuming));
  assert.deepEqual(effectsOf(effects, "ike-sa-up").map(({ resumed }) => resumed), [true]);
});

test("[R-9.4-1] an answer to a client's DELETE that is not authentic ends nothing, and the real one ends the IKE SA", async () => {
  const { simulation, client, gateway, answered } = await clientUp();
  await simulation.act(client, client.initiator.close(simulation.now));
  const { header } = gateway.received;
  const answer = { ...header, ...INFORMATIONAL, fromInitiator: false };
  const real = await gateway.seal(answered, [], { ...INFORMATIONAL, messageId: header.messageId });
  for (const octets of [encodeMessage(answer, []), ...everyOctetAltered(real)]) {
    assert.deepEqual(effectsOf(await gateway.deliver(octets), "ike-sa-down"), []);
    assert.equal(client.initiator.waitsFor, "requests");
  }
  const effects = await gateway.deliver(real);
  assert.deepEqual(effectsOf(effects, "ike-sa-down").map(({ reason }) => reason), ["deleted-by-us"]);
});

test("[R-9.4-1] an answer to a gateway's DELETE that is not authentic ends nothing, and the real one ends the IKE SA", async () => {
  const { simulation, handmade, exchange } = await handmadeUp();
  await simulation.actOnGateway(simulation.gateway.close(exchange.spis, simulation.now));
  const { header } = decoded(simulation.network.sent.at(-1)!.octets);
  const answer = { ...header, ...INFORMATIONAL, fromInitiator: true };
  const real = await handmade.seal(exchange, [], header.messageId, INFORMATIONAL);
  for (const octets of [encodeMessage(answer, []), ...everyOctetAltered(real)]) {
    assert.deepEqual(effectsOf((await handmade.deliver(octets)).effects, "ike-sa-down"), []);
    assert.equal(simulation.gateway.establishedCount, 1);
  }
  const { effects } = await handmade.deliver(real);
  assert.deepEqual(effectsOf(effects, "ike-sa-down").map(({ reason }) => reason), ["deleted-by-us"]);
});

function everyOctetAltered(octets: Uint8Array): Uint8Array[] {
  return Array.from(octets, (_, at) => octets.map((octet, index) => index === at ? octet ^ 1 : octet));
}
