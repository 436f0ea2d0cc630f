/**
 * The cryptography of many sessions in one call. Three providers implement this: `wasm` (bindings), `ts` and `node`.
 *
 * Every operation takes a batch and returns results in the batch's order. A failed member is flagged in its own result and
 * changes nothing for the others. A lone session is a batch of one. Providers keep no reference to what they are given,
 * and results are the caller's to keep and to wipe. Results of one call may be views of one buffer.
 *
 * @module
 */
import type { PrfAlgorithm, Protection } from "./algorithms.ts";

/** prf(key, data[0] | data[1] | …): RFC 7296, section 2.13. */
export interface PrfRequest {
  /** The prf. */
  readonly prf: PrfAlgorithm;
  /** Of any length. */
  readonly key: Uint8Array;
  /** What is hashed under the key, put together in order. */
  readonly data: readonly Uint8Array[];
}

/** prf+(key, seed[0] | seed[1] | …), `length` octets, 1 to 255 outputs of the prf: RFC 7296, section 2.13. */
export interface PrfPlusRequest {
  /** The prf that is iterated. */
  readonly prf: PrfAlgorithm;
  /** Of any length. */
  readonly key: Uint8Array;
  /** Its parts, put together in order. */
  readonly seed: readonly Uint8Array[];
  /** Octets wanted. */
  readonly length: number;
}

/** prf+(prf(key, data), seed): SKEYSEED and the keys of an IKE SA in one step (RFC 7296, section 2.14; RFC 5723, section 5.1). */
export interface DeriveKeysRequest {
  /** The prf of both steps. */
  readonly prf: PrfAlgorithm;
  /** Of the inner prf, of any length. */
  readonly key: Uint8Array;
  /** Of the inner prf, put together in order. */
  readonly data: readonly Uint8Array[];
  /** Of prf+, put together in order. */
  readonly seed: readonly Uint8Array[];
  /** Octets wanted: 1 to 255 outputs of the prf. */
  readonly length: number;
}

/** Is prf(key, data) equal to `mac`, compared in constant time? A `mac` of another length than the prf's output is not. */
export interface VerifyMacRequest {
  /** The prf. */
  readonly prf: PrfAlgorithm;
  /** Of any length. */
  readonly key: Uint8Array;
  /** What is hashed under the key, put together in order. */
  readonly data: readonly Uint8Array[];
  /** What the peer sent: hostile, of any length. */
  readonly mac: Uint8Array;
}

/**
 * Seals to: associated data | IV | ciphertext | ICV, the layout of a whole IKE message whose last payload is SK
 * (RFC 7296, section 3.14; RFC 5282, section 3) and of a ticket by value (RFC 5723, appendix A.1).
 *
 * With an AEAD the nonce is salt | IV. With a separate integrity algorithm the MAC covers all before it.
 */
export interface SealRequest {
  /** The algorithms. */
  readonly protection: Protection;
  /** Key and, where the algorithm has one, the salt behind it. */
  readonly encryptionKey: Uint8Array;
  /** Empty for an AEAD. */
  readonly integrityKey: Uint8Array;
  /** `protection.encryption.ivLength` octets: unique for each call under one key; unpredictable for CBC. */
  readonly iv: Uint8Array;
  /** Authenticated, not encrypted; it stands before the IV as it is. */
  readonly associatedData: Uint8Array;
  /** Already padded to the cipher's block length. */
  readonly plaintext: Uint8Array;
}

/** Opens what {@link SealRequest} describes. */
export interface OpenRequest {
  /** The algorithms. */
  readonly protection: Protection;
  /** As in {@link SealRequest}. */
  readonly encryptionKey: Uint8Array;
  /** As in {@link SealRequest}. */
  readonly integrityKey: Uint8Array;
  /** The whole: associated data | IV | ciphertext | ICV. */
  readonly sealed: Uint8Array;
  /** How many octets of `sealed` are associated data. */
  readonly associatedDataLength: number;
}

/**
 * The keys of an IKE SA, and the first message under them opened with two of these keys: {@link DeriveKeysRequest}, then what
 * {@link OpenRequest} describes. It is the first operation that an IKE_AUTH request needs (RFC 5723, sections 5.1 and 4.3.3).
 */
