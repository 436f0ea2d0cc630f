import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "../../src/client/client.ts";
import { ConnectionError } from "../../src/client/connection_error.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import { initiatorConfiguration } from "../../src/ike/policy/initiator_configuration.ts";
import { defaultEspProposals } from "../../src/ike/ike_sa/proposals.ts";
import { responderConfiguration } from "../../src/ike/policy/responder_configuration.ts";
import { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";

const SECRET = new TextEncoder().encode("a secret that both ends hold");
const [AEADS, CBC_WITH_HMAC] = defaultEspProposals();

test("[C-4.2] a client whose Child SA is refused deletes the IKE SA before it says so, and leaves nothing at the gateway", async () => {
  const ended: Effect[] = [];
  const gateway = await Gateway.listen({
    configuration: responderConfiguration({
      identity: { idType: 2, identification: new TextEncoder().encode("gateway.example") },
      presharedKeyOf: () => SECRET,
      ticketKeys: TicketKeyRing.generate(systemRandom, 0),
      espProposals: [CBC_WITH_HMAC],
    }),
    addresses: ["127.0.0.1"],
    port: 0,
    natPort: 0,
    onEffect: (effect) => {
      if (effect.type === "ike-sa-down") ended.push(effect);
    },
  });
  try {
    const attempt = connect({
      configuration: initiatorConfiguration({
        identity: { idType: 2, identification: new TextEncoder().encode("client.example") },
        presharedKey: SECRET,
        espProposals: [AEADS],
      }),
      gateway: { address: "127.0.0.1", port: gateway.local[0].port, natPort: gateway.encapsulatedLocal[0].port },
    });
    await assert.rejects(attempt, (error) => error instanceof ConnectionError && error.reason === "child-sa-failed");
    assert.deepEqual(ended.map((effect) => effect.type === "ike-sa-down" && effect.reason), ["deleted-by-peer"]);
    assert.equal(gateway.establishedCount, 0);
  } finally {
    await gateway.close();
  }
});
