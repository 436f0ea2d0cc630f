/**
 * What the exchanges of a gateway need from their end.
 *
 * @module
 */
import type { Identity } from "../../ticket/identity.ts";
import type { RevokedIdentities } from "../../ticket/revoked_identities.ts";
import type { SpiPair } from "../ike_sa/spi.ts";
import type { FragmentBudget } from "../message/fragments.ts";
import type { UniqueIdentities } from "../policy/client_rules.ts";
import type { RemoteAddresses } from "../policy/remote_addresses.ts";
import type { DownReason } from "../states/effect.ts";
import type { Endpoint } from "../steps/datagram.ts";
import type { Instant } from "../steps/instant.ts";
import type { TicketContext } from "../tickets/ticket_context.ts";
import type { KeyPairPool } from "./ike_sa_init/key_pair_pool.ts";

/** What every exchange of the responder needs. */
export interface ResponderContext extends TicketContext {
  readonly revokedIdentities: RevokedIdentities;
  /** For IKE_SA_INIT. */
  readonly keyPairs: KeyPairPool;
  /** What the fragments of all IKE SAs may take. */
  readonly fragmentBudget: FragmentBudget;
  /** Where inner addresses come from, if this gateway has any. */
  readonly remoteAddresses: RemoteAddresses;
  /** Whether a client may come in beside all others, and which of them make room. */
  readonly admission: AdmissionPolicy;
  /** This end's SPI of the IKE SA of a pair of SPIs, if that is up here. */
  readonly ownSpiOf: (spis: SpiPair) => bigint | undefined;
  /** Whether an IKE SA that is up, by this end's SPI, is of this identity and reached there: of the same program, as far as one can tell. */
  readonly isSameClient: (ownSpi: bigint, identityKey: string, remote: Endpoint) => boolean;
}

/** A client that has proven itself, and is about to come up. */
export interface Newcomer {
  readonly ownSpi: bigint;
  /** `identityKey` of its identity. */
  readonly key: string;
  /** It says that it knows of no other IKE SA (RFC 7296, section 2.4). */
  readonly saysInitialContact: boolean;
  /** The IKE SA that goes when this one comes up, because its ticket was presented. */
  readonly predecessor?: bigint;
  /** Where the client is reached. */
  readonly remote: Endpoint;
  /** How many IKE SAs its identity may have. */
  readonly unique: UniqueIdentities | undefined;
}

/** What is known of a client that has proven itself. */
export interface ProvenNewcomer extends Pick<Newcomer, "ownSpi" | "saysInitialContact" | "remote"> {
  /** The one that was authenticated: by EAP, where there was EAP. */
  readonly identity: Identity;
  /** The IKE SA that the ticket stands for which was presented. */
  readonly ticketOf: SpiPair | undefined;
}

/** Which other IKE SAs a client that has just proven itself may have beside its new one, and whether there is room for that at all. */
export interface AdmissionPolicy {
  /** There are as many IKE SAs as there may be: a request to begin another one need not be looked at. */
  readonly isFull: boolean;
  newcomer(client: ProvenNewcomer): Newcomer;
  /** Why a client may not come in, although it has proven itself; `undefined`: it may. */
  refusalOf(newcomer: Newcomer): DownReason | undefined;
  /** Lets a client in: others of its identity make room, at once. */
  admit(newcomer: Newcomer, now: Instant): void;
}
