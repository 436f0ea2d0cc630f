import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { IdleIkeSas } from "../../../../src/ike/states/idle/idle_ike_sas.ts";
import type { Effect } from "../../../../src/ike/states/effect.ts";
import type { Datagram } from "../../../../src/ike/steps/datagram.ts";
import type { Instant } from "../../../../src/ike/steps/instant.ts";
import { runWave } from "../../../../src/ike/steps/wave.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { sameOctets } from "../../../../src/wire/octets.ts";
import { effectsOf, GATEWAY_ADDRESS, Simulation } from "../../../simulation/simulation.ts";

const provider = await loadProvider("ts");

/** How many IKE SAs were woken, and have not come to rest again. */
function awakeIn(t: TestContext): () => number {
  const wake = t.mock.method(IdleIkeSas.prototype, "wake");
  const lay = t.mock.method(IdleIkeSas.prototype, "lay");
  return () => wake.mock.callCount() - lay.mock.calls.filter(({ result }) => result !== undefined).length;
}

for (const lane of [false, true]) {
  test(`what is no message of an IKE SA wakes none, and what is not authentic leaves none awake${lane ? ", in the lane too" : ""}`, async (t) => {
    const simulation = new Simulation({ provider, lane });
    await simulation.clientWithTicket();
    const isAuth = ({ octets, remote }: Datagram) => remote.address === GATEWAY_ADDRESS && octets[18] === 35;
    const request = simulation.network.sent.findLast(isAuth)!;
    const awake = awakeIn(t);
    const deliver = async (change: (octets: Uint8Array) => void) => {
      const octets = request.octets.slice();
      change(octets);
      const datagram = { ...request, octets, local: request.remote, remote: request.local };
      await simulation.actOnGateway(simulation.gateway.receive(datagram, simulation.now));
    };
    await deliver((octets) => octets[0] ^= 1);
    await deliver((octets) => octets[19] ^= 0x08);
    assert.equal(awake(), 0, "other SPIs");
    // Of this IKE SA, by its SPIs, and forged.
    await deliver((octets) => octets[octets.length - 1] ^= 1);
    await deliver((octets) => octets[23] = 2);
    assert.equal(awake(), 0, "forged");
    assert.equal(simulation.gateway.establishedCount, 1);
  });
}

test("of clients that are silent all at once only those are woken whose turn it is, and one that is heard of before its turn is asked when it is silent again", async (t) => {
  const CLIENTS = 5;
  const simulation = new Simulation({
    provider,
    gateway: { lifetimeJitter: 0, livenessSeconds: 60, livenessChecksPerSecond: 1, rekeyIkeSas: false },
  });
  for (let name = 0; name < CLIENTS; name++) await simulation.clientWithTicket();
  const { gateway, services } = simulation;
  const awake = awakeIn(t);
  const start = simulation.now;
  const after = (ms: number): Instant => ({ ...start, monotonicMs: start.monotonicMs + ms });
  const [asked] = await runWave([gateway.timeout(after(61_000))], services);
  assert.equal(effectsOf(asked, "send").length, 1);
  assert.equal(awake(), 1);
  // ESP of all the others comes before their turn.
  const others = effectsOf(simulation.gatewayEffects, "ike-sa-up").map(({ spis }) => spis);
  await runWave([gateway.peersHeard(others, after(61_500))], services);
  const [none] = await runWave([gateway.timeout(after(90_000))], services);
  assert.deepEqual(effectsOf(none, "send").filter(({ datagram }) => !isAgain(asked, datagram.octets)), []);
  assert.equal(awake(), 1);
  const sent = new Set<string>();
  for (let ms = 121_000; ms < 130_000; ms += 500) {
    const [effects] = await runWave([gateway.timeout(after(ms))], services);
    for (const { datagram: { octets } } of effectsOf(effects, "send")) {
      if (!isAgain(asked, octets)) sent.add(octets.subarray(0, 16).join());
    }
  }
  assert.equal(sent.size, CLIENTS - 1);
});

function isAgain(effects: readonly Effect[], octets: Uint8Array): boolean {
  return effectsOf(effects, "send").some(({ datagram }) => sameOctets(datagram.octets.subarray(0, 16), octets.subarray(0, 16)));
}
