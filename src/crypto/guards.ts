/**
 * The checks that every provider makes of its requests, so that a programmer's error has the same name everywhere. Nothing that
 * the network can cause is an error here: see `openableLength`.
 *
 * @module
 */
import {
  encryptionKeyLength,
  icvLength,
  integrityKeyLength,
  ivLength,
  type PrfAlgorithm,
  type Protection,
} from "./algorithms.ts";
import type {
  AuthenticateRequest,
  DeriveAndOpenRequest,
  LaidOutMessage,
  LaidOutSeal,
  OpenRequest,
  SealRequest,
  SealWithTicketRequest,
} from "./provider.ts";

/** prf+ counts its outputs in one octet (RFC 7296, section 2.13). */
const PRF_PLUS_MAXIMUM_OUTPUTS = 255;

/** @throws RangeError when prf+ cannot give `length` octets. */
export function assertPrfPlusLength(prf: PrfAlgorithm, length: number): void {
  const maximum = PRF_PLUS_MAXIMUM_OUTPUTS * prf.outputLength;
  if (Number.isInteger(length) && length >= 1 && length <= maximum) return;
  throw new RangeError(`prf+ length is ${length}, expected 1 to ${maximum} octets with ${prf.name}`);
}

/** @throws RangeError naming the field whose size contradicts the protection. */
export function assertSealable(request: SealRequest): void {
  assertSealableIn("seal", request);
}

/** @throws RangeError naming the key whose size contradicts the protection, or an associated data length that is no length. */
export function assertOpenable({ protection, encryptionKey, integrityKey, associatedDataLength }: OpenRequest): void {
  assertKeys("open", protection, encryptionKey, integrityKey);
  assertWhole("open", "associatedDataLength", associatedDataLength);
}

/** @throws RangeError naming a length that prf+ cannot give, a key that does not stand within it, or what contradicts the protection. */
export function assertDeriveAndOpen(request: DeriveAndOpenRequest): void {
  const { protection, encryptionKeyOffset, integrityKeyOffset, associatedDataLength } = request;
  const { prf, length } = request.inPlace ?? request.derivation;
  assertPrfPlusLength(prf, length);
  assertProtection("deriveAndOpen", protection);
  assertWithin("deriveAndOpen", "encryptionKeyOffset", encryptionKeyOffset, encryptionKeyLength(protection), length);
  assertWithin("deriveAndOpen", "integrityKeyOffset", integrityKeyOffset, integrityKeyLength(protection), length);
  assertWhole("deriveAndOpen", "associatedDataLength", associatedDataLength);
}

/** @throws RangeError when prf+ cannot give the length of the expansion. */
export function assertAuthenticate(request: AuthenticateRequest): void {
  const { prf, inPlace } = request;
  const length = inPlace ? inPlace.expansionLength || undefined : request.expansion?.length;
  if (length !== undefined) assertPrfPlusLength(prf, length);
}

/** @throws RangeError naming the field of the ticket or the message as {@link assertSealable} does, or a place that does not hold the ticket. */
export function assertSealWithTicket({ ticket, message, ticketOffset }: SealWithTicketRequest): void {
  assertSealableIn("sealWithTicket, ticket", ticket);
  assertSealableIn("sealWithTicket, message", message);
  assertWithin("sealWithTicket", "ticketOffset", ticketOffset, sealedLength(ticket), message.plaintext.length);
}

/** @throws RangeError naming a key whose size contradicts the protection, or octets that do not hold what is to be sealed. */
export function assertLaidOut(message: LaidOutMessage): void {
  const { octets, ticket, protection, associatedDataLength } = message;
  assertLaidOutPart("sealLaidOut, message", message, octets.length);
  if (ticket === undefined) return;
  const plaintextStart = associatedDataLength + ivLength(protection);
  const plaintextLength = octets.length - plaintextStart - icvLength(protection);
  const length = ticket.end - ticket.start;
  assertLaidOutPart("sealLaidOut, ticket", ticket, length);
  assertWithin("sealLaidOut", "ticket", ticket.start - plaintextStart, length, plaintextLength);
}