export interface DeriveAndOpenRequest {
  /** Makes the keying material. */
  readonly derivation: DeriveKeysRequest;
  /** The algorithms that the message is under. */
  readonly protection: Protection;
  /** Where in the keying material the encryption key stands, its salt behind it: octets from the start. */
  readonly encryptionKeyOffset: number;
  /** Likewise the integrity key; with an AEAD, whose integrity key is empty, anywhere within. */
  readonly integrityKeyOffset: number;
  /** The whole: associated data | IV | ciphertext | ICV. */
  readonly sealed: Uint8Array;
  /** How many octets of `sealed` are associated data. */
  readonly associatedDataLength: number;
  /** The same derivation, for providers that copy its parts in any case: `derivation` need not be asked for then. */
  readonly inPlace?: DeriveAndOpenInPlace;
}

/** A `derivation` by its parts: data label | nonces, seed nonces | SPIi | SPIr. */
export interface DeriveAndOpenInPlace {
  /** The prf of both steps. */
  readonly prf: PrfAlgorithm;
  /** Of the inner prf: SK_d of before, or what else SKEYSEED rests on. */
  readonly key: Uint8Array;
  /** What the inner prf covers before the nonces; it may be empty. */
  readonly label: Uint8Array;
  /** Ni | Nr. */
  readonly nonces: Uint8Array;
  /** The new IKE SA's initiator SPI. */
  readonly initiatorSpi: bigint;
  /** The new IKE SA's responder SPI. */
  readonly responderSpi: bigint;
  /** Octets wanted: 1 to 255 outputs of the prf. */
  readonly length: number;
}

/** What came of {@link DeriveAndOpenRequest}. */
export interface DerivedAndOpened {
  /** `derivation.length` octets. There also when the message did not open. */
  readonly keyingMaterial: Uint8Array;
  /** `undefined`: too short or not authentic. */
  readonly plaintext: Uint8Array | undefined;
}

/**
 * What one end's AUTH covers, and the key: prf(key, realMessage | peerNonce | prf(key, restOfIdPayload)) (RFC 7296, section 2.15, with
 * SK_px for the key as RFC 5723, section 4.3.3 has it).
 */
export interface SignedOctets {
  /** SK_pi for the initiator's AUTH, SK_pr for the responder's. */
  readonly key: Uint8Array;
  /** The end's first message, whole (RFC 7296, section 2.15): for a resumption its IKE_SESSION_RESUME message (RFC 5723, section 5.1). */
  readonly realMessage: Uint8Array;
  /** Ni or Nr: the nonce of the other end, without the payload's header. */
  readonly peerNonce: Uint8Array;
  /** The ID payload of the end without its generic header: type, three reserved octets, identification. */
  readonly restOfIdPayload: Uint8Array;
}

/** Both ends' AUTH, and the keys of the first Child SA: what is computed between an opened IKE_AUTH request and its response. */
export interface AuthenticateRequest {
  /** The prf of the IKE SA. */
  readonly prf: PrfAlgorithm;
  /** Of the end that is judged. */
  readonly theirs: SignedOctets;
  /** What the other end sent; compared in constant time, and never equal when of another length than the prf's output. */
  readonly theirAuth: Uint8Array;
  /** Of this end, whose AUTH is made. */
  readonly ours: SignedOctets;
  /** prf+(key, seed): KEYMAT (RFC 7296, section 2.17). Not given where no Child SA is made. A length out of range throws a RangeError. */
  readonly expansion?: Omit<PrfPlusRequest, "prf">;
  /** The same where it stands, for providers that copy it in any case: nothing else need be asked for then. */
  readonly inPlace?: AuthenticateInPlace;
}

/** An identity whose payload without its header is type | three zeros | identification (RFC 7296, section 3.5). */
export interface IdentityOctets {
  /** One octet, the type of the identity. */
  readonly idType: number;
  /** In the form that its type has. */
  readonly identification: Uint8Array;
}

/**
 * What an {@link AuthenticateRequest} of the responder's asks for, by what it is cut from. Of keying material the keys of the prf's length are SK_d, at the
 * start, and SK_pi and SK_pr, the last two (RFC 7296, section 2.14).
 */
export interface AuthenticateInPlace {
  /** The prf of the IKE SA. */
  readonly prf: PrfAlgorithm;
  /** The seven keys of the IKE SA, in their order. */
  readonly keyingMaterial: Uint8Array;
  /** Ni | Nr: the nonces of both ends, and what KEYMAT is made of. */
  readonly nonces: Uint8Array;
  /** Octets of Ni, which stand first in `nonces`. */
  readonly initiatorNonceLength: number;
  /** The other end's first message, whole. */
  readonly theirMessage: Uint8Array;
  /** This end's first message, whole. */
  readonly ourMessage: Uint8Array;
  /** Of the other end: IDi. */
  readonly theirId: IdentityOctets;
  /** Of this end: IDr. */
  readonly ourId: IdentityOctets;
  /** Their AUTH stands in it from `authStart` to `authEnd`. */
  readonly plaintext: Uint8Array;
  /** Octets from the start of `plaintext`. */
  readonly authStart: number;
  /** Likewise, not included. */
  readonly authEnd: number;
  /** Octets of KEYMAT, by SK_d; 0: no Child SA is made. */
  readonly expansionLength: number;
}

