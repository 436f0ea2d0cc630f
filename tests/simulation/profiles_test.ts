/**
 * What every form of resumption has to do: one suite for all of them.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ProfileName, ResumptionProfile } from "../../src/ike/profiles/resumption_profile.ts";
import { parseSelectors } from "../../src/configuration/mod.ts";
import { RFC_5723 } from "../../src/ike/profiles/rfc5723.ts";
import { loadProvider } from "../../src/providers/mod.ts";
import { isSpent } from "../../src/ticket/client_ticket.ts";
import { ExchangeType } from "../../src/wire/constants.ts";
import { assertSameKeys, copyOf, gatewayChildSa, resumptions } from "./coming_back.ts";
import { presents, PROFILES, profileScene, refusals, returns } from "./profiles_scene.ts";
import { effectsOf, endpoint, fqdn, GATEWAY_ADDRESS, Simulation } from "./simulation.ts";

/** The identifiers that a test proves in each draft. */
type Rows = { readonly [Name in Exclude<ProfileName, "rfc5723">]: string };

function testEveryProfile(rows: Rows, title: string, body: (profile: ResumptionProfile) => Promise<void>): void {
  for (const profile of PROFILES) {
    const proven = profile.name === "rfc5723" ? "" : `${rows[profile.name]} `;
    test(`${proven}${title} (${profile.name})`, async () => await body(profile));
  }
}

testEveryProfile(
  { "failover-03": "[B-4.2-3]", "resumption-00": "[A-3.2-7]" },
  "a client comes back by its ticket, with keys of its own, and its old IKE SA goes without a DELETE",
  async (profile) => {
    const { simulation, client, ticket } = await profileScene(profile);
    const before = gatewayChildSa(simulation);
    const again = await returns({ simulation, client }, ticket, profile);
    assert.deepEqual(resumptions(again), [true]);
    assertSameKeys(again.childSa, gatewayChildSa(simulation));
    assert.notDeepEqual(again.childSa.inbound.encryptionKey, before.inbound.encryptionKey);
    assert.equal(simulation.gateway.establishedCount, 1);
    const [down] = effectsOf(simulation.gatewayEffects, "ike-sa-down");
    assert.equal(down.reason, "replaced-by-resumption");
    assert.equal(simulation.network.sent.some(({ remote }) => remote.address === client.address && remote.port === 0), false);
    assert.equal(client.effects.some(({ type }) => type === "ike-sa-down"), false);
    assert.ok(isSpent(ticket));
  },
);

testEveryProfile(
  { "failover-03": "[B-4.2.3-1]", "resumption-00": "[A-3.1-2]" },
  "each resumption brings the ticket for the next one, of the same profile",
  async (profile) => {
    const scene = await profileScene(profile);
    let ticket = scene.ticket;
    for (let round = 0; round < 5; round++) {
      const again = await returns(scene, copyOf(ticket), profile);
      assert.deepEqual(resumptions(again), [true]);
      assert.notDeepEqual(again.ticket.ticket, ticket.ticket);
      assert.equal(again.ticket.profile ?? "rfc5723", profile.name);
      ticket = again.ticket;
    }
    assert.equal(scene.simulation.gateway.establishedCount, 1);
  },
);

testEveryProfile(
  { "failover-03": "[B-4.2-1]", "resumption-00": "[A-3.2-5]" },
  "datagrams are lost, doubled and reordered, and clients are up in the end, both ends with the same keys",
  async (profile) => {
    for (let seed = 1; seed <= 25; seed++) {
      const scene = await profileScene(profile, { seed });
      const { simulation } = scene;
      simulation.network.conditions = { loss: 0.25, duplication: 0.3, minimumDelayMs: 1, maximumDelayMs: 400 };
      const again = await returns(scene, scene.ticket, profile);
      assert.equal(again.initiator.waitsFor, "requests", `seed ${seed}: ${again.effects.map(({ type }) => type)}`);
      assertSameKeys(again.childSa, gatewayChildSa(simulation));
      await simulation.run(simulation.network.nowMs + 40_000);
      assert.equal(simulation.gateway.halfOpenCount, 0);
    }
  },
);

