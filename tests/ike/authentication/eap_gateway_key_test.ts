import assert from "node:assert/strict";
import { test } from "node:test";
import { responderConfiguration } from "../../../src/ike/responder.ts";
import { TicketKeyRing } from "../../../src/ticket/ticket_key_ring.ts";
import { SeededRandom } from "../../simulation/seeded_random.ts";
import { fqdn } from "../../simulation/simulation.ts";

test("EAP is had only by whoever accepts that the gateway's key can be guessed at home, and with a key that stands it", () => {
  const random = new SeededRandom(7).octets;
  const eap = { methodFor: () => undefined, admits: () => true };
  const configure = (key: Uint8Array, accepted: unknown = true) =>
    responderConfiguration({
      identity: fqdn("gateway.example"),
      presharedKeyOf: () => undefined,
      ticketKeys: TicketKeyRing.generate(random, 0),
      eap: { ...eap, gatewayKey: key, exposeGatewayKeyToOfflineGuessing: accepted as boolean },
    });
  const octets = (text: string) => new TextEncoder().encode(text);
  const strong = random(16);
  assert.deepEqual(configure(strong).eap?.gatewayKey, strong);
  configure(octets("0123456789abcdef0123456789abcdef"));
  configure(octets("3q2+7wAAAAECAwQFBgcICQ"));
  for (const accepted of [null, false, "yes", 1]) {
    assert.throws(() => configure(strong, accepted), {
      name: "RangeError",
      message: /exposeGatewayKeyToOfflineGuessing is not true/,
    });
  }
  for (const weak of ["", "hunter2", "correcthorsebattery", "0123456789abcdef0123456789abcde", "0".repeat(64)]) {
    assert.throws(() => configure(octets(weak)), (error: Error) => {
      assert.match(error.message, /^EAP: gatewayKey holds \d+ bits at most, expected 128/);
      return !weak || !error.message.includes(weak);
    });
  }
  assert.throws(() => configure(random(15)), /bits at most/);
});
