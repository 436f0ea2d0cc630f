/**
 * The system that carries the traffic of Child SAs: what it is told, and when.
 *
 * @module
 */
import type { ChildSa } from "../ike/child_sa/child_sa.ts";
import type { SpiPair } from "../ike/ike_sa/spi.ts";
import type { InnerAddress } from "../ike/policy/inner_address.ts";
import type { Endpoint } from "../ike/steps/datagram.ts";
import type { Identity } from "../ticket/identity.ts";

/** Between which ends ESP goes. */
export interface EspEnds {
  /** This end. */
  readonly local: Endpoint;
  /** The other end, as it is seen from here. */
  readonly remote: Endpoint;
  /** In UDP, from port to port of the ends (RFC 3948). */
  readonly udpEncapsulation: boolean;
}

/** A Child SA as the system has it. */
export interface InstalledChildSa {
  /** Its number: that of the Child SA whose place it took by rekeying, or a new one. 1 to 2^20. */
  readonly number: number;
  /** Of its IKE SA, when it came up. */
  readonly spis: SpiPair;
  /** IDi of its IKE SA (RFC 7296, section 3.5). */
  readonly initiatorId: Identity;
  /** IDr of its IKE SA. */
  readonly responderId: Identity;
  /** The client's inner addresses; not given: it has none. */
  readonly inner?: InnerAddress;
  /** As they are now. */
  readonly ends: EspEnds;
  /** Its keys are copies, which are wiped once it is removed. */
  readonly childSa: ChildSa;
  /** It only receives: its place is another's. */
  readonly receivesOnly: boolean;
}

/** What a Child SA has carried since it came up. */
export interface CarriedTraffic {
  /** Both directions together. */
  readonly octets: number;
  /** Both directions together. */
  readonly packets: number;
  /** Those of them that came from the peer, and were authentic. */
  readonly packetsIn: number;
}

/**
 * What a system does. None of these may throw or wait: what fails later goes to a listener of faults, and nothing of it reaches the protocol. They come in
 * the order in which it happened.
 */
export interface ChildSaSystem {
  /** A Child SA has come up. */
  install(one: InstalledChildSa): void;
  /** Another one has taken the place of `old`, which goes on receiving until it is removed. */
  replace(one: InstalledChildSa, old: InstalledChildSa): void;
  /** The peer, or this end, is somewhere else. */
  move(one: InstalledChildSa, before: EspEnds): void;
  /** `isLast`: no other one has its number. */
  remove(one: InstalledChildSa, isLast: boolean): void;
  /** Looks what a Child SA has carried, by its `childSa`; `undefined`: none with such keys. Not there: the system cannot say. Rejects where it cannot look. */
  carried?(): Promise<(childSa: ChildSa) => CarriedTraffic | undefined>;
  /** Takes everything out that is still there; resolves when that is done. */
  close(): Promise<void>;
}
