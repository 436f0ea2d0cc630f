/**
 * One user of the day: comes up, keeps its IKE SA and its ticket, is lost, comes back by its ticket, proves itself anew, leaves.
 *
 * @module
 */
import { Initiator, type InitiatorConfiguration, initiatorConfiguration } from "../../src/ike/initiator.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import type { Datagram } from "../../src/ike/steps/datagram.ts";
import type { Step } from "../../src/ike/steps/step.ts";
import { runWave, type WaveServices } from "../../src/ike/steps/wave.ts";
import type { ClientTicket } from "../../src/ticket/client_ticket.ts";
import type { Identity } from "../../src/ticket/identity.ts";
import { IKE_PORT, NAT_PORT } from "../../src/transport/ports.ts";
import { type DayNetwork, GATEWAY_ADDRESS } from "./day_network.ts";
import type { VirtualTime } from "./virtual_time.ts";

/** What users have in common. */
export interface DayWorld {
  readonly time: VirtualTime;
  readonly network: DayNetwork;
  readonly services: WaveServices;
  readonly presharedKey: Uint8Array;
  readonly gatewayIdentity: Identity;
  readonly lifetimes: {
    readonly ikeSaSeconds: number;
    readonly childSaSeconds: number;
  };
}

export class DayClient {
  readonly #world: DayWorld;
  readonly #configuration: InitiatorConfiguration;
  readonly #address: string;
  #initiator: Initiator | undefined;
  #ticket: ClientTicket | undefined;
  #isDue = false;

  constructor(world: DayWorld, identity: Identity, address: string) {
    this.#world = world;
    this.#address = address;
    const { presharedKey, gatewayIdentity, lifetimes } = world;
    this.#configuration = initiatorConfiguration({
      identity,
      peerIdentity: gatewayIdentity,
      presharedKey,
      requestInnerAddress: true,
      livenessSeconds: 600,
      natKeepaliveSeconds: 0,
      ikeSaLifetimeSeconds: lifetimes.ikeSaSeconds,
      childSas: { lifetimeSeconds: lifetimes.childSaSeconds },
    });
  }

  get deadlineMs(): number {
    return this.#initiator?.deadline ?? Infinity;
  }

  get isUp(): boolean {
    return this.#initiator?.waitsFor === "requests";
  }

  /** The gateway wants it to prove itself anew, and it is time. */
  get isDueToProveItself(): boolean {
    return this.#isDue;
  }

  /** Comes up, by its ticket if it has one. An earlier IKE SA of its own is forgotten without a word. */
  async come(): Promise<void> {
    this.vanish();
    const ticket = this.#ticket;
    this.#ticket = undefined;
    const { services, time } = this.#world;
    const ends = {
      local: { address: this.#address, port: IKE_PORT },
      remote: { address: GATEWAY_ADDRESS, port: IKE_PORT },
      encapsulatedLocal: { address: this.#address, port: NAT_PORT },
      encapsulatedRemote: { address: GATEWAY_ADDRESS, port: NAT_PORT },
    };
    this.#initiator = new Initiator(this.#configuration, ends, services.random, ticket);
    await this.#perform(this.#initiator.start(time.clock()));
  }

  /** Proves itself anew, by a full exchange. */
  async proveItself(): Promise<void> {
    await this.leave();
    this.#ticket = undefined;
    await this.come();
  }

  /** Deletes its IKE SA. Its ticket, which the gateway takes back with that, it keeps. */
  async leave(): Promise<void> {
    if (this.#initiator) await this.#perform(this.#initiator.close(this.#world.time.clock()));
  }

  /** Is gone without a word. */
  vanish(): void {
    this.#initiator?.dispose();
    this.#initiator = undefined;
    this.#isDue = false;
  }

  async rekey(): Promise<void> {
    if (this.#initiator && this.isUp) await this.#perform(this.#initiator.rekey(this.#world.time.clock()));
  }

  async receive(datagram: Datagram): Promise<void> {
    if (this.#initiator) await this.#perform(this.#initiator.receive(datagram, this.#world.time.clock()));
  }

  async timeout(): Promise<void> {
    if (this.#initiator) await this.#perform(this.#initiator.timeout(this.#world.time.clock()));
  }

  async #perform(step: Step<Effect[]>): Promise<void> {
    const [effects] = await runWave([step], this.#world.services);
    for (const effect of effects) {
      if (effect.type === "send") this.#world.network.send(effect.datagram);
      else if (effect.type === "ticket-received") this.#ticket = effect.ticket;
      else if (effect.type === "ticket-invalidated") this.#ticket = undefined;
      else if (effect.type === "reauthentication-due") this.#isDue = true;
      else if (effect.type === "ike-sa-down") this.#isDue = false;
    }
  }
}
