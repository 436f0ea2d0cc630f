/**
 * One client on its way to an IKE SA, a Child SA and the next ticket: made before the clock runs, and looked through after it has stopped.
 *
 * @module
 */
import type { Outcome } from "../../src/load/client_fleet.ts";
import type { ChildSa } from "../../src/ike/child_sa/child_sa.ts";
import type { SpiPair } from "../../src/ike/ike_sa/spi.ts";
import type { Initiator } from "../../src/ike/initiator.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import type { Datagram } from "../../src/ike/steps/datagram.ts";
import { type ClientTicket, copyOfTicket } from "../../src/ticket/client_ticket.ts";
import type { SocketTransport } from "../../src/transport/transport.ts";

export class Attempt {
  readonly client: number;
  readonly initiator: Initiator;
  readonly transport: SocketTransport;
  /** What was sent last, or is to be sent first. */
  message: Datagram | undefined;
  startedMs = 0;
  sentMs = 0;
  /** When the last answer came that it needs. */
  answeredMs: number | undefined;
  /** That answer, if it is there. */
  answer: Datagram | undefined;
  /** Told when the answer is there, or none will come. */
  ended: () => void = () => {};
  /** The ticket that it got. */
  ticket: ClientTicket | undefined;
  #up: { readonly spis: SpiPair; readonly resumed: boolean } | undefined;
  #childSa: ChildSa | undefined;
  #failure: string | undefined;

  constructor(client: number, initiator: Initiator, transport: SocketTransport) {
    this.client = client;
    this.initiator = initiator;
    this.transport = transport;
  }

  /** Whether the next answer is the last one, which proves the gateway: it is opened once the clock has stopped. */
  get waitsForLastAnswer(): boolean {
    return this.initiator.waitsFor === "IKE_AUTH response";
  }

  take(effects: readonly Effect[]): void {
    for (const effect of effects) {
      switch (effect.type) {
        case "send":
          this.message = effect.datagram;
          break;
        case "ike-sa-up":
          this.#up = effect;
          break;
        case "child-sa-up":
          this.#childSa = effect.childSa;
          break;
        case "ticket-received":
          this.ticket = copyOfTicket(effect.ticket);
          break;
        case "ike-sa-down":
          this.#failure = effect.reason;
      }
    }
  }

  /** To be asked after all answers were taken. */
  get outcome(): Outcome {
    const { answeredMs, startedMs, ticket } = this;
    if (this.#up === undefined || this.#childSa === undefined || ticket === undefined || answeredMs === undefined) {
      return { ok: false, reason: this.#failure ?? "no answer that is good" };
    }
    const { spis, resumed } = this.#up;
    return { ok: true, spis, childSa: this.#childSa, resumed, latencyMs: answeredMs - startedMs };
  }
}
