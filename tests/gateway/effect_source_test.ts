import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { Client } from "../../src/client/client.ts";
import { parseIdentity } from "../../src/configuration/mod.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { withSource } from "../../src/gateway/effect_source.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import { initiatorConfiguration } from "../../src/ike/policy/initiator_configuration.ts";
import { responderConfiguration } from "../../src/ike/policy/responder_configuration.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import { loadProvider } from "../../src/providers/mod.ts";
import { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";

const SECRET = new TextEncoder().encode("a secret that both ends hold");
const REMOTE = { address: "192.0.2.7", port: 4_500 };

test("effects that tell of a datagram alone get where it came from, and no others are copied", () => {
  const alive: Effect = { type: "peer-alive", spis: { initiatorSpi: 1n, responderSpi: 2n } };
  const effects: Effect[] = [alive, { type: "dropped", reason: "malformed" }, {
    type: "ticket-refused",
    reason: "used",
    profile: "rfc5723",
  }];
  const told = withSource(effects, REMOTE);
  assert.deepEqual(told.slice(1), [
    { type: "dropped", reason: "malformed", remote: REMOTE },
    { type: "ticket-refused", reason: "used", profile: "rfc5723", remote: REMOTE },
  ]);
  assert.equal(told[0], alive);
  const others = [alive];
  assert.equal(withSource(others, REMOTE), others);
});

for (const lane of [true, false]) {
  test(`a gateway says whose ticket it refused, and who sent what nobody understands, ${lane ? "with" : "without"} the lane`, async () => {
    const effects: Effect[] = [];
    let heard = () => {};
    const next = async <Type extends Effect["type"]>(type: Type) => {
      for (;;) {
        const found = effects.find((effect) => effect.type === type);
        if (found) return found as Extract<Effect, { type: Type }>;
        await new Promise<void>((resolve) => heard = resolve);
      }
    };
    await using gateway = await Gateway.listen({
      configuration: responderConfiguration({
        identity: parseIdentity("gateway.example"),
        presharedKeyOf: () => SECRET,
        ticketKeys: TicketKeyRing.generate(systemRandom, 0),
      }),
      addresses: ["127.0.0.1"],
      port: 0,
      natPort: 0,
      lane,
      provider: await loadProvider("wasm"),
      onEffect: (effect) => {
        effects.push(effect);
        heard();
      },
    });
    const stranger = createSocket("udp4");
    try {
      stranger.send(new Uint8Array(40), gateway.local[0].port, "127.0.0.1");
      await once(stranger, "listening");
      assert.deepEqual((await next("dropped")).remote, { address: "127.0.0.1", port: stranger.address().port });

      await using client = await Client.open({ address: "127.0.0.1" });
      const configuration = initiatorConfiguration({ identity: parseIdentity("ada"), presharedKey: SECRET });
      const way = { configuration, gateway: { ...gateway.local[0], natPort: gateway.encapsulatedLocal[0].port } };
      const session = await client.connect(way);
      const { ticket } = session;
      assert.ok(ticket);
      await session.close();
      const down = await next("ike-sa-down");
      const { initiatorId, remote } = await next("ike-sa-up");
      assert.deepEqual([down.initiatorId, down.remote], [initiatorId, remote]);
      // Its IKE SA was deleted, and so the ticket is taken back.
      await client.connect({ ...way, ticket });
      assert.deepEqual((await next("ticket-refused")).remote?.address, "127.0.0.1");
    } finally {
      stranger.close();
    }
  });
}
