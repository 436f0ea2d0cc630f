/**
 * Somebody on the path who changes what nothing in the keys depends on, in a copy of the gateway's own answer, and is faster than the original.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ExchangeType } from "../../../../src/wire/constants.ts";
import { copyOf, resumptions, upAndTicket } from "../../../simulation/coming_back.ts";
import { decoded } from "../../../simulation/messages.ts";
import { effectsOf, endpoint, GATEWAY_ADDRESS, type SimulatedClient, type Simulation } from "../../../simulation/simulation.ts";

/** Octets of IKE's header, of SK's, and of the IV of AES-GCM (RFC 5282, section 3). */
const [IV_OFFSET, IV_LENGTH] = [28 + 4, 8];

for (const resuming of [true, false]) {
  const title = resuming ? "IKE_SESSION_RESUME" : "IKE_SA_INIT";

  test(`an altered copy of the answer to ${title} before it does not keep the client out, and makes no key seal two messages alike`, async () => {
    const { simulation, client } = await upAndTicket();
    const identity = client.ticket.initiatorId;
    const again = simulation.addClient({ identity }, resuming ? copyOf(client.ticket) : undefined);
    const sealed = attack(simulation, again);
    await simulation.start(again);
    await simulation.run(simulation.network.nowMs + 5_000);
    assert.deepEqual(resumptions(again), [resuming]);
    assert.deepEqual(effectsOf(again.effects, "resumption-failed"), []);
    const [ofClient] = effectsOf(again.effects, "child-sa-up");
    const ofGateway = effectsOf(simulation.gatewayEffects, "child-sa-up").at(-1)!;
    assert.equal(ofClient.childSa.inboundSpi, ofGateway.childSa.outboundSpi, "both mean one Child SA");
    const byIv = new Map<string, string>();
    for (const octets of sealed) {
      const iv = octets.slice(IV_OFFSET, IV_OFFSET + IV_LENGTH).toString();
      assert.equal(byIv.get(iv) ?? octets.toString(), octets.toString(), "one IV, one message");
      byIv.set(iv, octets.toString());
    }
    assert.ok(byIv.size >= 1);
  });
}

/** Sends an altered copy before each first answer. What it returns are the IKE_AUTH requests of the client, as they are sent. */
function attack(simulation: Simulation, client: SimulatedClient): Uint8Array[] {
  const sealed: Uint8Array[] = [];
  simulation.network.interference = (datagram) => {
    const { header } = decoded(datagram.octets);
    if (header.exchangeType === ExchangeType.IKE_AUTH && datagram.local.address === client.address) {
      sealed.push(datagram.octets);
    }
    const isFirstAnswer = header.isResponse && header.messageId === 0 && header.responderSpi !== 0n &&
      datagram.remote.address === client.address;
    if (!isFirstAnswer) return datagram;
    const altered = datagram.octets.slice();
    // The last octet of NAT_DETECTION_DESTINATION_IP.
    altered[altered.length - 1] ^= 1;
    simulation.network.inject(altered, endpoint(GATEWAY_ADDRESS, 500), datagram.remote);
    return datagram;
  };
  return sealed;
}
