import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CryptoProvider } from "../../../src/crypto/provider.ts";
import { anyIpv4Selector } from "../../../src/ike/child_sa/traffic_selectors.ts";
import { effectsOf } from "../../simulation/simulation.ts";
import { loadKeyExchange, loadProvider } from "../../../src/providers/mod.ts";
import type { TicketKind } from "../../../src/ticket/issued_ticket.ts";
import { TwoGateways, type TwoGatewaysOptions } from "./two_gateways.ts";
import { alteration, Crowd } from "./waves.ts";

const CROWD = 6;
const provider: CryptoProvider = await loadProvider("wasm");
const keyExchange = await loadKeyExchange();

function scene(options: Partial<TwoGatewaysOptions> = {}, size = CROWD) {
  const gateways = new TwoGateways({ provider, keyExchange, ...options });
  return { gateways, crowd: new Crowd(gateways, size) };
}

test("a crowd that comes back, again and again, is told the same by lane and steps, and comes up by resumption", async () => {
  for (const [later, ticketKind] of [[false, "value"], [true, "value"], [false, "reference"], [true, "reference"]] as const) {
    const { gateways, crowd } = scene({ later, gateway: () => ({ ticketKind }) });
    await crowd.comeUp();
    for (let times = 0; times < 3; times++) {
      const before = gateways.taken;
      await crowd.comeUp();
      assert.equal(gateways.taken - before, TAKEN_OF_EACH * CROWD);
      for (const { effects } of crowd.clients) {
        assert.deepEqual(effectsOf(effects, "ike-sa-up").map(({ resumed }) => resumed), [true]);
      }
    }
  }
});

test("clients with MOBIKE come up in the lane, and may move then, to the same answers as by the steps", async () => {
  const gateways = new TwoGateways({ provider, keyExchange, gateway: () => ({ additionalAddresses: ["192.0.2.2"] }) });
  const crowd = new Crowd(gateways, CROWD, () => ({ mobike: true }));
  await crowd.comeUp();
  const before = gateways.taken;
  await crowd.comeUp();
  assert.equal(gateways.taken - before, TAKEN_OF_EACH * CROWD);
  const told = await gateways.receive(await crowd.move());
  // Until they have answered from there, nothing else goes to them than what asks for it.
  const proven = await gateways.receive(await crowd.take(told));
  assert.equal(effectsOf(proven, "peer-moved").length, CROWD);
  for (const { effects } of crowd.clients) {
    assert.deepEqual(effectsOf(effects, "ike-sa-up").map(({ resumed }) => resumed), [true]);
    assert.equal(effectsOf(effects, "addresses-updated").length, 1);
  }
});

test("a crowd whose answers are longer than a packet gets the same fragments from lane and steps", async () => {
  for (const later of [false, true]) {
    const { gateways, crowd } = scene({ later, gateway: () => ({ fragmentSize: 576, localSelectors: NETWORKS }) });
    await crowd.comeUp();
    const before = gateways.taken;
    await crowd.comeUp();
    assert.equal(gateways.taken - before, TAKEN_OF_EACH * CROWD);
    for (const { effects } of crowd.clients) {
      assert.deepEqual(effectsOf(effects, "ike-sa-up").map(({ resumed }) => resumed), [true]);
    }
  }
});

/** So many that no answer with them is in one packet of 576 octets. */
const NETWORKS = Array.from({ length: 60 }, (_, index) => ({
  ...anyIpv4Selector(),
  startAddress: Uint8Array.of(10, index, 0, 0),
  endAddress: Uint8Array.of(10, index, 0, 255),
}));

test("whatever becomes of the datagrams of a crowd on their way, lane and steps say and tell the same", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(alteration(), { minLength: 1, maxLength: 20 }),
      fc.boolean(),
      fc.constantFrom<TicketKind>("value", "reference"),
      async (alterations, later, ticketKind) => {
        const { gateways, crowd } = scene({ later, gateway: () => ({ ticketKind }) });
        await crowd.comeUp();
        await crowd.comeUp(alterations);
        gateways.nowMs += 1_000;
        await gateways.perform((responder, now) => responder.timeout(now));
        await crowd.comeUp();
        gateways.nowMs += 31_000;
        await gateways.perform((responder, now) => responder.timeout(now));
      },
    ),
    { numRuns: 150 },
  );
});

/** Datagrams of one resumption that go through the lane. */
const TAKEN_OF_EACH = 2;
