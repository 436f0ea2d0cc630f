import assert from "node:assert/strict";
import { test } from "node:test";
import { responderConfiguration } from "../../../src/ike/policy/responder_configuration.ts";
import { newTicketSeries } from "../../../src/ike/states/ticket_series.ts";
import { TicketRates } from "../../../src/ike/tickets/ticket_rates.ts";
import { TicketKeyRing } from "../../../src/ticket/ticket_key_ring.ts";
import { SeededRandom } from "../../simulation/seeded_random.ts";
import { fqdn } from "../../simulation/simulation.ts";

const WINDOW_MS = 600_000;

test("a step that has waited over the end of ten minutes has nobody's tickets counted anew", () => {
  const rates = new TicketRates(responderConfiguration({
    identity: fqdn("gateway.example"),
    presharedKeyOf: () => undefined,
    ticketKeys: TicketKeyRing.generate(new SeededRandom(1).octets, 0),
    ticketsPerIkeSa: 3,
    ticketsPerIdentity: 2,
  }));
  const [early, late] = [WINDOW_MS - 1, WINDOW_MS].map((monotonicMs) => ({ monotonicMs, epochSeconds: monotonicMs / 1_000 }));
  const next = (now: typeof early, owner: number) =>
    rates.next(newTicketSeries({ initiatorSpi: 1n, responderSpi: 2n }), owner, now);
  assert.ok(next(late, 1));
  assert.ok(next(late, 1));
  // It began before, and another waits.
  assert.ok(next(early, 2));
  assert.equal(next(early, 1), undefined);
  assert.equal(next(late, 1), undefined);
  const series = newTicketSeries({ initiatorSpi: 1n, responderSpi: 3n });
  const granted = [late, early, late, early].map((now, owner) => rates.next(series, 10 + owner, now)?.serial);
  assert.deepEqual(granted, [0, 1, 2, undefined]);
});
