/**
 * What ends a ticket before its time: a reauthentication that is due, another shared key, algorithms that are not allowed any more.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { defaultIkeProposals, type IkeProposal } from "../../../src/ike/ike_sa/proposals.ts";
import { notify } from "../../../src/ike/message/notify.ts";
import type { ResponderOptions } from "../../../src/ike/responder.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import type { ClientTicket } from "../../../src/ticket/client_ticket.ts";
import type { Identity } from "../../../src/ticket/identity.ts";
import { sealTicketRequest } from "../../../src/ticket/ticket_by_value.ts";
import { encodeTicketState } from "../../../src/ticket/ticket_state.ts";
import { NotifyType } from "../../../src/wire/constants.ts";
import { comeBack, comesBackWith, copyOf, resumptions, upAndTicket } from "../../simulation/coming_back.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { notifyData, notifyTypes } from "../../simulation/messages.ts";
import { openTicketState } from "../../simulation/opened_ticket.ts";
import {
  effectsOf,
  PRESHARED_KEY,
  type SimulatedClient,
  Simulation,
  START_EPOCH_SECONDS,
} from "../../simulation/simulation.ts";
import { CREDENTIAL, expand } from "../../ticket/derived_uses.ts";
import { testEveryProvider } from "../every_provider.ts";

const OTHER_KEY = new TextEncoder().encode("another key for the same client, as long as it is");

/** What the gateway says to a presented ticket, and the reason that it counts. */
async function presented(simulation: Simulation, { ticket }: ClientTicket): Promise<string> {
  const handmade = new HandmadeClient(simulation, `203.0.113.${simulation.random.octets(1)[0]}`);
  const spi = new DataView(simulation.random.octets(8).buffer).getBigUint64(0);
  const { replies: [reply], effects } = await handmade.deliver(handmade.resumeRequest(ticket, new Uint8Array(32), [], spi));
  const [refusal] = effectsOf(effects, "ticket-refused");
  assert.equal(notifyTypes(reply.payloads).includes(NotifyType.TICKET_NACK), refusal !== undefined);
  return refusal?.reason ?? "accepted";
}

/** Comes back by its ticket, by hand, and asks for the next one: what the answer says of lifetimes. */
async function lifetimesAfterResumption(handmade: HandmadeClient, ticket: ClientTicket) {
  const exchange = await handmade.resume(ticket);
  const request = await handmade.authRequest(exchange, ticket, { add: [notify(NotifyType.TICKET_REQUEST)] });
  const { replies: [reply] } = await handmade.deliver(request);
  const answer = await handmade.open(exchange, reply);
  const secondsIn = (type: number) => {
    const data = notifyData(answer, type);
    return data && new DataView(data.buffer, data.byteOffset).getUint32(0);
  };
  const granted = notifyData(answer, NotifyType.TICKET_LT_OPAQUE);
  const next = granted && { ...copyOf(ticket), ticket: granted.slice(4), skD: exchange.keys.skD.slice() };
  return { authLifetime: secondsIn(NotifyType.AUTH_LIFETIME), ticketLifetime: secondsIn(NotifyType.TICKET_LT_OPAQUE), next };
}

async function upAt(
  gateway: Partial<ResponderOptions>,
): Promise<{ simulation: Simulation; client: SimulatedClient; upMs: number }> {
  const { simulation, client } = await upAndTicket(gateway);
  const { atMs } = simulation.gatewayHappenings.find(({ effect }) => effect.type === "ike-sa-up")!;
  return { simulation, client, upMs: atMs };
}

test("[R-5-7] [R-6.2-2] a chain of resumptions does not put the reauthentication off: AUTH_LIFETIME and tickets tell what is left", async () => {
  const { simulation, client, upMs } = await upAt({ reauthenticationSeconds: 1_000, ticketLifetimeSeconds: 600 });
  const handmade = new HandmadeClient(simulation);
  let ticket: ClientTicket | undefined = copyOf(client.ticket);
  for (const passed of [100, 300, 600, 900, 990]) {
    simulation.network.nowMs = upMs + 1_000 * passed;
    const { authLifetime, ticketLifetime, next } = await lifetimesAfterResumption(handmade, ticket!);
    assert.ok(Math.abs(authLifetime! - (1_000 - passed)) <= 1, `${authLifetime} after ${passed} s`);
    assert.ok(Math.abs(ticketLifetime! - Math.min(600, 1_000 - passed)) <= 1);
    if (next === undefined) break;
    ticket = next;
  }
  simulation.network.nowMs = upMs + 1_001_000;
  assert.notEqual(await presented(simulation, ticket!), "accepted");
});

