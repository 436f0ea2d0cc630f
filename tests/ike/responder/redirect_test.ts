/**
 * Clients that are up and are sent to another gateway, one after the other (RFC 5685, section 5).
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { responderConfiguration, type ResponderOptions } from "../../../src/ike/responder.ts";
import { notify } from "../../../src/ike/message/notify.ts";
import { redirected } from "../../../src/ike/message/redirect_notifies.ts";
import { loadKeyExchange, loadProvider } from "../../../src/providers/mod.ts";
import { TicketKeyRing } from "../../../src/ticket/ticket_key_ring.ts";
import { ExchangeType, NotifyType } from "../../../src/wire/constants.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { decoded } from "../../simulation/messages.ts";
import { SeededRandom } from "../../simulation/seeded_random.ts";
import { effectsOf, fqdn, PRESHARED_KEY, Simulation, START_EPOCH_SECONDS } from "../../simulation/simulation.ts";
import { TwoGateways } from "../lane/two_gateways.ts";
import { Crowd } from "../lane/waves.ts";

const ELSEWHERE = "192.0.2.77";

async function scene(gateway: Partial<ResponderOptions> = {}): Promise<Simulation> {
  return new Simulation({ provider: await loadProvider("ts"), gateway: { livenessSeconds: 0, ...gateway } });
}

test("a client by hand is told in an INFORMATIONAL, without a nonce, and that counts once it has answered", async () => {
  const simulation = await scene();
  const handmade = new HandmadeClient(simulation);
  const exchange = await handmade.init({ extra: [notify(NotifyType.REDIRECT_SUPPORTED)] });
  await handmade.deliver(await handmade.authRequest(exchange));
  const effects = await handmade.run(simulation.gateway.administration.redirect("all", ELSEWHERE, simulation.now));
  const [{ datagram }] = effectsOf(effects, "send");
  const request = decoded(datagram.octets);
  assert.equal(request.header.exchangeType, ExchangeType.INFORMATIONAL);
  const payloads = await handmade.open(exchange, request);
  assert.equal(redirected(payloads), ELSEWHERE);
  assert.deepEqual(payloads.map((payload) => payload.type === "N" && [...payload.data]), [[1, 4, 192, 0, 2, 77]]);
  assert.deepEqual(effectsOf(effects, "client-redirected"), []);
  const answer = await handmade.seal(exchange, [], 0, { exchangeType: ExchangeType.INFORMATIONAL, isResponse: true });
  const told = await handmade.deliver(answer);
  assert.equal(effectsOf(told.effects, "client-redirected")[0].to, ELSEWHERE);
  assert.equal(simulation.gateway.establishedCount, 1, "the IKE SA is the client's to delete");
});

test("clients are told at the rate that is configured, and those that do not follow not at all", async () => {
  const simulation = await scene({ redirectsPerSecond: 20 });
  const clients = Array.from({ length: 30 }, (_, index) => simulation.addClient({ followRedirects: index < 20 }));
  await simulation.start(...clients);
  await simulation.run(simulation.network.nowMs + 1_000);
  const asked = () => clients.flatMap(({ effects }) => effectsOf(effects, "redirection-asked")).length;
  await simulation.actOnGateway(simulation.gateway.administration.redirect("all", ELSEWHERE, simulation.now));
  await simulation.run(simulation.network.nowMs + 500);
  assert.ok(asked() >= 5 && asked() <= 14, `${asked()} in half a second`);
  await simulation.run(simulation.network.nowMs + 2_000);
  assert.equal(asked(), 20);
  const { to, spis } = effectsOf(clients[0].effects, "redirection-asked")[0];
  assert.deepEqual([to, spis], [ELSEWHERE, effectsOf(clients[0].effects, "ike-sa-up")[0].spis]);
});

test("a client that was half-open when its gateway began to leave comes up, and is told to go; one that does not follow is not", async () => {
  for (const followRedirects of [true, false]) {
    const simulation = await scene();
    const client = simulation.addClient({ followRedirects });
    await simulation.start(client);
    while (simulation.gateway.halfOpenCount === 0) await simulation.run(simulation.network.nowMs + 1);
    simulation.gateway.leave(ELSEWHERE);
    await simulation.actOnGateway(simulation.gateway.administration.redirect("all", ELSEWHERE, simulation.now));
    assert.equal(simulation.gateway.establishedCount, 0);
    await simulation.run(simulation.network.nowMs + 1_000);
    assert.equal(effectsOf(client.effects, "ike-sa-up").length, 1);
    assert.deepEqual(effectsOf(client.effects, "redirection-asked").map(({ to }) => to), followRedirects ? [ELSEWHERE] : []);
  }
});

test("a client that resumed through the lane, and was idle since, is told as any", async () => {
  const gateways = new TwoGateways({ provider: await loadProvider("wasm"), keyExchange: await loadKeyExchange() });
  const crowd = new Crowd(gateways, 3, (number) => ({ followRedirects: number > 0 }));
  await crowd.comeUp();
  await crowd.comeUp();
  const told = await gateways.perform((responder, now) => responder.administration.redirect("all", ELSEWHERE, now));
  assert.equal(effectsOf(told, "send").length, 2);
});

test("an IKE SA that is rekeyed while its client is yet to hear of it takes the message along", async () => {
  const simulation = await scene();
  const client = simulation.addClient({ followRedirects: true });
  await simulation.start(client);
  await simulation.run(simulation.network.nowMs + 1_000);
  const { spis } = effectsOf(client.effects, "ike-sa-up")[0];
  await simulation.actOnGateway(simulation.gateway.rekey(spis, simulation.now));
  await simulation.actOnGateway(simulation.gateway.administration.redirect("all", ELSEWHERE, simulation.now));
  await simulation.run(simulation.network.nowMs + 1_000);
  assert.equal(effectsOf(client.effects, "redirection-asked").length, 1);
  assert.notDeepEqual(effectsOf(client.effects, "redirection-asked")[0].spis, spis);
});

test("one that is rekeyed while it waits for its turn keeps the turn, by either end", async () => {
  for (const byGateway of [true, false]) {
    const simulation = await scene({ redirectsPerSecond: 1 });
    const clients = Array.from({ length: 3 }, () => simulation.addClient({ followRedirects: true }));
    await simulation.start(...clients);
    await simulation.run(simulation.network.nowMs + 1_000);
    await simulation.actOnGateway(simulation.gateway.administration.redirect("all", ELSEWHERE, simulation.now));
    const [, waiting] = clients;
    const { spis } = effectsOf(waiting.effects, "ike-sa-up")[0];
    if (byGateway) await simulation.actOnGateway(simulation.gateway.rekey(spis, simulation.now));
    else await simulation.act(waiting, waiting.initiator.rekey(simulation.now));
    const asked = () => clients.map(({ effects }) => effectsOf(effects, "redirection-asked").length);
    await simulation.run(simulation.network.nowMs + 1_500);
    assert.deepEqual(asked(), [1, 1, 0]);
    await simulation.run(simulation.network.nowMs + 2_000);
    assert.deepEqual(asked(), [1, 1, 1]);
  }
});

test("nobody's turn is lost to those that do not follow, or are gone", async () => {
  const simulation = await scene({ redirectsPerSecond: 1 });
  const clients = Array.from({ length: 12 }, (_, index) => simulation.addClient({ followRedirects: index % 4 < 2 }));
  await simulation.start(...clients);
  await simulation.run(simulation.network.nowMs + 1_000);
  await simulation.actOnGateway(simulation.gateway.administration.redirect("all", ELSEWHERE, simulation.now));
  for (const { effects } of [clients[1], clients[4]]) {
    await simulation.actOnGateway(simulation.gateway.close(effectsOf(effects, "ike-sa-up")[0].spis, simulation.now));
  }
  await simulation.run(simulation.network.nowMs + 3_500);
  const asked = clients.flatMap(({ effects }, index) => effectsOf(effects, "redirection-asked").length > 0 ? [index] : []);
  assert.deepEqual(asked, [0, 5, 8, 9]);
});

test("whoever is sent elsewhere anew before the first message is answered hears of both, and each is told as it was said", async () => {
  const simulation = await scene();
  const handmade = new HandmadeClient(simulation);
  const exchange = await handmade.init({ extra: [notify(NotifyType.REDIRECT_SUPPORTED)] });
  await handmade.deliver(await handmade.authRequest(exchange));
  const { administration } = simulation.gateway;
  await handmade.run(administration.redirect("all", ELSEWHERE, simulation.now));
  simulation.network.nowMs += 100;
  assert.deepEqual(effectsOf(await handmade.run(administration.redirect("all", "192.0.2.78", simulation.now)), "send"), []);
  for (const [messageId, to] of [ELSEWHERE, "192.0.2.78"].entries()) {
    const answer = await handmade.seal(exchange, [], messageId, { exchangeType: ExchangeType.INFORMATIONAL, isResponse: true });
    const { effects } = await handmade.deliver(answer);
    assert.deepEqual(effectsOf(effects, "client-redirected").map((told) => told.to), [to]);
    const sent = effectsOf(effects, "send").map(({ datagram }) => decoded(datagram.octets));
    assert.equal(sent.length, messageId === 0 ? 1 : 0);
    if (messageId === 0) assert.equal(redirected(await handmade.open(exchange, sent[0])), "192.0.2.78");
  }
});

test("a rate that is out of range is refused with what would be right", () => {
  const ticketKeys = TicketKeyRing.generate(new SeededRandom(1).octets, START_EPOCH_SECONDS);
  const required = { identity: fqdn("gateway.example"), presharedKeyOf: () => PRESHARED_KEY, ticketKeys };
  assert.throws(
    () => responderConfiguration({ ...required, redirectsPerSecond: 0 }),
    /redirectsPerSecond is 0, expected a whole number from 1 to 1000000/,
  );
});