testEveryProfile(
  { "failover-03": "[B-7.8-1]", "resumption-00": "[A-3.2-7]" },
  "a first message that somebody sends again and again, from everywhere, ends no IKE SA, uses no ticket and keeps no address",
  async (profile) => {
    const innerAddresses = { ranges: parseSelectors("10.9.0.1-10.9.0.2") };
    const scene = await profileScene(profile, { gateway: { innerAddresses } }, { requestInnerAddress: true });
    const { simulation, client } = scene;
    const taken: Uint8Array[] = [];
    // The client's message is caught on its way.
    simulation.network.interference = (datagram) => {
      if (datagram.remote.address === GATEWAY_ADDRESS) taken.push(datagram.octets.slice());
      return undefined;
    };
    const again = await presents(scene, scene.ticket, profile, { requestInnerAddress: true });
    simulation.network.interference = () => undefined;
    for (let round = 0; round < 4; round++) {
      for (let attacker = 1; attacker < 30; attacker++) {
        simulation.network.inject(taken[0], endpoint(`203.0.113.${attacker}`, 500), endpoint(GATEWAY_ADDRESS, 500));
      }
      await simulation.run(simulation.network.nowMs + 100);
      assert.ok(simulation.gateway.halfOpenCount <= 1);
    }
    assert.deepEqual(effectsOf(simulation.gatewayEffects, "ike-sa-down"), []);
    assert.equal(simulation.gateway.establishedCount, 1);
    assert.deepEqual(resumptions(client), [false]);
    // And the client that sends it once more comes back by it, to its own inner address.
    simulation.network.interference = (datagram) => datagram;
    await simulation.run();
    assert.deepEqual(resumptions(again), [true]);
    const addresses = [client, again].map(({ effects }) => effectsOf(effects, "inner-address-assigned")[0].address);
    assert.equal(addresses[0], addresses[1]);
    // Whoever sends it now is refused, or gets nothing.
    await simulation.run(simulation.network.nowMs + 60_000);
    simulation.network.inject(taken[0], endpoint("203.0.113.99", 500), endpoint(GATEWAY_ADDRESS, 500));
    await simulation.run(simulation.network.nowMs + 60_000);
    assert.equal(simulation.gateway.establishedCount, 1);
    assert.equal(refusals(simulation).at(-1), "used");
  },
);

testEveryProfile(
  { "failover-03": "[B-4.2-4] [B-4.2-2]", "resumption-00": "[A-3.2-3]" },
  "a ticket serves once: presented again, here or at another gateway of the domain, it leads to a full exchange",
  async (profile) => {
    const scene = await profileScene(profile);
    const { simulation } = scene;
    const used = copyOf(scene.ticket);
    await returns(scene, scene.ticket, profile);
    const second = await returns(scene, copyOf(used), profile);
    assert.deepEqual(resumptions(second), [false]);
    assert.deepEqual(new Set(refusals(simulation)), new Set(["used"]));
    assert.equal(effectsOf(second.effects, "resumption-failed")[0].reason, "nack");
    simulation.restartGateway();
    assert.deepEqual(resumptions(await returns(scene, copyOf(used), profile)), [false]);
  },
);

testEveryProfile(
  { "failover-03": "[B-4.2-4]", "resumption-00": "[A-3.2-6]" },
  "a ticket is not presented after its lifetime, nor for another identity, nor of another profile",
  async (profile) => {
    const scene = await profileScene(profile);
    const { simulation } = scene;
    const other = PROFILES.find((one) => one !== profile)!;
    const plain = await firstOf(
      simulation,
      async () => void await returns(scene, { ...scene.ticket, skD: new Uint8Array(32) }, profile),
    );
    assert.equal(plain[18], ExchangeType.IKE_SA_INIT);
    for (
      const attempt of [
        () => returns(scene, { ...copyOf(scene.ticket), expiresAtEpochSeconds: simulation.now.epochSeconds }, profile),
        () => returns(scene, copyOf(scene.ticket), profile, { identity: fqdn("another.example") }),
        () => returns(scene, copyOf(scene.ticket), other),
      ]
    ) {
      const first = await firstOf(simulation, async () => void await attempt());
      assert.equal(first[18], ExchangeType.IKE_SA_INIT);
      assert.equal(first.length, plain.length);
    }
  },
);

testEveryProfile(
  { "failover-03": "[B-5.1-1]", "resumption-00": "[A-4.2-1]" },
  "a ticket is good for its own profile alone, whatever the client believes",
  async (profile) => {
    for (const ticketKind of ["value", "reference"] as const) {
      for (const other of PROFILES.filter((one) => one !== profile)) {
        const scene = await profileScene(profile, { gateway: { ticketKind } });
        const again = await returns(scene, { ...scene.ticket, profile: other.name }, other);
        assert.deepEqual(resumptions(again), [false], `${ticketKind} ticket of ${profile.name} in ${other.name}`);
        assert.deepEqual(new Set(refusals(scene.simulation)), new Set(["not-authentic"]));
      }
    }
  },
);