test("[R-5-7] a ticket whose client has to prove itself anew is refused, also where it would live on", async () => {
  // It was issued before policy asked for it.
  const { simulation, client, upMs } = await upAt({ ticketLifetimeSeconds: 3_600 });
  simulation.restartGateway({ reauthenticationSeconds: 500 });
  simulation.network.nowMs = upMs + 400_000;
  assert.equal(await presented(simulation, client.ticket), "accepted");
  simulation.network.nowMs = upMs + 502_000;
  assert.equal(await presented(simulation, client.ticket), "reauthentication-due");
  assert.deepEqual(resumptions(await comeBack(simulation, client, copyOf(client.ticket))), [false]);
});

test("[R-5-7] an IKE SA that was resumed late ends when it has to, and not a whole time later", async () => {
  const { simulation, client, upMs } = await upAt({ reauthenticationSeconds: 1_000 });
  simulation.network.nowMs = upMs + 900_000;
  await comesBackWith(simulation, client, copyOf(client.ticket));
  assert.equal(simulation.gateway.establishedCount, 1);
  await simulation.run(upMs + 1_100_000);
  assert.equal(simulation.gateway.establishedCount, 0);
});

test("[R-5-7] by policy a resumption counts as proof: then each gives the whole time again", async () => {
  const { simulation, client, upMs } = await upAt({ reauthenticationSeconds: 1_000, resumptionReauthenticates: true });
  const handmade = new HandmadeClient(simulation);
  let ticket: ClientTicket = copyOf(client.ticket);
  for (const passed of [900, 1_800, 2_700]) {
    simulation.network.nowMs = upMs + 1_000 * passed;
    const { authLifetime, next } = await lifetimesAfterResumption(handmade, ticket);
    assert.equal(authLifetime, 1_000);
    ticket = next!;
  }
});

for (const ticketKind of ["value", "reference"] as const) {
  testEveryProvider(
    `[R-5-8] a changed shared key ends the tickets of its client, by ${ticketKind}, and nobody else's`,
    async (provider) => {
      const keys = new Map<string, Uint8Array>();
      const presharedKeyOf = ({ identification }: Identity) => keys.get(String(identification)) ?? PRESHARED_KEY;
      const simulation = new Simulation({ provider, gateway: { presharedKeyOf, ticketKind } });
      const [changed, other] = [await simulation.clientWithTicket(), await simulation.clientWithTicket()];
      const name = String(changed.ticket.initiatorId.identification);
      keys.set(name, OTHER_KEY);
      assert.equal(await presented(simulation, changed.ticket), "credential-changed");
      await comesBackWith(simulation, other, copyOf(other.ticket));
      // Neither do the octets of the old key in a new array change anything, nor does a key of no octets open anything.
      keys.set(name, PRESHARED_KEY.slice());
      assert.equal(await presented(simulation, changed.ticket), "accepted");
      keys.set(name, new Uint8Array(0));
      assert.equal(await presented(simulation, changed.ticket), "identity-unknown");
      // The same array, written over.
      const rewritten = PRESHARED_KEY.slice();
      keys.set(name, rewritten);
      assert.equal(await presented(simulation, changed.ticket), "accepted");
      rewritten[0] ^= 1;
      assert.equal(await presented(simulation, changed.ticket), "credential-changed");
    },
  );
}

