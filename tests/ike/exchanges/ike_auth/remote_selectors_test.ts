import assert from "node:assert/strict";
import { test } from "node:test";
import { formatSelector, parseSelectors } from "../../../../src/configuration/mod.ts";
import type { InitiatorOptions } from "../../../../src/ike/initiator.ts";
import { Responder, responderConfiguration, type ResponderOptions } from "../../../../src/ike/responder.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { type Identity, sameIdentity } from "../../../../src/ticket/identity.ts";
import { NotifyType } from "../../../../src/wire/constants.ts";
import { copyOf } from "../../../simulation/coming_back.ts";
import { eapClient, eapSimulation } from "../../../simulation/eap_scene.ts";
import { effectsOf, fqdn, PRESHARED_KEY, type SimulatedClient, Simulation } from "../../../simulation/simulation.ts";

const REFUSED = [NotifyType.TS_UNACCEPTABLE];

test("[C-4.13-1] without a policy a client that offers any address gets the one that it comes from", async () => {
  const simulation = await withGateway();
  const [one, other] = [await connected(simulation, {}), await connected(simulation, {})];
  assert.deepEqual(granted(one), [only(one.address)]);
  assert.deepEqual(granted(other), [only(other.address)]);
  const wide = parseSelectors(`10.0.0.0/8, 198.51.0.0/16`);
  const third = await connected(simulation, { localSelectors: wide });
  assert.deepEqual(granted(third), ["10.0.0.0-10.255.255.255", only(third.address)]);
});

test("[C-4.13-1] clients behind one NAT come from one address, and each gets it", async () => {
  const simulation = await withGateway();
  for (let count = 0; count < 3; count++) {
    const client = await connected(simulation, {}, "203.0.113.9");
    assert.deepEqual(granted(client), [only("203.0.113.9")]);
  }
});

test("[C-4.13-1] no client gets an address that one of another identity has, neither alone nor within a network", async () => {
  const simulation = await withGateway();
  const [alice, bob, carol] = [
    await connected(simulation, { localSelectors: parseSelectors("10.0.0.5") }),
    await connected(simulation, { localSelectors: parseSelectors("10.2.0.0/16, 2001:db8::/64") }),
    await connected(simulation, {}),
  ];
  assert.deepEqual(granted(alice), [only("10.0.0.5")]);
  assert.deepEqual(granted(bob), ["10.2.0.0-10.2.255.255", "2001:db8::-2001:db8::ffff:ffff:ffff:ffff"]);
  const device = await connected(simulation, {
    identity: fqdn("client2.example"),
    localSelectors: parseSelectors("10.2.0.0/24, 10.2.9.9"),
  });
  assert.deepEqual(granted(device), ["10.2.0.0-10.2.0.255", only("10.2.9.9")], "another device of the same identity");
  for (const stolen of ["10.0.0.5", "10.0.0.0/24", "10.2.3.4", "10.0.0.0/8", "2001:db8::7", only(carol.address)]) {
    const mallory = await connected(simulation, { localSelectors: parseSelectors(stolen) });
    assert.deepEqual(refusals(mallory), REFUSED, stolen);
    assert.equal(mallory.initiator.waitsFor, "requests", "the IKE SA stands");
  }
  const partly = await connected(simulation, { localSelectors: parseSelectors("10.0.0.5, 10.0.0.6") });
  assert.deepEqual(granted(partly), [only("10.0.0.6")], "what is free is had");
  // Another protocol or port of an address that is another's is no less another's.
  const port = { ...parseSelectors("10.0.0.5")[0], ipProtocol: 17, startPort: 53, endPort: 53 };
  assert.deepEqual(refusals(await connected(simulation, { localSelectors: [port] })), REFUSED);
});

test("[C-4.13-1] without a policy an IKE SA has sixteen ranges at most, those that it names first, and every single address beside them", async () => {
  const simulation = await withGateway();
  const ranges = Array.from({ length: 18 }, (_, index) => `10.${index}.0.0/16`);
  const client = await connected(simulation, { localSelectors: parseSelectors([...ranges, "10.99.0.1"].join(", ")) });
  assert.deepEqual(
    granted(client),
    Array.from({ length: 16 }, (_, index) => `10.${index}.0.0-10.${index}.255.255`).concat(only("10.99.0.1")),
  );
});

test("[C-4.13-1] what a client has is its own: on its other devices, after a resumption and a rekeying, and until its IKE SA ends", async () => {
  const simulation = await withGateway();
  const localSelectors = parseSelectors("10.0.0.5");
  const identity = fqdn("Alice.example");
  const [first, second] = [
    await connected(simulation, { identity, localSelectors }),
    await connected(simulation, { identity: fqdn("alice.example"), localSelectors }),
  ];
  assert.deepEqual(granted(second), granted(first));
  const ticket = copyOf(first.ticket);
  await simulation.act(second, second.initiator.close(simulation.now));
  await simulation.run();
  const again = simulation.addClient({ identity, localSelectors }, ticket, first.address);
  await simulation.start(again);
  await simulation.run();
  assert.deepEqual(granted(again), [only("10.0.0.5")]);
  await simulation.act(again, again.initiator.rekey(simulation.now));
  await simulation.run();
  assert.equal(effectsOf(again.effects, "ike-sa-rekeyed").length, 1);
  assert.deepEqual(refusals(await connected(simulation, { localSelectors })), REFUSED);

  await simulation.act(again, again.initiator.close(simulation.now));
  await simulation.run();
  assert.deepEqual(granted(await connected(simulation, { localSelectors })), [only("10.0.0.5")]);
});

