/**
 * Protocol steps as generators (cryptography as data): a step that needs keys, a MAC or a claim yields a request for it and is
 * resumed with the result. It reads straight down, and does not know with how many other sessions it shared the call.
 *
 * @module
 */
import type { Encapsulated, EncapsulationKeyPair } from "../../crypto/key_encapsulation.ts";
import type { KeyPair } from "../../crypto/key_exchange.ts";
import type {
  Authenticated,
  AuthenticateRequest,
  DeriveAndOpenRequest,
  DerivedAndOpened,
  DeriveKeysRequest,
  OpenRequest,
  PrfPlusRequest,
  PrfRequest,
  SealRequest,
  SealWithTicketRequest,
  VerifyMacRequest,
} from "../../crypto/provider.ts";
import type { SharedKeyPair } from "../../crypto/shared_key_pair.ts";
import type { Revocation } from "../../ticket/revocation_store.ts";
import type { TicketName } from "../../ticket/ticket_name.ts";
import type { LoadedState, StoredTicket } from "../../ticket/ticket_state_store.ts";
import type { Awaited, Outcome } from "./awaited.ts";

/** What a step may ask for. */
export type StepRequest =
  | { readonly operation: "prf"; readonly request: PrfRequest }
  | { readonly operation: "prfPlus"; readonly request: PrfPlusRequest }
  | { readonly operation: "deriveKeys"; readonly request: DeriveKeysRequest }
  | { readonly operation: "verifyMac"; readonly request: VerifyMacRequest }
  | { readonly operation: "seal"; readonly request: SealRequest }
  | { readonly operation: "open"; readonly request: OpenRequest }
  | { readonly operation: "openTickets"; readonly request: OpenRequest }
  | { readonly operation: "deriveAndOpen"; readonly request: DeriveAndOpenRequest }
  | { readonly operation: "authenticate"; readonly request: AuthenticateRequest }
  | { readonly operation: "sealWithTicket"; readonly request: SealWithTicketRequest }
  | { readonly operation: "generateKeyPair"; readonly request: number }
  | { readonly operation: "generateSharedKeyPair"; readonly request: number }
  | { readonly operation: "agree"; readonly request: AgreeRequest }
  | { readonly operation: "generateEncapsulationKeys"; readonly request: number }
  | { readonly operation: "encapsulate"; readonly request: EncapsulateRequest }
  | { readonly operation: "claimTickets"; readonly request: ClaimRequest }
  | { readonly operation: "ticketStandings"; readonly request: ClaimRequest }
  | { readonly operation: "revokeTickets"; readonly request: Revocation }
  | { readonly operation: "storeTickets"; readonly request: StoredTicket }
  | { readonly operation: "loadTickets"; readonly request: string }
  | { readonly operation: "deleteTickets"; readonly request: string }
  | { readonly operation: "replaceTickets"; readonly request: ReplaceRequest }
  | { readonly operation: "await"; readonly request: Awaited };

/** What a step can ask for. */
export type StepOperation = StepRequest["operation"];

/** A shared secret that is wanted of this end's key pair and the other end's public value (RFC 7296, section 2.7). */
export interface AgreeRequest {
  /** This end's. */
  readonly pair: KeyPair;
  /** The other end's, as it came: hostile. */
  readonly peerPublicValue: Uint8Array;
}

/** A secret for whoever has the private key of a public value. */
export interface EncapsulateRequest {
  /** By its number of transform type 4. */
  readonly method: number;
  /** The initiator's, as it came: hostile. */
  readonly publicValue: Uint8Array;
}

/** Names a ticket to the store of used ones (RFC 5723, section 4.3.1). */
export interface ClaimRequest extends TicketName {
  /**
   * Who claims: this end's random SPI of the IKE SA that the ticket is used for. Where the store's answer was lost the same claimant asks again, and
   * is not taken for somebody else.
   */
  readonly claimant?: bigint;
}

/** Whether a ticket that opened may be used. */
export type TicketStanding = "good" | "used" | "revoked" | "store-down";

