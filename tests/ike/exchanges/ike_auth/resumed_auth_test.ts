/**
 * What a gateway makes of IKE_AUTH after IKE_SESSION_RESUME (RFC 5723, section 4.3.3), whose AUTH is made by hand.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { findPayload } from "../../../../src/ike/message/notify.ts";
import { NotifyType } from "../../../../src/wire/constants.ts";
import { comesBackWith, copyOf, upAndTicket } from "../../../simulation/coming_back.ts";
import { HandmadeClient } from "../../../simulation/handmade_client.ts";
import { notifyTypes } from "../../../simulation/messages.ts";
import { effectsOf } from "../../../simulation/simulation.ts";

/** RSA, DSS, ECDSA, digital signature, NULL, and two that nobody has given a meaning. */
const OTHER_METHODS = [0, 1, 3, 9, 13, 14, 255];

test("[R-4.3.3-1] [R-4.3.3-5] after resumption a gateway takes AUTH of no other method than shared key, however right its octets, and the ticket stays usable", async () => {
  const { simulation, client } = await upAndTicket();
  const ticket = copyOf(client.ticket);
  for (const method of OTHER_METHODS) {
    const handmade = new HandmadeClient(simulation);
    const exchange = await handmade.resume(ticket);
    const right = await handmade.authPayloads(exchange, ticket.initiatorId);
    const replace = [{ ...findPayload(right, "AUTH")!, method }];
    const { replies: [reply], effects } = await handmade.deliver(await handmade.authRequest(exchange, ticket, { replace }));
    assert.deepEqual(notifyTypes(await handmade.open(exchange, reply)), [NotifyType.AUTHENTICATION_FAILED], `method ${method}`);
    assert.deepEqual(effectsOf(effects, "ike-sa-up"), []);
  }
  await comesBackWith(simulation, client, ticket);
});
