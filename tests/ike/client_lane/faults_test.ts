import assert from "node:assert/strict";
import { test } from "node:test";
import type { CryptoProvider } from "../../../src/crypto/provider.ts";
import { stateOf } from "../../../src/ike/client_lane/as_steps.ts";
import { ClientLane } from "../../../src/ike/client_lane/client_lane.ts";
import type { PlainClient } from "../../../src/ike/client_lane/plain_client.ts";
import type { Effect } from "../../../src/ike/states/effect.ts";
import { initiatorConfiguration } from "../../../src/ike/initiator.ts";
import type { Datagram } from "../../../src/ike/steps/datagram.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import type { ClientTicket } from "../../../src/ticket/client_ticket.ts";
import { copyOf } from "../../simulation/coming_back.ts";
import { SeededRandom } from "../../simulation/seeded_random.ts";
import { effectsOf, endpoint, fqdn, GATEWAY_ADDRESS, PRESHARED_KEY, Simulation } from "../../simulation/simulation.ts";

const CROWD = 3;
const provider = await loadProvider("wasm");

type Operation = "deriveKeys" | "prf" | "sealLaidOut" | "open" | "prfPlus";

/** A provider that fails where it is told to, and whose results, and keys that it was given, are remembered. */
class Watched {
  failing: Operation | undefined;
  /** Calls of that operation that are served before it fails. */
  served = 0;
  /** A call of fewer members does not fail. */
  leastMembers = 1;
  readonly secrets: Uint8Array[] = [];

  get provider(): CryptoProvider {
    return new Proxy(provider, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== "function") return member;
        return (batch: readonly { readonly key?: Uint8Array }[]) => {
          // As one that has begun to write over what it was given.
          if (this.failing === name && name === "sealLaidOut") {
            for (const { octets } of batch as readonly { readonly octets?: Uint8Array }[]) this.secrets.push(octets!);
          }
          if (this.failing === name && batch.length >= this.leastMembers && this.served-- <= 0) throw new Error(`no ${name}`);
          for (const { key } of name === "deriveKeys" ? batch : []) if (key) this.secrets.push(key);
          const results: unknown = member.call(target, batch);
          if (name === "deriveKeys" || name === "prf" || name === "prfPlus") this.secrets.push(...results as Uint8Array[]);
          return results;
        };
      },
    });
  }
}

interface Scene {
  readonly simulation: Simulation;
  readonly watched: Watched;
  readonly tickets: readonly ClientTicket[];
  readonly clients: PlainClient[];
  readonly faults: unknown[];
  /** What the clients have sent last. */
  sent: Datagram[];
  /** From now on the clients' random numbers fail, or do not any more. */
  readonly failRandom: (isFailing: boolean) => void;
  /** Each has a wave to itself, or all have one. */
  readonly deliver: (datagrams: readonly Datagram[]) => (readonly Effect[] | undefined)[];
}

/** Clients whose first message is on its way. */
async function begun(): Promise<Scene> {
  const simulation = new Simulation({ provider, lane: false });
  const watched = new Watched();
  const lane = new ClientLane();
  const faults: unknown[] = [];
  const clients: PlainClient[] = [];
  const tickets: ClientTicket[] = [];
  const wave = () => lane.wave(watched.provider, simulation.now, (fault) => faults.push(fault));
  const sent: Datagram[] = [];
  let isFailing = false;
  const failRandom = (fails: boolean) => void (isFailing = fails);
  for (let number = 1; number <= CROWD; number++) {
    const ticket = copyOf((await simulation.clientWithTicket()).ticket);
    tickets.push(ticket);
    const configuration = initiatorConfiguration({
      identity: ticket.initiatorId,
      peerIdentity: fqdn("gateway.example"),
      presharedKey: PRESHARED_KEY,
    });
    const local = endpoint(`203.0.113.${number}`, 500);
    const remote = endpoint(GATEWAY_ADDRESS, 500);
    const path = { local, remote, encapsulatedLocal: local, encapsulatedRemote: remote };
    const { octets } = new SeededRandom(number);
    const random = (length: number) => {
      if (isFailing) throw new Error("no random numbers");
      return octets(length);
    };
    const { client, effects } = wave().begin({ configuration, path, random, ticket })!;
    clients.push(client);
    sent.push(...effectsOf(effects, "send").map(({ datagram }) => datagram));
  }
  const deliver = (datagrams: readonly Datagram[]) => {
    const effects: (readonly Effect[] | undefined)[] = datagrams.map(() => undefined);
    const left: number[] = [];
    const one = wave();
    datagrams.forEach((datagram, place) => assert.ok(one.takes(place, clients[place], datagram)));
    one.serve(effects, left);
    assert.deepEqual(left, []);
    return effects;
  };
  return { simulation, watched, tickets, clients, faults, sent, failRandom, deliver };
}

/** The gateway's answers to what was sent, in the order of the clients. */
async function answers({ simulation, sent }: Scene): Promise<Datagram[]> {
  const answered: Datagram[] = [];
  for (const { octets, local, remote } of sent) {
    const effects = await simulation.receive({ octets, local: remote, remote: local, encapsulated: false });
    for (const { datagram } of effectsOf(effects, "send")) {
      answered.push({ ...datagram, local: datagram.remote, remote: datagram.local });
    }
  }
  return answered;
}