testEveryProfile(
  { "failover-03": "[B-5-1]", "resumption-00": "[A-4.3-1]" },
  "another gateway of the domain, with the same ticket keys and store, takes a client back, by either kind of ticket",
  async (profile) => {
    for (const ticketKind of ["value", "reference"] as const) {
      const scene = await profileScene(profile, { gateway: { ticketKind } });
      const { simulation } = scene;
      const bindsId = profile === RFC_5723;
      simulation.restartGateway(bindsId ? {} : { identity: fqdn("other.example") });
      const again = await returns(scene, scene.ticket, profile, {
        peerIdentity: bindsId ? fqdn("gateway.example") : fqdn("other.example"),
      });
      assert.deepEqual(resumptions(again), [true], ticketKind);
      assert.equal(simulation.gateway.establishedCount, 1);
      assertSameKeys(again.childSa, gatewayChildSa(simulation));
    }
  },
);

testEveryProfile(
  { "failover-03": "[B-4.2-5]", "resumption-00": "[A-3.2-3]" },
  "a gateway that does not know the profile is met by a full exchange in the end",
  async (profile) => {
    const scene = await profileScene(profile);
    scene.simulation.restartGateway({ profiles: PROFILES.filter((one) => one !== profile) });
    const again = await returns(scene, scene.ticket, profile);
    assert.deepEqual(resumptions(again), [false]);
    assert.equal(again.initiator.waitsFor, "requests");
  },
);

testEveryProfile(
  { "failover-03": "[B-4.1-2]", "resumption-00": "[A-3.1-2]" },
  "tickets are asked for in IKE_AUTH, by rekeying and by INFORMATIONAL; each request gets exactly one answer, and each ticket brings its client back",
  async (profile) => {
    const scene = await profileScene(profile);
    const { simulation, client } = scene;
    const tickets = [scene.ticket];
    await simulation.act(client, client.initiator.requestTicket(simulation.now));
    await simulation.run();
    tickets.push(copyOf(client.ticket));
    await simulation.act(client, client.initiator.rekey(simulation.now));
    await simulation.run();
    tickets.push(copyOf(client.ticket));
    assert.equal(effectsOf(client.effects, "ticket-received").length, 3);
    assert.equal(new Set(tickets.map(({ ticket }) => ticket.join())).size, 3);
    assert.deepEqual(resumptions(await returns(scene, tickets[2], profile)), [true]);
    // The earlier ones were taken back with the next.
    assert.deepEqual(resumptions(await returns(scene, tickets[0], profile)), [false]);
  },
);

testEveryProfile(
  { "failover-03": "[B-4.1-1]", "resumption-00": "[A-3.1-2]" },
  "a ticket that has no room in a response is acknowledged, and asked for alone; one that is refused is refused",
  async (profile) => {
    const simulation = await emptyScene({ maximumResponseLength: 300 });
    const client = simulation.addClient({ profile, keepTicketFresh: true, ticketRenewal: [0.9, 0.95] });
    await simulation.start(client);
    await simulation.run(60_000);
    assert.deepEqual(effectsOf(client.effects, "ticket-not-granted").map(({ answer }) => answer), ["ack"]);
    assert.equal(client.ticket.profile ?? "rfc5723", profile.name);
    const refusing = await emptyScene({ issueTickets: false });
    const refused = refusing.addClient({ profile });
    await refusing.start(refused);
    await refusing.run(60_000);
    assert.deepEqual(effectsOf(refused.effects, "ticket-not-granted").map(({ answer }) => answer), ["nack"]);
  },
);

testEveryProfile(
  { "failover-03": "[B-5.3-1]", "resumption-00": "[A-4.3-2] [A-4.3-1]" },
  "the lifetime of a ticket is finite, and the least of its own, the IKE SA's and the authentication's; it goes with its IKE SA",
  async (profile) => {
    const day = 86_400;
    const longer = 1.5 * day;
    const lifetimeWith = async (gateway: Parameters<typeof emptyScene>[0]) => {
      const simulation = await emptyScene(gateway);
      await simulation.clientWithTicket({ profile });
      return effectsOf(simulation.gatewayEffects, "ticket-issued")[0].lifetimeSeconds;
    };
    assert.ok(await lifetimeWith({ ticketLifetimeSeconds: longer }) <= (profile.name === "resumption-00" ? day - 1 : longer));
    assert.ok(await lifetimeWith({ ticketLifetimeSeconds: 3_600, reauthenticationSeconds: 600 }) <= 600);
    assert.ok(await lifetimeWith({ ticketLifetimeSeconds: 3_600, ikeSaLifetimeSeconds: 500, lifetimeJitter: 0 }) <= 500);
    const scene = await profileScene(profile);
    await scene.simulation.act(scene.client, scene.client.initiator.close(scene.simulation.now));
    await scene.simulation.run();
    assert.deepEqual(resumptions(await returns(scene, scene.ticket, profile)), [false]);
    assert.deepEqual(new Set(refusals(scene.simulation)), new Set(["revoked"]));
  },
);

