/**
 * Tickets for any number of clients, from one that a gateway issued: the bench has the ticket key, and seals them as a gateway would have. A full
 * exchange for each of a million would take longer than all that is measured.
 *
 * @module
 */
import type { CryptoProvider } from "../../src/crypto/provider.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { newIkeSpi } from "../../src/ike/ike_sa/spi.ts";
import type { ClientTicket } from "../../src/ticket/client_ticket.ts";
import { openTicketRequest, sealTicketUnder, withoutPadding } from "../../src/ticket/ticket_by_value.ts";
import type { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import { decodeTicketState, type TicketState } from "../../src/ticket/ticket_state.ts";
import { toHexadecimal } from "../../src/wire/hexadecimal.ts";
import type { TicketHolder } from "../pipeline/pass.ts";
import { clientIdentity } from "../pipeline/setting.ts";

const SERIES_LENGTH = 8;

export class SyntheticTickets {
  readonly #provider: CryptoProvider;
  readonly #ring: TicketKeyRing;
  readonly #issued: ClientTicket;
  readonly #state: TicketState;

  /** @throws {RangeError} `issued` does not open under the ring. */
  constructor(provider: CryptoProvider, ring: TicketKeyRing, issued: ClientTicket) {
    const request = openTicketRequest(issued.ticket, ring);
    const [opened] = request ? provider.openTickets([request]) : [];
    const content = request && opened && withoutPadding(request, opened);
    const state = content && decodeTicketState(content);
    if (state?.issue === undefined) throw new RangeError("a ticket does not open under the keys that it was issued under");
    this.#provider = provider;
    this.#ring = ring;
    this.#issued = issued;
    this.#state = state;
  }

  /** Clients `from` to `end` - 1, each with a name, an SK_d and a series of its own. */
  holders(from: number, end: number): TicketHolder[] {
    const states = Array.from({ length: end - from }, (_, index): TicketState => ({
      ...this.#state,
      initiatorId: clientIdentity(from + index),
      initiatorSpi: newIkeSpi(systemRandom),
      responderSpi: newIkeSpi(systemRandom),
      skD: systemRandom(this.#state.skD.length),
      issue: { ...this.#state.issue!, series: toHexadecimal(systemRandom(SERIES_LENGTH)) },
    }));
    const sealed = this.#provider.seal(states.map((state) => sealTicketUnder(state, this.#ring.current, systemRandom)));
    return states.map(({ initiatorId, skD }, index) => ({
      client: from + index,
      ticket: { ...this.#issued, ticket: sealed[index], initiatorId, skD },
    }));
  }
}