test("[R-4.3.1-2] a resumption whose ticket expires while it is half-open does not come up: its use may have been forgotten by then", async () => {
  for (const lane of [true, false]) {
    const simulation = new Simulation({ provider: await loadProvider("ts"), lane, gateway: { ticketLifetimeSeconds: 60 } });
    const ticket = copyOf((await simulation.clientWithTicket()).ticket);
    simulation.restartGateway();
    const handmade = new HandmadeClient(simulation);
    await simulation.run(simulation.network.nowMs + 45_000);
    const request = await handmade.authRequest(await handmade.resume(ticket), ticket);
    simulation.network.nowMs += 20_000;
    const { effects } = await handmade.deliver(request);
    assert.deepEqual(effectsOf(effects, "ike-sa-down").map(({ reason }) => reason), ["authentication-failed"], `lane ${lane}`);
  }
});

test("[R-5-8] a resumption that is half-open when its client gets another shared key does not come up", async () => {
  for (const lane of [true, false]) {
    let sharedKey = PRESHARED_KEY;
    const simulation = new Simulation({
      provider: await loadProvider("ts"),
      lane,
      gateway: { presharedKeyOf: () => sharedKey },
    });
    const ticket = copyOf((await simulation.clientWithTicket()).ticket);
    simulation.restartGateway();
    const handmade = new HandmadeClient(simulation);
    const request = await handmade.authRequest(await handmade.resume(ticket), ticket);
    sharedKey = OTHER_KEY;
    const { effects } = await handmade.deliver(request);
    assert.equal(effectsOf(effects, "ike-sa-up").length, 0, `lane ${lane}`);
    assert.equal(effectsOf(effects, "ike-sa-down")[0].reason, "authentication-failed");
    // It was not used: whoever has the key of before again may come back.
    sharedKey = PRESHARED_KEY;
    const again = await handmade.deliver(await handmade.authRequest(await handmade.resume(copyOf(ticket)), ticket));
    assert.equal(effectsOf(again.effects, "ike-sa-up").length, 1);
  }
});

test("[R-5-8] the fingerprint in a ticket is HMAC-SHA2-256 under a key derived from the ticket key, and stays so along the chain", async () => {
  const { simulation, client } = await upAndTicket();
  const expected = createHmac("sha256", expand(simulation.ticketKeys.current.key, CREDENTIAL, 32)).update(PRESHARED_KEY)
    .digest();
  for (let ticket = client.ticket, round = 0; round < 3; round++) {
    const { credential } = await openTicketState(simulation, ticket);
    assert.deepEqual(credential, new Uint8Array(expected.subarray(0, 8)));
    ticket = (await comeBack(simulation, client, copyOf(ticket))).ticket;
  }
});

test("[R-5-8] [R-6.1-3] tickets stay bound when the ticket key changes, and a resumption brings them under the new one", async () => {
  let sharedKey = PRESHARED_KEY;
  const { simulation, client } = await upAndTicket({ presharedKeyOf: () => sharedKey });
  simulation.ticketKeys.rotate(simulation.random.octets, START_EPOCH_SECONDS + 1);
  sharedKey = OTHER_KEY;
  assert.equal(await presented(simulation, client.ticket), "credential-changed");
  sharedKey = PRESHARED_KEY;
  const again = await comeBack(simulation, client, copyOf(client.ticket));
  const expected = createHmac("sha256", expand(simulation.ticketKeys.current.key, CREDENTIAL, 32)).update(PRESHARED_KEY)
    .digest();
  assert.deepEqual((await openTicketState(simulation, again.ticket)).credential, new Uint8Array(expected.subarray(0, 8)));
  sharedKey = OTHER_KEY;
  assert.equal(await presented(simulation, again.ticket), "credential-changed");
});

test("[R-5-8] an IKE SA whose client has another key by now gets no more tickets: asked for alone, or by rekeying", async () => {
  for (const rotated of [false, true]) {
    let sharedKey = PRESHARED_KEY;
    const { simulation, client } = await upAndTicket({ presharedKeyOf: () => sharedKey });
    if (rotated) simulation.ticketKeys.rotate(simulation.random.octets, START_EPOCH_SECONDS + 1);
    await simulation.act(client, client.initiator.requestTicket(simulation.now));
    await simulation.run();
    assert.equal(effectsOf(client.effects, "ticket-received").length, 2);
    sharedKey = OTHER_KEY;
    await simulation.act(client, client.initiator.requestTicket(simulation.now));
    await simulation.run();
    await simulation.act(client, client.initiator.rekey(simulation.now));
    await simulation.run();
    assert.equal(effectsOf(client.effects, "ticket-received").length, 2);
    assert.deepEqual(effectsOf(client.effects, "ticket-not-granted").map(({ answer }) => answer), ["nack", "nack"]);
    sharedKey = PRESHARED_KEY;
    await simulation.act(client, client.initiator.requestTicket(simulation.now));
    await simulation.run();
    assert.equal(effectsOf(client.effects, "ticket-received").length, 3);
  }
});