testEveryProfile(
  { "failover-03": "[B-4.2-2]", "resumption-00": "[A-3.2-3]" },
  "a refusal that somebody on the path forges is only a hint: the gateway's own answer wins",
  async (profile) => {
    const scene = await profileScene(profile);
    const { simulation } = scene;
    const refusing = await emptyScene({ profiles: [profile], issueTickets: true });
    let isFirst = true;
    const forged: Uint8Array[] = [];
    simulation.network.interference = (datagram) => {
      if (!isFirst || datagram.remote.address !== GATEWAY_ADDRESS) return datagram;
      isFirst = false;
      forged.push(datagram.octets.slice());
      return datagram;
    };
    const again = await presents(scene, scene.ticket, profile);
    // A gateway with other ticket keys refuses it.
    const [answer] = effectsOf(
      await refusing.receive({
        octets: forged[0],
        local: endpoint(GATEWAY_ADDRESS, 500),
        remote: endpoint(again.address, 500),
        encapsulated: false,
      }),
      "send",
    );
    await simulation.act(
      again,
      again.initiator.receive({
        ...answer.datagram,
        local: endpoint(again.address, 500),
        remote: endpoint(GATEWAY_ADDRESS, 500),
      }, simulation.now),
    );
    await simulation.run();
    assert.deepEqual(resumptions(again), [true]);
  },
);

test("a crowd of all profiles comes back in one wave, those of RFC 5723 by the lane, and each is served", async () => {
  const simulation = new Simulation({ provider: await loadProvider("wasm"), lane: true, gateway: { profiles: PROFILES } });
  const clients = Array.from({ length: 12 }, (_, index) => simulation.addClient({ profile: PROFILES[index % 3] }));
  await simulation.start(...clients);
  await simulation.run();
  const again = clients.map((client, index) =>
    simulation.addClient({ profile: PROFILES[index % 3], identity: client.ticket.initiatorId }, client.ticket)
  );
  await simulation.start(...again);
  await simulation.run();
  for (const [index, client] of again.entries()) {
    assert.deepEqual(resumptions(client), [true]);
    assert.equal(client.ticket.profile ?? "rfc5723", PROFILES[index % 3].name);
  }
  assert.equal(simulation.gateway.establishedCount, 12);
});

test("a client that came back by one profile may ask for a ticket of another", async () => {
  for (const lane of [true, false]) {
    for (const [from, to] of [[0, 1], [0, 2], [1, 0], [2, 1]]) {
      const simulation = new Simulation({ provider: await loadProvider("wasm"), lane, gateway: { profiles: PROFILES } });
      const client = await simulation.clientWithTicket({ profile: PROFILES[from] });
      const mixed = { ...PROFILES[from], notifies: { ...PROFILES[from].notifies, ...askingFor(PROFILES[to]) } };
      const again = simulation.addClient({ profile: mixed, identity: client.ticket.initiatorId }, client.ticket);
      await simulation.start(again);
      await simulation.run();
      assert.deepEqual(resumptions(again), [true]);
      const ticket = { ...copyOf(again.ticket), profile: PROFILES[to].name };
      assert.deepEqual(resumptions(await returns({ simulation, client }, ticket, PROFILES[to])), [true]);
    }
  }
});

function askingFor({ notifies: { request, granted } }: ResumptionProfile) {
  return { request, granted };
}

test("profiles are told apart by their numbers: two of the same are refused, and so is none", async () => {
  await assert.rejects(emptyScene({ profiles: [] }), /profiles is empty, expected at least one/);
  await assert.rejects(
    emptyScene({ profiles: [RFC_5723, RFC_5723] }),
    /profiles rfc5723 and rfc5723 have the same name rfc5723/,
  );
});

/** The first message that a client sends. */
async function firstOf(simulation: Simulation, attempt: () => Promise<void>): Promise<Uint8Array> {
  const before = simulation.network.sent.length;
  await attempt();
  return simulation.network.sent[before].octets;
}

async function emptyScene(gateway: NonNullable<ConstructorParameters<typeof Simulation>[0]["gateway"]>): Promise<Simulation> {
  return new Simulation({ provider: await loadProvider("ts"), gateway: { profiles: PROFILES, ...gateway } });
}