/** Octets of the sealed message that a request leads to. */
export function sealedLength({ protection, associatedData, iv, plaintext }: SealRequest): number {
  return associatedData.length + iv.length + plaintext.length + icvLength(protection);
}

/**
 * Octets of ciphertext in what is to be opened; `undefined` when it is too short or no multiple of the cipher's block,
 * which only says that it is not authentic.
 */
export function openableLength(
  { protection, sealed, associatedDataLength }: Pick<OpenRequest, "protection" | "sealed" | "associatedDataLength">,
): number | undefined {
  const length = sealed.length - associatedDataLength - ivLength(protection) - icvLength(protection);
  return length >= 0 && length % protection.encryption.blockLength === 0 ? length : undefined;
}

function assertLaidOutPart(
  operation: string,
  { protection, encryptionKey, integrityKey, associatedDataLength }: LaidOutSeal,
  length: number,
): void {
  assertKeys(operation, protection, encryptionKey, integrityKey);
  assertWhole(operation, "associatedDataLength", associatedDataLength);
  const plaintextLength = length - associatedDataLength - ivLength(protection) - icvLength(protection);
  const { blockLength, name } = protection.encryption;
  if (plaintextLength < 0 || plaintextLength % blockLength !== 0) {
    throw new RangeError(
      `${operation}: ${length} octets leave ${plaintextLength} of plaintext, expected a multiple of ${blockLength} with ${name}`,
    );
  }
}

function assertSealableIn(operation: string, { protection, encryptionKey, integrityKey, iv, plaintext }: SealRequest): void {
  assertKeys(operation, protection, encryptionKey, integrityKey);
  assertLength(operation, "iv", iv.length, ivLength(protection), protection);
  const { blockLength, name } = protection.encryption;
  if (plaintext.length % blockLength !== 0) {
    throw new RangeError(
      `${operation}: plaintext is ${plaintext.length} octets, expected a multiple of ${blockLength} with ${name}`,
    );
  }
}

function assertKeys(operation: string, protection: Protection, encryptionKey: Uint8Array, integrityKey: Uint8Array): void {
  assertProtection(operation, protection);
  assertLength(operation, "encryptionKey", encryptionKey.length, encryptionKeyLength(protection), protection);
  assertLength(operation, "integrityKey", integrityKey.length, integrityKeyLength(protection), protection);
}

function assertProtection(operation: string, { encryption, integrity, keyLength }: Protection): void {
  if (!encryption.keyLengths.includes(keyLength)) {
    throw new RangeError(
      `${operation}: keyLength is ${keyLength}, expected ${encryption.keyLengths.join(" or ")} octets with ${encryption.name}`,
    );
  }
  if ((integrity === undefined) !== (encryption.icvLength > 0)) {
    throw new RangeError(
      `${operation}: integrity is ${integrity?.name ?? "absent"}, expected ${
        encryption.icvLength > 0 ? "none" : "an algorithm"
      } with ${encryption.name}`,
    );
  }
}

function assertLength(operation: string, field: string, actual: number, expected: number, protection: Protection): void {
  if (actual === expected) return;
  throw new RangeError(`${operation}: ${field} is ${actual} octets, expected ${expected} with ${protection.encryption.name}`);
}

function assertWhole(operation: string, field: string, value: number): void {
  if (Number.isInteger(value) && value >= 0) return;
  throw new RangeError(`${operation}: ${field} is ${value}, expected an integer of 0 or more`);
}

/** `length` octets from `offset` on stand within `whole` octets. */
function assertWithin(operation: string, field: string, offset: number, length: number, whole: number): void {
  if (Number.isInteger(offset) && offset >= 0 && offset + length <= whole) return;
  throw new RangeError(`${operation}: ${field} is ${offset}, expected room for ${length} octets within ${whole}`);
}