/** What came of {@link AuthenticateRequest}. */
export interface Authenticated {
  /** This end's AUTH. */
  readonly auth: Uint8Array;
  /** `expansion.length` octets; none without an expansion. */
  readonly keyingMaterial: Uint8Array;
}

/** A message that carries a ticket: the ticket is sealed first, to its place in the message's plaintext, then the message. */
export interface SealWithTicketRequest {
  /** By value, under the ticket key. */
  readonly ticket: SealRequest;
  /** Its plaintext has a place for the sealed ticket from octet `ticketOffset` on; what stands there is not read. */
  readonly message: SealRequest;
  /** Octets from the start of the message's plaintext. */
  readonly ticketOffset: number;
}

/** What seals one part of a {@link LaidOutMessage}, and how much of that part is associated data. */
export interface LaidOutSeal {
  /** The algorithms of this part. */
  readonly protection: Protection;
  /** As in {@link SealRequest}. */
  readonly encryptionKey: Uint8Array;
  /** As in {@link SealRequest}. */
  readonly integrityKey: Uint8Array;
  /** Octets from the start of this part. */
  readonly associatedDataLength: number;
}

/** A message laid out as it will be sent, associated data | IV | plaintext | room for the ICV: it is sealed where it stands. */
export interface LaidOutMessage extends LaidOutSeal {
  /** The message's octets, which are written over. */
  readonly octets: Uint8Array;
  /** A ticket within the plaintext, laid out likewise from `start` to `end`: it is sealed first. */
  readonly ticket?: LaidOutSeal & { readonly start: number; readonly end: number };
}

/** `wasm`: core-rs; `ts`: noble; `node`: node:crypto. */
export type ProviderName = "wasm" | "ts" | "node";

/** See the module: batches in, results in their order. */
export interface CryptoProvider {
  /** Which it is. */
  readonly name: ProviderName;
  /** prf(key, data) of each (RFC 7296, section 2.13), as long as the prf's output. */
  prf(batch: readonly PrfRequest[]): Uint8Array[];
  /** Throws a RangeError where `length` is out of range; {@link deriveKeys} likewise. */
  prfPlus(batch: readonly PrfPlusRequest[]): Uint8Array[];
  /** prf+(prf(key, data), seed) of each: see {@link DeriveKeysRequest}. */
  deriveKeys(batch: readonly DeriveKeysRequest[]): Uint8Array[];
  /** `true`: equal. */
  verifyMac(batch: readonly VerifyMacRequest[]): boolean[];
  /** The protected messages. A request whose sizes contradict its protection is a programmer's error and throws a RangeError. */
  seal(batch: readonly SealRequest[]): Uint8Array[];
  /** The plaintexts; `undefined` for each member that is too short or not authentic, whatever the reason. */
  open(batch: readonly OpenRequest[]): (Uint8Array | undefined)[];
  /** Like {@link open}, for tickets: many calls under one long-lived key, which a provider may keep expanded until {@link forgetTicketKeys}. */
  openTickets(batch: readonly OpenRequest[]): (Uint8Array | undefined)[];
  /** See {@link DeriveAndOpenRequest}. */
  deriveAndOpen(batch: readonly DeriveAndOpenRequest[]): DerivedAndOpened[];
  /** See {@link AuthenticateRequest}; `undefined` for each member whose other end did not prove itself: nothing of it is to be used. */
  authenticate(batch: readonly AuthenticateRequest[]): (Authenticated | undefined)[];
  /** See {@link SealWithTicketRequest}: the protected messages. A ticket that its place does not hold is a RangeError. */
  sealWithTicket(batch: readonly SealWithTicketRequest[]): Uint8Array[];
  /**
   * The same as {@link seal} and {@link sealWithTicket}, where the messages stand. Sizes that contradict a protection are a RangeError; when it throws,
   * what stands in the messages is not to be used. Only where it saves something: see `sealLaidOut` of `laid_out.ts`.
   */
  sealLaidOut?(batch: readonly LaidOutMessage[]): void;
  /** Wipes any ticket key state the provider keeps. */
  forgetTicketKeys(): void;
}
