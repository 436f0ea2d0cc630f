import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import type { ChildSaSystem, InstalledChildSa } from "../../src/esp/child_sa_system.ts";
import { InstalledChildSas } from "../../src/esp/installed_child_sas.ts";
import type { InitiatorOptions } from "../../src/ike/initiator.ts";
import { loadProvider } from "../../src/providers/mod.ts";
import { comeBack } from "../simulation/coming_back.ts";
import { effectsOf, type SimulatedClient, Simulation } from "../simulation/simulation.ts";

/** A system that keeps what it is told. */
class Recorded implements ChildSaSystem {
  readonly calls: string[] = [];
  readonly seen: InstalledChildSa[] = [];
  isClosed = false;

  install(one: InstalledChildSa): void {
    this.#add("install", one);
  }

  replace(one: InstalledChildSa, old: InstalledChildSa): void {
    this.#add(`replace ${old.number} by`, one);
  }

  move(one: InstalledChildSa): void {
    this.#add(`move to ${one.ends.remote.address}`, one);
  }

  remove(one: InstalledChildSa, isLast: boolean): void {
    this.#add(isLast ? "remove" : "remove, not last,", one);
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }

  #add(what: string, one: InstalledChildSa): void {
    this.calls.push(`${what} ${one.number}`);
    this.seen.push(one);
  }
}

async function scene(options: Partial<InitiatorOptions> = {}) {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const system = new Recorded();
  const faults: unknown[] = [];
  const installed = new InstalledChildSas([system], (fault) => void faults.push(fault));
  let told = 0;
  /** What the gateway has told since. */
  const tell = () => {
    for (const effect of simulation.gatewayEffects.slice(told)) installed.take(effect);
    told = simulation.gatewayEffects.length;
  };
  const up = async (more: Partial<InitiatorOptions> = {}): Promise<SimulatedClient> => {
    const client = simulation.addClient({ ...options, ...more });
    await simulation.start(client);
    await simulation.run();
    tell();
    return client;
  };
  return { simulation, system, installed, faults, tell, up };
}

test("a Child SA comes and goes with its IKE SA, between the ends of it, with keys of its own that are wiped then", async () => {
  const { simulation, system, tell, up } = await scene();
  const client = await up();
  const [one] = system.seen;
  assert.deepEqual(one.ends, {
    local: { address: "192.0.2.1", port: 500 },
    remote: { address: client.address, port: 500 },
    udpEncapsulation: false,
  });
  assert.deepEqual(one.childSa.inbound.encryptionKey, client.childSa.outbound.encryptionKey);
  assert.equal(inspect(one, { depth: 9 }).includes("encryptionKey: Uint8Array"), false);
  const { encryptionKey } = one.childSa.inbound;
  await simulation.act(client, client.initiator.close(simulation.now));
  await simulation.run();
  tell();
  assert.deepEqual(system.calls, ["install 1", "remove 1"]);
  assert.ok(encryptionKey.every((octet) => octet === 0));
});

test("a resumed client's Child SA is another one, and the old one goes; a rekeyed IKE SA keeps its Child SA", async () => {
  const { simulation, system, tell, up } = await scene();
  const client = await up();
  await simulation.act(client, client.initiator.rekey(simulation.now));
  await simulation.run();
  tell();
  assert.deepEqual(system.calls, ["install 1"]);
  await simulation.act(client, client.initiator.requestTicket(simulation.now));
  await simulation.run();
  await comeBack(simulation, client);
  tell();
  assert.deepEqual(system.calls.toSorted(), ["install 1", "install 2", "remove 1"]);
});

test("a rekeyed Child SA keeps its number, the old one receives until it goes, and a client that moves takes it along", async () => {
  const { simulation, system, tell, up } = await scene({ mobike: true });
  const client = await up();
  const { inboundSpi } = client.childSa;
  await simulation.act(client, client.initiator.orderChildSa({ kind: "rekey", inboundSpi }, simulation.now));
  await simulation.run();
  tell();
  assert.deepEqual(system.calls, ["install 1", "replace 1 by 1", "remove, not last, 1"]);
  assert.equal(system.seen[2].receivesOnly, true);
  await simulation.move(client, "203.0.113.50");
  await simulation.run();
  tell();
  assert.equal(system.calls.at(-1), "move to 203.0.113.50 1");
  const { spis } = effectsOf(simulation.gatewayEffects, "ike-sa-up")[0];
  await simulation.actOnGateway(simulation.gateway.close(spis, simulation.now));
  await simulation.run();
  tell();
  assert.equal(system.calls.at(-1), "remove 1");
});

test("systems are told of no move to where a Child SA is already, as a client behind a NAT has it", async () => {
  const { simulation } = await scene();
  const client = await simulation.clientWithTicket();
  const system = new Recorded();
  const installed = new InstalledChildSas([system], (fault) => assert.fail(String(fault)));
  client.effects.forEach((effect) => installed.take(effect));
  const { spis, local, remote } = effectsOf(client.effects, "ike-sa-up")[0];
  const { udpEncapsulation } = client.childSa;
  installed.take({ type: "addresses-updated", spis, local, remote, udpEncapsulation });
  assert.deepEqual(system.calls, ["install 1"]);
  installed.take({ type: "addresses-updated", spis, local, remote: { ...remote, port: 4_501 }, udpEncapsulation });
  assert.equal(system.calls.length, 2);
  await installed.close();
});

test("a system that throws is told of, and keeps neither the others nor the protocol", async () => {
  const broken: ChildSaSystem = {
    install: () => {
      throw new Error("broken");
    },
    replace() {},
    move() {},
    remove() {},
    close: () => Promise.resolve(),
  };
  const { simulation } = await scene();
  const system = new Recorded();
  const faults: unknown[] = [];
  const installed = new InstalledChildSas([broken, system], (fault) => void faults.push(fault));
  await simulation.clientWithTicket();
  simulation.gatewayEffects.forEach((effect) => installed.take(effect));
  assert.deepEqual(system.calls, ["install 1"]);
  assert.equal(faults.length, 1);
  await installed.close();
  assert.equal(system.isClosed, true);
  simulation.gatewayEffects.forEach((effect) => installed.take(effect));
  assert.deepEqual(system.calls, ["install 1"], "nothing is taken after the end");
});