test("[C-4.13-1] within what the gateway allows to all, each identity has its own as well", async () => {
  const simulation = await withGateway({ remoteSelectors: parseSelectors("10.0.0.0/8") });
  assert.deepEqual(refusals(await connected(simulation, { localSelectors: parseSelectors("192.168.0.0/16") })), REFUSED);
  assert.deepEqual(granted(await connected(simulation, {})), ["10.0.0.0-10.255.255.255"]);
  assert.deepEqual(refusals(await connected(simulation, { localSelectors: parseSelectors("10.9.9.9") })), REFUSED);
});

test("[C-4.13-1] with a policy an identity has what it says, whoever is there: networks, the address that it comes from, or nothing", async () => {
  const [site, roamer, nobody] = ["site.example", "roamer.example", "nobody.example"].map(fqdn);
  const asked: Identity[] = [];
  const remoteSelectorsOf: ResponderOptions["remoteSelectorsOf"] = (identity) => {
    asked.push(identity);
    if (sameIdentity(identity, site)) return parseSelectors("10.1.0.0/16");
    return sameIdentity(identity, nobody) ? [] : undefined;
  };
  const simulation = await withGateway({ remoteSelectorsOf, remoteSelectors: parseSelectors("172.16.0.0/12") });
  const client = await connected(simulation, { identity: site });
  assert.deepEqual(granted(client), ["10.1.0.0-10.1.255.255"]);
  assert.deepEqual(granted(await connected(simulation, { identity: site })), granted(client));
  const roaming = await connected(simulation, { identity: roamer });
  assert.deepEqual(granted(roaming), [only(roaming.address)]);
  assert.deepEqual(
    refusals(await connected(simulation, { identity: roamer, localSelectors: parseSelectors("10.7.7.7") })),
    REFUSED,
  );
  assert.deepEqual(refusals(await connected(simulation, { identity: nobody })), REFUSED);
  assert.deepEqual(asked, [site, site, roamer, roamer, nobody]);
});

test("[C-4.13-1] policy is asked about the identity that EAP authenticated", async () => {
  const asked: Identity[] = [];
  const simulation = eapSimulation({
    provider: await loadProvider("ts"),
    server: { identity: fqdn("user.example") },
    gateway: { remoteSelectorsOf: (identity) => void asked.push(identity) },
  });
  const client = await eapClient(simulation);
  assert.deepEqual(granted(client), [only(client.address)]);
  assert.deepEqual(asked, [fqdn("user.example")]);
});

test("[C-4.13-1] a policy that throws, or answers with what is no answer, grants nothing, and the gateway's owner is told", async () => {
  const answers: readonly (() => unknown)[] = [
    () => {
      throw new Error("the directory does not answer");
    },
    () => "10.0.0.0/8",
    () => Promise.resolve("10.0.0.0/8"),
    () => Promise.reject(new Error("the directory does not answer")),
    () => [{}],
  ];
  for (const answer of answers) {
    const simulation = await withGateway();
    const faults: string[] = [];
    simulation.gateway = new Responder(
      responderConfiguration({
        identity: fqdn("gateway.example"),
        presharedKeyOf: () => PRESHARED_KEY,
        ticketKeys: simulation.ticketKeys,
        remoteSelectorsOf: answer as ResponderOptions["remoteSelectorsOf"],
      }),
      simulation.random.octets,
      { onHookFault: (hook) => faults.push(hook) },
    );
    assert.deepEqual(refusals(await connected(simulation, {})), REFUSED);
    assert.deepEqual(faults, ["remoteSelectorsOf"]);
  }
});

test("[C-4.13-1] a client that may come without an inner address claims none of the pool's", async () => {
  const innerAddresses = { ranges: parseSelectors("10.0.0.1-10.0.0.9"), optional: true };
  const simulation = await withGateway({ innerAddresses });
  for (const claimed of ["10.0.0.9", "10.0.0.0/8"]) {
    assert.deepEqual(refusals(await connected(simulation, { localSelectors: parseSelectors(claimed) })), REFUSED, claimed);
  }
  assert.deepEqual(granted(await connected(simulation, { localSelectors: parseSelectors("10.0.1.1") })), [only("10.0.1.1")]);
});

async function withGateway(gateway: Partial<ResponderOptions> = {}): Promise<Simulation> {
  return new Simulation({ provider: await loadProvider("ts"), gateway });
}

async function connected(
  simulation: Simulation,
  options: Partial<InitiatorOptions>,
  address?: string,
): Promise<SimulatedClient> {
  const client = simulation.addClient(options, undefined, address);
  await simulation.start(client);
  await simulation.run();
  return client;
}

function granted(client: SimulatedClient): string[] {
  return client.childSa.localSelectors.map(formatSelector);
}

function refusals(client: SimulatedClient): number[] {
  return effectsOf(client.effects, "child-sa-failed").map(({ notifyType }) => notifyType);
}

function only(address: string): string {
  return `${address}-${address}`;
}
