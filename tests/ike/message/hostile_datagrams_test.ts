import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { serialKey } from "../../../src/ike/responder.ts";
import type { Effect } from "../../../src/ike/states/effect.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { encodeMessage } from "../../../src/wire/message.ts";
import { copyOf } from "../../simulation/coming_back.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { HandmadeGateway } from "../../simulation/handmade_gateway.ts";
import { clientUp } from "../../simulation/handmade_up.ts";
import { effectsOf, endpoint, GATEWAY_ADDRESS, type SimulatedClient, Simulation } from "../../simulation/simulation.ts";
import { header, payloads } from "../../wire/arbitraries.ts";

const HALF_OPEN_LIMIT = 40;
const RUNS = 400;

test("the serial key is the responder's SPI; first messages, and octets too short for one, have none", () => {
  const spis = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 255, 255, 255, 255, 255, 255, 255, 254, 9);
  assert.equal(serialKey(spis), (1n << 64n) - 2n);
  assert.equal(serialKey(spis.fill(0, 8, 16)), undefined);
  for (let length = 0; length < 16; length++) assert.equal(serialKey(new Uint8Array(length).fill(1)), undefined);
});

test("no datagram makes a gateway throw, or keep more than its limits, whatever it is altered from", async () => {
  const { simulation, recorded } = await recording();
  const handmade = new HandmadeClient(simulation);
  const { spis } = await handmade.up();
  await handmade.init();
  await fc.assert(
    fc.asyncProperty(hostile(recorded, [spis.initiatorSpi], [spis.responderSpi, 0n]), async (octets) => {
      const { effects } = await handmade.deliver(octets);
      assertModest(effects);
      assert.ok(simulation.gateway.halfOpenCount <= HALF_OPEN_LIMIT);
    }),
    { numRuns: 4 * RUNS },
  );
  // The one client and the one that came up for the recording twice.
  assert.equal(simulation.gateway.establishedCount, 2);
  await simulation.run(simulation.network.nowMs + 31_000);
  assert.equal(simulation.gateway.halfOpenCount, 0);
  const { effects } = await handmade.deliver(await handmade.seal(await handmade.up(), [], 2));
  assert.equal(effectsOf(effects, "send").length, 1);
});

test("no datagram makes a client throw, in any state, or ends an IKE SA that is up", async () => {
  const { recorded } = await recording();
  for (const waitsFor of ["start", "IKE_SA_INIT", "IKE_SESSION_RESUME", "IKE_AUTH", "requests", "nothing"] as const) {
    const { simulation, client, responderSpi } = await clientIn(waitsFor);
    const { initiator, address } = client;
    await fc.assert(
      fc.asyncProperty(hostileTo(recorded, () => initiator.initiatorSpi, [responderSpi, 0n]), async (octets) => {
        const before = client.happenings.length;
        const datagram = {
          octets,
          local: endpoint(address, 500),
          remote: endpoint(GATEWAY_ADDRESS, 500),
          encapsulated: false,
        };
        await simulation.act(client, initiator.receive(datagram, simulation.now));
        assertModest(client.happenings.slice(before).map(({ effect }) => effect));
      }),
      { numRuns: RUNS },
    );
    if (waitsFor === "start" || waitsFor === "requests" || waitsFor === "nothing") assert.equal(initiator.waitsFor, waitsFor);
    else assert.equal(effectsOf(client.effects, "ike-sa-up").length, 0);
    // Whatever they made it believe, time ends it.
    simulation.network.interference = () => undefined;
    await simulation.run();
    assert.equal(effectsOf(client.effects, "ike-sa-up").length, waitsFor === "requests" || waitsFor === "nothing" ? 1 : 0);
  }
});

/** One datagram leads to one answer and a few words at most. */
function assertModest(effects: readonly Effect[]): void {
  assert.ok(effects.length <= 4, `${effects.map(({ type }) => type)}`);
  assert.ok(effectsOf(effects, "send").length <= 1);
}