function sentBy(effects: readonly (readonly Effect[] | undefined)[]): Datagram[] {
  return effects.flatMap((one) => effectsOf(one ?? [], "send").map(({ datagram }) => datagram));
}

test("a provider that fails ends what the wave asked for, and leaves each client as it was, without a key: the same answer serves then", async () => {
  for (const [failing, served] of [["deriveKeys", 0], ["prf", 0], ["prf", 1], ["sealLaidOut", 0]] as const) {
    const scene = await begun();
    const { watched, clients, faults } = scene;
    const resumed = await answers(scene);
    Object.assign(watched, { failing, served });
    assert.deepEqual(scene.deliver(resumed), clients.map(() => undefined), failing);
    assert.equal(faults.length, CROWD, failing);
    for (const { stage, keyingMaterial, expectedAuth, spis, nonces } of clients) {
      assert.equal(stage, "IKE_SESSION_RESUME response");
      assert.equal(keyingMaterial.length + expectedAuth.length, 0, failing);
      assert.equal(spis.responderSpi, 0n);
      assert.equal(nonces.length, 32);
    }
    for (const secret of watched.secrets.filter((one) => !clients.some(({ oldSkD }) => oldSkD === one))) {
      assert.ok(isZero(secret), failing);
    }
    watched.failing = undefined;
    scene.sent = sentBy(scene.deliver(resumed));
    assert.equal(scene.sent.length, CROWD);
    for (const later of ["open", "prfPlus"] as const) {
      const authenticated = await answers(scene);
      Object.assign(watched, { failing: later, served: 0 });
      assert.deepEqual(scene.deliver(authenticated), clients.map(() => undefined), later);
      for (const { stage } of clients) assert.equal(stage, "IKE_AUTH response");
      watched.failing = undefined;
    }
    scene.deliver(await answers(scene));
    assert.equal(faults.length, 3 * CROWD);
    for (const { stage } of clients) assert.equal(stage, "requests");
  }
});

test("a fault is the client's alone whose it is: where all together fail, each is served alone", async () => {
  for (const operation of ["deriveKeys", "prf", "open", "prfPlus"] as const) {
    const scene = await begun();
    const { watched, faults, clients } = scene;
    watched.leastMembers = 3;
    watched.failing = operation;
    scene.sent = sentBy(scene.deliver(await answers(scene)));
    scene.deliver(await answers(scene));
    assert.deepEqual(faults, [], operation);
    assert.deepEqual(clients.map(({ stage }) => stage), clients.map(() => "requests"), operation);
  }
});

test("of a client that is up, or was forgotten at any moment, no secret is left in what its keys were made with and of", async () => {
  for (const stage of ["begun", "answered", "up"] as const) {
    const scene = await begun();
    const { watched, clients, tickets } = scene;
    const kept: Uint8Array[] = clients.map(({ oldSkD }) => oldSkD);
    if (stage !== "begun") {
      scene.sent = sentBy(scene.deliver(await answers(scene)));
      for (const { expectedAuth, keyingMaterial } of clients) {
        assert.equal(expectedAuth.length, 32);
        kept.push(expectedAuth);
        if (stage === "answered") kept.push(keyingMaterial);
      }
    }
    if (stage === "up") {
      scene.deliver(await answers(scene));
      // RFC 5723, section 4.3.1: without SK_d the ticket cannot be presented again.
      for (const { skD } of tickets) assert.ok(isZero(skD));
      for (const secret of kept) assert.ok(isZero(secret), stage);
    } else for (const { skD } of tickets) assert.equal(isZero(skD), false);
    for (const client of clients) client.dispose();
    for (const secret of [...kept, ...watched.secrets]) assert.ok(isZero(secret), stage);
    for (const { deadline } of clients) assert.equal(deadline, undefined);
  }
});

test("of a client that the steps go on with nothing is left that they do not need: which AUTH the gateway has to send, they find out themselves", async () => {
  const scene = await begun();
  scene.deliver(await answers(scene));
  for (const client of scene.clients) {
    const { expectedAuth } = client;
    assert.equal(expectedAuth.length, 32);
    const state = stateOf(client);
    assert.equal(state.waitsFor, "IKE_SESSION_RESUME response");
    assert.ok(isZero(expectedAuth));
  }
});

test("a client whose random numbers fail as it comes up stays as it was, without a key of what it was about to tell, and the same answer serves then", async () => {
  const scene = await begun();
  const { watched, clients, faults } = scene;
  scene.sent = sentBy(scene.deliver(await answers(scene)));
  const authenticated = await answers(scene);
  const made = watched.secrets.length;
  scene.failRandom(true);
  assert.deepEqual(scene.deliver(authenticated), clients.map(() => undefined));
  assert.equal(faults.length, CROWD);
  for (const secret of watched.secrets.slice(made)) assert.ok(isZero(secret));
  for (const { stage, childSa } of clients) assert.deepEqual([stage, childSa], ["IKE_AUTH response", undefined]);
  scene.failRandom(false);
  assert.ok(scene.deliver(authenticated).every((effects) => effectsOf(effects ?? [], "ticket-received").length === 1));
});

function isZero(octets: Uint8Array): boolean {
  return octets.every((octet) => octet === 0);
}
