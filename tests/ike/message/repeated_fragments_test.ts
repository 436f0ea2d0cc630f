/**
 * Requests that come again in other fragments (RFC 7383, section 2.6.1), and what all fragments together may take.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { notify } from "../../../src/ike/message/notify.ts";
import type { ResponderOptions } from "../../../src/ike/responder.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { ExchangeType, NotifyType } from "../../../src/wire/constants.ts";
import type { Payload } from "../../../src/wire/payload.ts";
import { sealFragment, sealFragments } from "../../simulation/fragmenting.ts";
import { HandmadeClient, type HandmadeExchange } from "../../simulation/handmade_client.ts";
import { effectsOf, Simulation } from "../../simulation/simulation.ts";
import { watchProvider } from "../../simulation/watched_cryptography.ts";

const SUPPORTED = notify(NotifyType.IKEV2_FRAGMENTATION_SUPPORTED);
const OUTSIDE = [{ type: "dropped", reason: "message-id-outside-window" }];

async function ready(gateway: Partial<ResponderOptions> = {}) {
  const provider = watchProvider(await loadProvider("ts"));
  const simulation = new Simulation({ provider, gateway });
  const handmade = new HandmadeClient(simulation);
  const inPieces = (exchange: HandmadeExchange, payloads: readonly Payload[], messageId: number, pieceLength: number) => {
    const exchangeType = messageId === 1 ? ExchangeType.IKE_AUTH : ExchangeType.INFORMATIONAL;
    const header = { ...exchange.spis, exchangeType, fromInitiator: true, isResponse: false, messageId };
    return handmade.run(
      sealFragments({ ...exchange, role: "initiator", random: simulation.random.octets }, header, payloads, pieceLength),
    );
  };
  const deliverAll = async (messages: readonly Uint8Array[]) => {
    const replies: Uint8Array[] = [];
    for (const octets of messages) replies.push(...(await handmade.deliver(octets)).replies.map((reply) => reply.octets));
    return replies;
  };
  return { provider, simulation, handmade, inPieces, deliverAll };
}

for (const [first, again] of [[60, 40], [60, 90], [60, Infinity], [Infinity, 60], [40, 60]] as const) {
  const named = (length: number) => length === Infinity ? "one piece" : `pieces of ${length} octets`;
  test(`a request in ${named(first)} that comes again in ${named(again)} gets its answer again, once each time`, async () => {
    const { simulation, handmade, inPieces, deliverAll } = await ready();
    const exchange = await handmade.init({ extra: [SUPPORTED] });
    const auth = await handmade.authPayloads(exchange);
    const cut = async (payloads: readonly Payload[], id: number, length: number) =>
      length === Infinity ? [await handmade.seal(exchange, payloads, id)] : await inPieces(exchange, payloads, id, length);
    const answers = await deliverAll(await cut(auth, 1, first));
    assert.equal(answers.length, 1);
    for (let round = 0; round < 2; round++) assert.deepEqual(await deliverAll(await cut(auth, 1, again)), answers);
    assert.equal(simulation.gateway.establishedCount, 1);
    const asks = [notify(NotifyType.TICKET_REQUEST), { type: "V", vendorId: new Uint8Array(100) }] as const;
    const tickets = await deliverAll(await cut(asks, 2, first));
    assert.equal(tickets.length, 1);
    assert.deepEqual(await deliverAll(await cut(asks, 2, again)), tickets);
    // The one before that is too old, in whatever pieces.
    const [old] = await cut(auth, 1, again);
    assert.deepEqual((await handmade.deliver(old)).effects, OUTSIDE);
  });
}

test("what is not authentic, no first fragment, of another exchange, or another message in one piece, gets no answer", async () => {
  const { provider, simulation, handmade, inPieces } = await ready();
  const exchange = await handmade.init({ extra: [SUPPORTED] });
  await handmade.auth(exchange);
  await handmade.deliver(await handmade.seal(exchange, [], 2));
  const [one, two] = await inPieces(exchange, [{ type: "V", vendorId: new Uint8Array(100) }], 2, 60);
  const forged = one.slice();
  forged[forged.length - 1] ^= 1;
  provider.calls.length = 0;
  for (const octets of [forged, forged]) assert.deepEqual((await handmade.deliver(octets)).effects, OUTSIDE);
  assert.deepEqual(provider.calls, [{ operation: "open", size: 1 }, { operation: "open", size: 1 }], "one look, and no more");
  provider.calls.length = 0;
  assert.deepEqual((await handmade.deliver(two)).effects, OUTSIDE);
  assert.deepEqual((await handmade.deliver(await handmade.seal(exchange, [SUPPORTED], 2))).effects, OUTSIDE);
  const other = {
    ...exchange.spis,
    exchangeType: ExchangeType.CREATE_CHILD_SA,
    fromInitiator: true,
    isResponse: false,
    messageId: 2,
  };
  const fragment = { firstPayload: 0, fragmentNumber: 1, totalFragments: 2, piece: new Uint8Array(9) };
  const end = { ...exchange, role: "initiator", random: simulation.random.octets } as const;
  const sealed = await handmade.run(sealFragment(end, other, fragment));
  provider.calls.length = 0;
  assert.deepEqual((await handmade.deliver(sealed)).effects, OUTSIDE);
  assert.deepEqual(provider.calls, []);
  assert.equal((await handmade.deliver(one)).replies.length, 1);
});

test("a peer that never said that it knows of fragments gets nothing opened for a request of an old number", async () => {
  const { provider, handmade, inPieces } = await ready();
  const exchange = await handmade.up();
  const [one] = await inPieces(exchange, [{ type: "V", vendorId: new Uint8Array(100) }], 1, 60);
  provider.calls.length = 0;
  assert.deepEqual((await handmade.deliver(one)).effects, OUTSIDE);
  assert.deepEqual(provider.calls, []);
});

test("all fragments together are held within a bound: what began first goes, is counted, and can be sent again", async () => {
  const { simulation, handmade, inPieces, deliverAll } = await ready({ mostFragmentOctets: 65_536 });
  const { fragments } = simulation.gateway;
  const exchanges: HandmadeExchange[] = [];
  const held: number[] = [];
  for (let count = 0; count < 40; count++) {
    const exchange = await handmade.init({ extra: [SUPPORTED] });
    const { effects } = await handmade.deliver(await handmade.authRequest(exchange));
    assert.equal(effectsOf(effects, "ike-sa-up").length, 1);
    exchanges.push(exchange);
    const pieces = await inPieces(exchange, [{ type: "V", vendorId: new Uint8Array(3_000) }], 2, 1_000);
    await deliverAll(pieces.slice(0, 2));
    held.push(fragments.octets);
    assert.ok(fragments.octets <= 65_536, `${fragments.octets}`);
  }
  assert.ok(Math.max(...held) > 50_000);
  assert.ok(fragments.givenUp > 0 && fragments.givenUp < 40, `${fragments.givenUp}`);
  // The last one is whole with what is missing; the first one has to be sent again, as a whole.
  const last = exchanges.at(-1)!;
  const rest = (await inPieces(last, [{ type: "V", vendorId: new Uint8Array(3_000) }], 2, 1_000)).slice(2);
  assert.equal((await deliverAll(rest)).length, 1);
  const again = await inPieces(exchanges[0], [{ type: "V", vendorId: new Uint8Array(3_000) }], 2, 1_000);
  assert.equal((await deliverAll(again.slice(2))).length, 0);
  assert.equal((await deliverAll(again.slice(0, 2))).length, 1);
  // IKE SAs that end hold nothing.
  for (const { spis } of exchanges) await simulation.actOnGateway(simulation.gateway.close(spis, simulation.now));
  simulation.gateway.dispose();
  assert.equal(fragments.octets, 0);
});

test("fragments of half-open IKE SAs count in the same bound, until these expire", async () => {
  const { simulation, handmade, inPieces, deliverAll } = await ready({ mostFragmentOctets: 65_536 });
  for (let count = 0; count < 20; count++) {
    const exchange = await handmade.init({ extra: [SUPPORTED] });
    await deliverAll((await inPieces(exchange, [{ type: "V", vendorId: new Uint8Array(3_000) }], 1, 1_500)).slice(0, 2));
  }
  const { fragments } = simulation.gateway;
  assert.ok(fragments.octets > 30_000 && fragments.octets <= 65_536 && fragments.givenUp > 0);
  await simulation.run(simulation.network.nowMs + 31_000);
  assert.equal(simulation.gateway.halfOpenCount, 0);
  assert.equal(fragments.octets, 0);
});
