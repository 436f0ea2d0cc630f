/**
 * What the clients' lane needs, for one wave.
 *
 * @module
 */
import type { RandomSource } from "../../crypto/key_exchange.ts";
import type { CryptoProvider } from "../../crypto/provider.ts";
import type { ClientTicket } from "../../ticket/client_ticket.ts";
import type { OctetChunks } from "../../wire/octet_chunks.ts";
import type { InitiatorConfiguration, InitiatorPath } from "../policy/initiator_configuration.ts";
import type { Effect } from "../states/effect.ts";
import type { Datagram } from "../steps/datagram.ts";
import type { Instant } from "../steps/instant.ts";
import type { AuthOffers } from "./auth_offer.ts";
import type { PlainClient } from "./plain_client.ts";

export interface ClientLaneContext {
  readonly provider: CryptoProvider;
  readonly now: Instant;
  readonly offers: AuthOffers;
  /** What messages are cut from. */
  readonly messages: OctetChunks;
  /** A fault has ended what one client was to do, which stays as it was. It must not throw. */
  readonly whenFaulty: (fault: unknown) => void;
}

/** A connection that has not begun. */
export interface LaneConnection {
  readonly configuration: InitiatorConfiguration;
  readonly path: InitiatorPath;
  readonly random: RandomSource;
  readonly ticket: ClientTicket;
}

/** One that the wave has a datagram for. */
export interface LaneMember {
  readonly place: number;
  readonly client: PlainClient;
  readonly datagram: Datagram;
}

/** The effects of each place of a wave; `undefined`: a fault has ended what it was to do. */
export type LaneAnswers = (readonly Effect[] | undefined)[];
