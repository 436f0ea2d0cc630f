/**
 * The tickets of one IKE SA, of which each makes those before it worthless.
 *
 * @module
 */
import type { TicketKey } from "../../ticket/ticket_key.ts";
import { ikeSpiDigits } from "../../wire/hexadecimal.ts";
import type { SpiPair } from "../ike_sa/spi.ts";

/** The tickets of one IKE SA, and of those that take its place by rekeying: they share this object. */
export interface TicketSeries {
  readonly name: string;
  /** The gateway's SPI of the first of these IKE SAs, which the name is made of. */
  readonly firstSpi: bigint;
  nextSerial: number;
  /** How many were given in the window of this number. */
  count: number;
  window: number;
  /** The shared key its client proved itself by; missing after EAP, or where a ticket of an earlier version did not tell. */
  credential?: Credential;
}

/** The series of an IKE SA that IKE_AUTH established. The gateway's SPI is random, and of 64 bits: no two have one name. */
export function newTicketSeries({ responderSpi }: SpiPair): TicketSeries {
  return { name: ikeSpiDigits(responderSpi), firstSpi: responderSpi, nextSerial: 0, count: 0, window: -1 };
}

/** A fingerprint, and the ticket key under which it was made. */
export interface Credential {
  readonly ticketKey: TicketKey;
  readonly fingerprint: Uint8Array;
}