/** A ticket by reference is used, and the next one takes its place. */
export interface ReplaceRequest {
  /** Of the ticket that is used, in hexadecimal. */
  readonly usedReference: string;
  /** The next ticket, if the client is to have one by reference. */
  readonly next?: StoredTicket;
}

/** What came of {@link ReplaceRequest}. */
export interface ReplaceResult {
  /** `true`: this call used the ticket; `false`: it was used or deleted before; `undefined`: that cannot be told, and it is not accepted. */
  readonly used: boolean | undefined;
  /** Whether the next ticket's state is kept. */
  readonly kept: boolean;
}

/** The result that each operation resumes a step with. */
export interface StepResults {
  /** The output. */
  prf: Uint8Array;
  /** `length` octets. */
  prfPlus: Uint8Array;
  /** `length` octets. */
  deriveKeys: Uint8Array;
  /** Whether it is equal. */
  verifyMac: boolean;
  /** The sealed message. */
  seal: Uint8Array;
  /** `undefined`: too short or not authentic. */
  open: Uint8Array | undefined;
  /** `undefined`: too short or not authentic. */
  openTickets: Uint8Array | undefined;
  /** Keys, and what was opened with them. */
  deriveAndOpen: DerivedAndOpened;
  /** `undefined`: the other end has not proven itself. */
  authenticate: Authenticated | undefined;
  /** The sealed message. */
  sealWithTicket: Uint8Array;
  /** A pair of its own. */
  generateKeyPair: KeyPair;
  /** A pair that others share for a while (RFC 7296, section 2.12). */
  generateSharedKeyPair: SharedKeyPair;
  /** The shared secret; `undefined`: the public value is none. */
  agree: Uint8Array | undefined;
  /** A pair of a key encapsulation mechanism. */
  generateEncapsulationKeys: EncapsulationKeyPair;
  /** Ciphertext and shared secret; `undefined`: the public value is none. */
  encapsulate: Encapsulated | undefined;
  /** `true`: the ticket was not used before; `undefined`: the store does not tell. */
  claimTickets: boolean | undefined;
  /** How the store knows the ticket. */
  ticketStandings: TicketStanding;
  /** `true`: it is taken back. */
  revokeTickets: boolean;
  /** `true`: its state is kept. */
  storeTickets: boolean;
  /** The state; see {@link LoadedState}. */
  loadTickets: LoadedState;
  /** `true`: it was there; `undefined`: the store does not tell. */
  deleteTickets: boolean | undefined;
  /** What became of the old ticket's state and the new one's. */
  replaceTickets: ReplaceResult;
  /** What became of the promise. */
  await: Outcome;
}

/** What a step can be resumed with. */
export type StepResult = StepResults[StepOperation];

/** A step that runs: it yields requests and returns `T`. */
export type Step<T> = Generator<StepRequest, T, StepResult>;

/** What was known at once, or is a step's to find out. */
export type Known<T> = T | Step<T>;

export function isStep<T>(known: Known<T>): known is Step<T> {
  return typeof known === "object" && known !== null && "next" in known && Symbol.iterator in known;
}

/** What is known, or comes out of the step. */
export function* settled<T>(known: Known<T>): Step<T> {
  return isStep(known) ? yield* known : known;
}

/** Asks for prf(key, data): see {@link PrfRequest}. */
export function* prf(request: PrfRequest): Step<Uint8Array> {
  return (yield { operation: "prf", request }) as Uint8Array;
}

/** Asks for prf+(key, seed): see {@link PrfPlusRequest}. */
export function* prfPlus(request: PrfPlusRequest): Step<Uint8Array> {
  return (yield { operation: "prfPlus", request }) as Uint8Array;
}

export function* deriveKeys(request: DeriveKeysRequest): Step<Uint8Array> {
  return (yield { operation: "deriveKeys", request }) as Uint8Array;
}

/** Asks whether a MAC is right, in constant time: see {@link VerifyMacRequest}. */
export function* verifyMac(request: VerifyMacRequest): Step<boolean> {
  return (yield { operation: "verifyMac", request }) as boolean;
}