test("[R-5-8] by policy tickets are not bound; and those of versions that did not bind them are accepted, and bound from then on", async () => {
  let sharedKey = PRESHARED_KEY;
  const { simulation, client } = await upAndTicket({ presharedKeyOf: () => sharedKey });
  simulation.restartGateway({ bindTicketsToSharedKey: false });
  sharedKey = OTHER_KEY;
  assert.equal(await presented(simulation, client.ticket), "accepted");
  simulation.restartGateway();
  assert.equal(await presented(simulation, client.ticket), "credential-changed");
  const { credential: _, issue: __, ...earlier } = await openTicketState(simulation, client.ticket);
  assert.equal(
    encodeTicketState(earlier).length,
    encodeTicketState(await openTicketState(simulation, client.ticket)).length - 30,
  );
  const request = sealTicketRequest(earlier, simulation.ticketKeys, simulation.random.octets)!;
  const [ticket] = await simulation.services.provider.seal([request]);
  const again = await comeBack(simulation, client, { ...copyOf(client.ticket), ticket });
  assert.deepEqual(resumptions(again), [true]);
  sharedKey = PRESHARED_KEY;
  assert.equal(await presented(simulation, again.ticket), "credential-changed");
});

test("[R-5-8] a ticket whose algorithms are not allowed any more is refused, whichever of them it is, unless policy says otherwise", async () => {
  const { simulation, client } = await upAndTicket();
  const [aead, cbc] = defaultIkeProposals();
  const { proposal } = client.ticket;
  const used = (type: number) => proposal.transforms.find(({ transformType }) => transformType === type)!.transformId;
  const without: Record<string, readonly IkeProposal[]> = {
    encryption: [{ ...aead, encryption: aead.encryption.filter(({ algorithm }) => algorithm.id !== used(1)) }, cbc],
    "key length": [{ ...aead, encryption: aead.encryption.filter(({ keyLength }) => keyLength !== 32) }, cbc],
    prf: [aead, cbc].map((one) => ({ ...one, prfs: one.prfs.filter(({ id }) => id !== used(2)) })),
    group: [aead, cbc].map((one) => ({ ...one, groups: one.groups.filter(({ id }) => id !== used(4)) })),
    "all together, though each is in one": [
      { ...aead, prfs: aead.prfs.filter(({ id }) => id !== used(2)) },
      { ...aead, groups: aead.groups.filter(({ id }) => id !== used(4)) },
    ],
  };
  for (const [what, ikeProposals] of Object.entries(without)) {
    simulation.restartGateway({ ikeProposals });
    assert.equal(await presented(simulation, client.ticket), "algorithms", what);
    simulation.restartGateway({ ikeProposals, resumeWithAnyAlgorithms: true });
    assert.equal(await presented(simulation, client.ticket), "accepted", what);
  }
  simulation.restartGateway({ ikeProposals: [cbc, aead] });
  await comesBackWith(simulation, client, copyOf(client.ticket));
});

test("[R-5-8] the integrity of a ticket that no AEAD protects has to be allowed too", async () => {
  const [, cbc] = defaultIkeProposals();
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const client = await simulation.clientWithTicket({ ikeProposals: [cbc] });
  const used = client.ticket.proposal.transforms.find(({ transformType }) => transformType === 3)!.transformId;
  simulation.restartGateway({ ikeProposals: [{ ...cbc, integrity: cbc.integrity.filter(({ id }) => id !== used) }] });
  assert.equal(await presented(simulation, client.ticket), "algorithms");
  simulation.restartGateway({ ikeProposals: [cbc] });
  await comesBackWith(simulation, client, copyOf(client.ticket));
});
