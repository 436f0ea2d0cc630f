/**
 * What the main thread and its workers tell each other. All of it can be cloned.
 *
 * @module
 */
import type { ChildOrder } from "../../ike/exchanges/create_child_sa/child_orders.ts";
import type { SpiPair } from "../../ike/ike_sa/spi.ts";
import type { AddressLeaseTables } from "../../ike/policy/address_leases.ts";
import type { InnerAddressCounts } from "../../ike/policy/inner_address.ts";
import type { Endpoint } from "../../ike/steps/datagram.ts";
import type { SharedTicketMemory } from "../../store/shared/shared_memory_store.ts";
import type { StoreErrorKind } from "../../store/store_error.ts";
import type { TicketKey } from "../../ticket/ticket_key.ts";
import type { TransportName } from "../../transport/open_transport.ts";
import type { OtherDatagramKind } from "../../transport/transport.ts";
import type { RevokedTickets } from "../gateway_options.ts";
import type { Draining } from "../draining.ts";
import type { IkeSaQuestion } from "../ike_sa_administration.ts";
import type { RedirectedClients } from "../redirected_clients.ts";
import type { NewsOfWorkers, ReplacedIdentity, ResumedSa } from "../../ike/policy/other_workers.ts";
import type { Counted } from "./counted.ts";
import type { PackedDatagrams } from "./packed_datagrams.ts";
import type { Place } from "./place.ts";

/** What a worker's thread is started with. */
export interface WorkerStart {
  /** Tells a gateway's worker from any other. */
  readonly kind: typeof WORKER_KIND;
  readonly index: number;
  readonly count: number;
  readonly addresses: readonly string[];
  readonly port: number | undefined;
  readonly natPort: number | undefined;
  readonly revocation: "exact" | "off";
  /** Identities whose tickets were taken back since the gateway was started. */
  readonly revoked: readonly RevokedTickets[];
  /** What it looks up in the store itself. */
  readonly memory: Partial<SharedTicketMemory>;
  /** The keys of tickets, where the main thread keeps them. */
  readonly ticketKeys?: SharedTicketKeys;
  /** What the program wants its workers to know. */
  readonly data: unknown;
  /** See `InFlight`. */
  readonly taken: Int32Array<SharedArrayBuffer>;
}

export const WORKER_KIND = "ike-resume gateway worker";

/** A ring's keys, its current one first, in the open, and what it allows. */
export interface SharedTicketKeys {
  readonly keys: readonly TicketKey[];
  readonly ticketLifetimeSeconds: number;
  /** Tickets that one worker may seal under a key. */
  readonly sealLimit: number;
}

/** The rooms of a store, and what they are asked. */
export type StoreRequest =
  | { readonly room: "claims"; readonly method: "claim" | "isClaimed" }
  | { readonly room: "ticketStates"; readonly method: "put" | "get" | "delete" }
  | { readonly room: "revocations"; readonly method: "add" | "has" };

export type StoreCall = StoreRequest & { readonly id: number; readonly batch: readonly unknown[] };

export type StoreAnswer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly fault: { readonly kind: StoreErrorKind | undefined; readonly message: string } };

/** What the main thread asks of a worker. */
export type WorkerQuestion =
  | { readonly name: "deleteSa" | "rekeySa" | "checkLiveness"; readonly spis: SpiPair }
  | { readonly name: "orderChildSa"; readonly spis: SpiPair; readonly order: ChildOrder }
  | { readonly name: "peersHeard"; readonly spis: readonly SpiPair[] }
  | { readonly name: "redirect"; readonly clients: RedirectedClients }
  | { readonly name: "drain"; readonly draining: Draining }
  | { readonly name: "revoke"; readonly what: RevokedTickets }
  | { readonly name: "ikeSas"; readonly question: IkeSaQuestion }
  | { readonly name: "counted" }
  | { readonly name: "close" }
  /** The program's own. */
  | { readonly name: "program"; readonly question: unknown };

/** How datagrams come to a worker. */
export interface Steering {
  /** Where the main thread listens, or the workers before this one, in the order of `addresses`. */
  readonly places: readonly Place[];
  /** Which worker each socket of a port is of, this one the last; absent where the main thread has the sockets. */
  readonly sockets?: readonly number[];
  readonly transport: TransportName;
  /** Which worker has which inner address; absent where there are none. */
  readonly addressLeases?: AddressLeaseTables;
}

export type ToWorker =
  /** The answer to `ready`. */
  | { readonly type: "listen"; readonly steering: Steering }
  | { readonly type: "datagrams"; readonly packed: PackedDatagrams }
  | { readonly type: "other"; readonly kind: OtherDatagramKind; readonly octets: Uint8Array; readonly remote: Endpoint }
  | { readonly type: "news"; readonly news: NewsOfWorkers }
  | { readonly type: "store-answers"; readonly answers: readonly StoreAnswer[] }
  | { readonly type: "ticket-keys"; readonly keys: readonly TicketKey[] }
  | { readonly type: "question"; readonly id: number; readonly question: WorkerQuestion };

export type FromWorker =
  /** Its options are made: it can listen. `innerAddresses`: how many there are, if any. */
  | { readonly type: "ready"; readonly innerAddresses: InnerAddressCounts | undefined }
  | {
    readonly type: "listening";
    readonly places: readonly Place[];
    readonly ticketLifetimeSeconds: number;
    /** The kinds of its transports. */
    readonly kinds: readonly string[];
    /** Descriptors that have to be closed if it dies. */
    readonly descriptors: readonly number[];
    /** The name of its provider of cryptography. */
    readonly provider: string;
  }
  /** Answers; and, where the kernel steers, what is another worker's. */
  | { readonly type: "datagrams"; readonly packed: PackedDatagrams }
  | { readonly type: "store-calls"; readonly calls: readonly StoreCall[] }
  | { readonly type: "answer"; readonly id: number; readonly value: unknown }
  | { readonly type: "refused"; readonly id: number; readonly message: string }
  | { readonly type: "counted"; readonly counted: Counted }
  /** Tickets of IKE SAs were used that are not here, and clients came up alone of their identity: those of a wave. */
  | { readonly type: "news"; readonly resumed: readonly ResumedSa[]; readonly replaced: readonly ReplacedIdentity[] }
  /** No key of the ring may seal any more. */
  | { readonly type: "ticket-keys-exhausted"; readonly keyId: Uint8Array }
  | { readonly type: "told"; readonly message: unknown };