export function* seal(request: SealRequest): Step<Uint8Array> {
  return (yield { operation: "seal", request }) as Uint8Array;
}

export function* open(request: OpenRequest): Step<Uint8Array | undefined> {
  return (yield { operation: "open", request }) as Uint8Array | undefined;
}

export function* openTicket(request: OpenRequest): Step<Uint8Array | undefined> {
  return (yield { operation: "openTickets", request }) as Uint8Array | undefined;
}

export function* deriveAndOpen(request: DeriveAndOpenRequest): Step<DerivedAndOpened> {
  return (yield { operation: "deriveAndOpen", request }) as DerivedAndOpened;
}

/** `undefined`: the other end has not proven itself. */
export function* authenticate(request: AuthenticateRequest): Step<Authenticated | undefined> {
  return (yield { operation: "authenticate", request }) as Authenticated | undefined;
}

export function* sealWithTicket(request: SealWithTicketRequest): Step<Uint8Array> {
  return (yield { operation: "sealWithTicket", request }) as Uint8Array;
}

export function* generateKeyPair(group: number): Step<KeyPair> {
  return (yield { operation: "generateKeyPair", request: group }) as KeyPair;
}

/** One key pair for all steps of the wave that wait for one of this group. */
export function* generateSharedKeyPair(group: number): Step<SharedKeyPair> {
  return (yield { operation: "generateSharedKeyPair", request: group }) as SharedKeyPair;
}

export function* agree(request: AgreeRequest): Step<Uint8Array | undefined> {
  return (yield { operation: "agree", request }) as Uint8Array | undefined;
}

/** A key pair of a key encapsulation method. */
export function* generateEncapsulationKeys(method: number): Step<EncapsulationKeyPair> {
  return (yield { operation: "generateEncapsulationKeys", request: method }) as EncapsulationKeyPair;
}

/** `undefined`: the public value is not valid. */
export function* encapsulate(request: EncapsulateRequest): Step<Encapsulated | undefined> {
  return (yield { operation: "encapsulate", request }) as Encapsulated | undefined;
}

/** `undefined`: whether it was claimed before cannot be told. */
export function* claimTicket(request: ClaimRequest): Step<boolean | undefined> {
  return (yield { operation: "claimTickets", request }) as boolean | undefined;
}

/** Whether a ticket was used or revoked; changes nothing. Both stores are asked at once. */
export function* ticketStanding(request: ClaimRequest): Step<TicketStanding> {
  return (yield { operation: "ticketStandings", request }) as TicketStanding;
}

/** Enters a ticket into the Invalid Ticket List (RFC 5723, section 9.8); `false`: none is kept. */
export function* revokeTicket(request: Revocation): Step<boolean> {
  return (yield { operation: "revokeTickets", request }) as boolean;
}

/** Keeps the state of a ticket by reference; `false`: the store could not, and no ticket can be issued now. */
export function* storeTicket(request: StoredTicket): Step<boolean> {
  return (yield { operation: "storeTickets", request }) as boolean;
}

/** The state that a reference stands for; `undefined`: there is none; `"unknown"`: that cannot be told. */
export function* loadTicket(reference: string): Step<LoadedState> {
  return (yield { operation: "loadTickets", request: reference }) as LoadedState;
}

/** Forgets the state that a reference stands for; whether there was any. */
export function* deleteTicket(reference: string): Step<boolean | undefined> {
  return (yield { operation: "deleteTickets", request: reference }) as boolean | undefined;
}

/** Deletes the state of a ticket that is used, and keeps that of the next one, in one round trip of the store. */
export function* replaceTicket(request: ReplaceRequest): Step<ReplaceResult> {
  return (yield { operation: "replaceTickets", request }) as ReplaceResult;
}

/** Waits for what another thread or the program itself has promised. Others of the wave need not: see `runWave`. */
export function* outcomeOf<T>(what: string, promise: PromiseLike<T>, hasTicket: boolean = false): Step<Outcome<T>> {
  return (yield { operation: "await", request: { what, promise, hasTicket } }) as Outcome<T>;
}
