/** Child SAs of a client and a gateway in memory, and what both ends have to agree on. @module */
import assert from "node:assert/strict";
import type { ChildSa } from "../../../../src/ike/child_sa/child_sa.ts";
import type { ChildOrder } from "../../../../src/ike/exchanges/create_child_sa/child_orders.ts";
import type { InitiatorOptions } from "../../../../src/ike/initiator.ts";
import type { ResponderOptions } from "../../../../src/ike/responder.ts";
import type { Effect } from "../../../../src/ike/states/effect.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { effectsOf, type SimulatedClient, Simulation } from "../../../simulation/simulation.ts";
import { newest } from "./rekeyed.ts";

export type End = "client" | "gateway";
export const ENDS: readonly End[] = ["client", "gateway"];

export class ChildScene {
  readonly simulation: Simulation;
  readonly client: SimulatedClient;

  private constructor(simulation: Simulation, client: SimulatedClient) {
    this.simulation = simulation;
    this.client = client;
  }

  static async up(
    { client = {}, gateway = {}, provider, seed }: {
      readonly client?: Partial<InitiatorOptions>;
      readonly gateway?: Partial<ResponderOptions>;
      readonly seed?: number;
      readonly provider?: Awaited<ReturnType<typeof loadProvider>>;
    } = {},
  ): Promise<ChildScene> {
    const simulation = new Simulation({
      provider: provider ?? await loadProvider("ts"),
      ...(seed !== undefined && { seed }),
      gateway: { livenessSeconds: 0, ...gateway },
    });
    const scene = new ChildScene(simulation, simulation.addClient(client));
    await simulation.start(scene.client);
    await scene.settle();
    return scene;
  }

  effects(end: End): readonly Effect[] {
    return end === "client" ? this.client.effects : this.simulation.gatewayEffects;
  }

  /** The Child SAs that an end was told of and that are still there, the oldest first. */
  childSas(end: End): ChildSa[] {
    const there: ChildSa[] = [];
    for (const effect of this.effects(end)) {
      if (effect.type === "child-sa-up" || effect.type === "child-sa-rekeyed") there.push(effect.childSa);
      if (effect.type === "child-sa-down") {
        there.splice(there.findIndex(({ inboundSpi }) => inboundSpi === effect.childSa.inboundSpi), 1);
      }
    }
    return there;
  }

  /** The newest one. */
  childSa(end: End): ChildSa {
    return this.childSas(end).at(-1)!;
  }

  /** Begins something; what is sent is under way then. */
  async order(end: End, order: ChildOrder): Promise<void> {
    const { simulation, client } = this;
    if (end === "client") await simulation.act(client, client.initiator.orderChildSa(order, simulation.now));
    else await simulation.actOnGateway(simulation.gateway.orderChildSa(newest(client), order, simulation.now));
  }

  /** Everything that is under way has arrived, and all that follows; `ms`: until so much later. */
  async settle(ms = 1_000): Promise<void> {
    await this.simulation.run(this.simulation.network.nowMs + ms);
  }

  /** Both ends have the same Child SAs, `count` of them, with keys and selectors that fit. */
  assertAgreed(count: number): void {
    const [ours, theirs] = ENDS.map((end) => this.childSas(end));
    assert.deepEqual([ours.length, theirs.length], [count, count]);
    for (const one of ours) {
      const other = theirs.find(({ inboundSpi }) => inboundSpi === one.outboundSpi);
      assert.ok(other);
      assertPair(one, other);
    }
  }

  /** How often an end was told of something. */
  count(end: End, type: Effect["type"]): number {
    return effectsOf(this.effects(end), type).length;
  }
}

export function assertPair(one: ChildSa, other: ChildSa): void {
  assert.equal(one.inboundSpi, other.outboundSpi);
  for (const [outbound, inbound] of [[one.outbound, other.inbound], [other.outbound, one.inbound]]) {
    assert.deepEqual(outbound.encryptionKey, inbound.encryptionKey);
    assert.deepEqual(outbound.integrityKey, inbound.integrityKey);
    assert.ok(outbound.encryptionKey.some((octet) => octet !== 0));
  }
  assert.deepEqual(one.localSelectors, other.remoteSelectors);
  assert.deepEqual(one.remoteSelectors, other.localSelectors);
  assert.deepEqual(one.protection, other.protection);
  assert.deepEqual(one.transportMode, other.transportMode);
}