/** Real datagrams of both directions: full exchange, resumption, liveness, delete. */
async function recording(): Promise<{ simulation: Simulation; recorded: readonly Uint8Array[] }> {
  // Another seed than the clients under test have: with theirs, some of what is recorded would be the right answer to them.
  const gateway = { halfOpenLimit: HALF_OPEN_LIMIT };
  const simulation = new Simulation({ provider: await loadProvider("ts"), seed: 77, gateway });
  const client = await simulation.clientWithTicket();
  const again = simulation.addClient({ identity: client.ticket.initiatorId }, copyOf(client.ticket));
  await simulation.start(again);
  await simulation.run();
  await simulation.act(again, again.initiator.checkLiveness(simulation.now));
  await simulation.run();
  const other = await simulation.clientWithTicket();
  await simulation.act(other, other.initiator.close(simulation.now));
  await simulation.run();
  return { simulation, recorded: simulation.network.sent.map(({ octets }) => octets) };
}

function hostileTo(recorded: readonly Uint8Array[], initiatorSpi: () => bigint, responderSpis: readonly bigint[]) {
  return hostile(recorded, [0n], responderSpis).map((octets) =>
    octets.length < 8 ? octets : withSpi(octets, 0, initiatorSpi())
  );
}

/** Random octets, well-formed messages of any content, and altered real ones, most of them with an SPI that is known. */
function hostile(
  recorded: readonly Uint8Array[],
  initiatorSpis: readonly bigint[],
  responderSpis: readonly bigint[],
): fc.Arbitrary<Uint8Array> {
  const random = fc.uint8Array({ maxLength: 600 });
  const wellFormed = fc.tuple(header, fc.constantFrom(34, 35, 36, 37, 38), fc.constantFrom(0, 1, 2, 3), payloads).map(
    ([head, exchangeType, messageId, content]) => encodeMessage({ ...head, exchangeType, messageId }, content),
  );
  const change = fc.tuple(fc.nat(1_000), fc.nat(255));
  const altered = fc.tuple(fc.constantFrom(...recorded), fc.array(change, { maxLength: 4 }), fc.nat(40), fc.boolean()).map(
    ([original, changes, shorter, cut]) => {
      const octets = original.slice(0, cut ? Math.max(0, original.length - shorter) : original.length);
      for (const [at, octet] of changes) octets[at % Math.max(1, octets.length)] = octet;
      return octets;
    },
  );
  const addressed = fc.tuple(
    fc.oneof(random, wellFormed, altered, altered),
    fc.constantFrom(undefined, ...initiatorSpis),
    fc.constantFrom(undefined, ...responderSpis),
    fc.boolean(),
  );
  return addressed.map(([octets, initiatorSpi, responderSpi, rightLength]) => {
    if (octets.length < 28) return octets;
    let result = octets;
    if (initiatorSpi !== undefined) result = withSpi(result, 0, initiatorSpi);
    if (responderSpi !== undefined) result = withSpi(result, 8, responderSpi);
    if (rightLength) new DataView(result.buffer, result.byteOffset).setUint32(24, result.length);
    return result;
  });
}

function withSpi(octets: Uint8Array, at: number, spi: bigint): Uint8Array {
  const copy = octets.slice();
  new DataView(copy.buffer).setBigUint64(at, spi);
  return copy;
}

/** A client that waits for this, with nothing real under way to it. */
async function clientIn(
  waitsFor: "start" | "IKE_SA_INIT" | "IKE_SESSION_RESUME" | "IKE_AUTH" | "requests" | "nothing",
): Promise<{ simulation: Simulation; client: SimulatedClient; responderSpi: bigint }> {
  if (waitsFor === "requests" || waitsFor === "nothing") {
    const { simulation, client, gateway, answered } = await clientUp();
    if (waitsFor === "nothing") {
      await simulation.act(client, client.initiator.close(simulation.now));
      const answer = { exchangeType: 37, messageId: 2 };
      await gateway.deliver(await gateway.seal(answered, [], answer));
    }
    return { simulation, client, responderSpi: answered.spis.responderSpi };
  }
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const up = await simulation.clientWithTicket();
  const ticket = waitsFor === "IKE_SESSION_RESUME" ? up.ticket : undefined;
  const client = simulation.addClient({ identity: up.ticket.initiatorId }, ticket);
  const gateway = new HandmadeGateway(simulation, client);
  if (waitsFor === "start") return { simulation, client, responderSpi: 1n };
  await simulation.start(client);
  if (waitsFor !== "IKE_AUTH") return { simulation, client, responderSpi: 1n };
  const { spis } = await gateway.answerInit();
  return { simulation, client, responderSpi: spis.responderSpi };
}
