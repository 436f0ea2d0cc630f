/**
 * Tickets that are taken back by identity (RFC 5723, section 9.8), where no list of single tickets knows of them: their IKE SAs went with an
 * earlier process of the gateway.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadProvider } from "../../../src/providers/mod.ts";
import type { Identity } from "../../../src/ticket/identity.ts";
import { copyOf, resumptions, upAndTicket } from "../../simulation/coming_back.ts";
import { eapClient, eapSimulation } from "../../simulation/eap_scene.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { effectsOf, fqdn, type SimulatedClient, Simulation } from "../../simulation/simulation.ts";

const NAI: Identity = { idType: 3, identification: new TextEncoder().encode("alice@realm.example") };

test("[R-9.8-1] a resumption that is half-open when its identity is revoked does not come up", async () => {
  const { simulation, client } = await upAndTicket();
  simulation.restartGateway();
  await assertHalfOpenEnds(simulation, client, client.ticket.initiatorId);
});

test("[R-9.8-1] a resumption whose identity is revoked while its last question to policy is waited for does not come up", async () => {
  const answer = Promise.withResolvers<undefined>();
  const asked = Promise.withResolvers<void>();
  let claims = 0;
  const claim = (batch: readonly unknown[]) => {
    claims += batch.length;
    return batch.map(() => true);
  };
  const services = { claims: { claim, isClaimed: (batch: readonly unknown[]) => batch.map(() => false) } };
  const simulation = new Simulation({ provider: await loadProvider("ts"), services });
  const client = await simulation.clientWithTicket();
  simulation.restartGateway({
    remoteSelectorsOf: () => {
      // Once whoever asks waits: with the lane it is asked first, and the step of the message again.
      setTimeout(asked.resolve, 0);
      return answer.promise;
    },
  });
  const ticket = copyOf(client.ticket);
  const handmade = new HandmadeClient(simulation);
  const going = handmade.deliver(await handmade.authRequest(await handmade.resume(ticket), ticket));
  await asked.promise;
  await simulation.actOnGateway(simulation.gateway.revokeIdentity(ticket.initiatorId, simulation.now));
  answer.resolve(undefined);
  assert.deepEqual((await going).effects, [{ type: "dropped", reason: "taken-back" }]);
  // Nor is it used, or others of its client ended in its favour.
  assert.equal(claims, 0);
  assert.equal(simulation.gateway.establishedCount, 0);
});

test("a resumption whose ticket is taken back while policy is waited for does not come up, without a list of such tickets either", async () => {
  // A message that is not authentic has had the keys made before, which are wiped when the ticket is taken back.
  for (const hasKeys of [false, true]) {
    const answer = Promise.withResolvers<undefined>();
    const asked = Promise.withResolvers<void>();
    const simulation = new Simulation({ provider: await loadProvider("ts"), services: { revocations: undefined } });
    const client = await simulation.clientWithTicket();
    const { ticket: { ticketId } } = effectsOf(simulation.gatewayEffects, "ticket-issued")[0];
    simulation.restartGateway({
      remoteSelectorsOf: () => {
        setTimeout(asked.resolve, 0);
        return answer.promise;
      },
    });
    const ticket = copyOf(client.ticket);
    const handmade = new HandmadeClient(simulation);
    const request = await handmade.authRequest(await handmade.resume(ticket), ticket);
    if (hasKeys) {
      const altered = request.slice();
      altered[altered.length - 1] ^= 1;
      await handmade.deliver(altered);
    }
    const going = handmade.deliver(request);
    await asked.promise;
    await simulation.actOnGateway(simulation.gateway.revokeTicket(ticketId, simulation.now));
    answer.resolve(undefined);
    assert.deepEqual((await going).effects, [{ type: "dropped", reason: "taken-back" }]);
    assert.equal(simulation.gateway.establishedCount, 0);
    assert.deepEqual((await handmade.deliver(request)).effects, [{ type: "dropped", reason: "refused-before" }]);
  }
});

test("[R-9.8-1] tickets of a time when they lived longer are revoked with their identity, and stay so as long as they live", async () => {
  const DAY = 86_400;
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { ticketLifetimeSeconds: DAY } });
  const client = await simulation.clientWithTicket();
  simulation.restartGateway({ ticketLifetimeSeconds: 600 });
  const { ticket } = client;
  await simulation.actOnGateway(simulation.gateway.revokeIdentity(ticket.initiatorId, simulation.now));
  for (const later of [0, DAY / 2]) {
    simulation.network.nowMs += 1_000 * later;
    // Whoever is revoked meanwhile, nobody is forgotten for it.
    await simulation.actOnGateway(simulation.gateway.revokeIdentity(fqdn("other.example"), simulation.now));
    const handmade = new HandmadeClient(simulation);
    const { effects } = await handmade.deliver(handmade.resumeRequest(ticket.ticket, simulation.random.octets(32)));
    assert.deepEqual(effectsOf(effects, "ticket-refused").map(({ reason }) => reason), ["revoked"]);
  }
});

test("[R-5-3] [R-9.8-1] a resumption that is half-open when its EAP identity is revoked does not come up", async () => {
  const simulation = eapSimulation({ provider: await loadProvider("ts"), server: { identity: NAI } });
  const client = await eapClient(simulation);
  simulation.restartGateway();
  await assertHalfOpenEnds(simulation, client, NAI);
});

test("[R-5-3] a ticket is refused by its EAP identity though its IKE SA is gone, and another's is not", async () => {
  for (const [identity, expected] of [[NAI, false], [fqdn("client1.example"), false], [fqdn("other.example"), true]] as const) {
    const simulation = eapSimulation({ provider: await loadProvider("ts"), server: { identity: NAI } });
    const client = await eapClient(simulation);
    const ticket = copyOf(client.ticket);
    simulation.restartGateway();
    await simulation.actOnGateway(simulation.gateway.revokeIdentity(identity, simulation.now));
    const again = simulation.addClient({ identity: ticket.initiatorId }, ticket);
    await simulation.start(again);
    await simulation.run();
    assert.deepEqual(resumptions(again), expected ? [true] : []);
  }
});

test("[R-5-3] by its EAP identity the ticket of an IKE SA that is up is taken back from the store, for every gateway", async () => {
  const simulation = eapSimulation({ provider: await loadProvider("ts"), server: { identity: NAI } });
  await eapClient(simulation);
  await simulation.actOnGateway(simulation.gateway.revokeIdentity(NAI, simulation.now));
  assert.equal(effectsOf(simulation.gatewayEffects, "ticket-revoked").length, 1);
});

/** The ticket is presented; then its identity is revoked; then IKE_AUTH comes, which is right. */
async function assertHalfOpenEnds(simulation: Simulation, client: SimulatedClient, identity: Identity): Promise<void> {
  const ticket = copyOf(client.ticket);
  const handmade = new HandmadeClient(simulation);
  const exchange = await handmade.resume(ticket);
  const request = await handmade.authRequest(exchange, ticket);
  await simulation.actOnGateway(simulation.gateway.revokeIdentity(identity, simulation.now));
  const { effects } = await handmade.deliver(request);
  assert.deepEqual(effectsOf(effects, "ike-sa-up"), []);
  assert.equal(simulation.gateway.establishedCount, 0);
}
