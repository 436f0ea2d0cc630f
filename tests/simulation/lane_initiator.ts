/**
 * An initiator that takes whatever is plain through the clients' lane, and looks to its owner like any other.
 *
 * @module
 */
import type { RandomSource } from "../../src/crypto/key_exchange.ts";
import type { CryptoProvider } from "../../src/crypto/provider.ts";
import { ClientLane, type ClientWave } from "../../src/ike/client_lane/client_lane.ts";
import { Initiator, type InitiatorConfiguration, type InitiatorPath } from "../../src/ike/initiator.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import type { Datagram } from "../../src/ike/steps/datagram.ts";
import type { Instant } from "../../src/ike/steps/instant.ts";
import type { Step } from "../../src/ike/steps/step.ts";
import type { ClientTicket } from "../../src/ticket/client_ticket.ts";

export class LaneInitiator extends Initiator {
  readonly #provider: CryptoProvider;
  readonly #lane = new ClientLane();
  #taken = 0;

  constructor(
    provider: CryptoProvider,
    configuration: InitiatorConfiguration,
    path: InitiatorPath,
    random: RandomSource,
    ticket?: ClientTicket,
  ) {
    super(configuration, path, random, ticket);
    this.#provider = provider;
  }

  /** What went through the lane. */
  get taken(): number {
    return this.#taken;
  }

  override *start(now: Instant): Step<Effect[]> {
    const [wave] = this.#wave(now);
    const begun = this.beginIn(wave);
    if (begun === undefined) return yield* super.start(now);
    this.#taken++;
    return [...begun];
  }

  override *receive(datagram: Datagram, now: Instant): Step<Effect[]> {
    const [wave, faults] = this.#wave(now);
    const answers: (readonly Effect[] | undefined)[] = [];
    const left: number[] = [];
    if (!this.receiveIn(wave, datagram, 0)) return yield* super.receive(datagram, now);
    wave.serve(answers, left);
    if (faults.length > 0) throw faults[0];
    if (left.length > 0) return yield* super.receive(datagram, now);
    this.#taken++;
    return [...answers[0]!];
  }

  #wave(now: Instant): [ClientWave, unknown[]] {
    const faults: unknown[] = [];
    return [this.#lane.wave(this.#provider, now, (fault) => faults.push(fault)), faults];
  }
}
