/**
 * Sealing of messages that are laid out as they will be sent, by every provider.
 *
 * @module
 */
import { icvLength, ivLength } from "./algorithms.ts";
import { assertLaidOut } from "./guards.ts";
import type { CryptoProvider, LaidOutMessage, LaidOutSeal, SealRequest } from "./provider.ts";

/**
 * Seals messages where they stand, tickets in them first. When it throws, what stands in the messages is not to be used.
 *
 * @throws RangeError sizes that contradict a protection.
 */
export function sealLaidOut(provider: CryptoProvider, batch: readonly LaidOutMessage[]): void {
  if (provider.sealLaidOut) return provider.sealLaidOut(batch);
  batch.forEach(assertLaidOut);
  const carrying = batch.filter(({ ticket }) => ticket !== undefined);
  const plain = batch.filter(({ ticket }) => ticket === undefined);
  if (carrying.length > 0) {
    const sealed = provider.sealWithTicket(carrying.map((message) => {
      const { octets, ticket, associatedDataLength, protection } = message;
      const { start, end } = ticket!;
      return {
        ticket: requestOf(ticket!, octets.subarray(start, end)),
        message: requestOf(message, octets),
        ticketOffset: start - associatedDataLength - ivLength(protection),
      };
    }));
    carrying.forEach(({ octets }, index) => octets.set(sealed[index]));
  }
  if (plain.length > 0) {
    const sealed = provider.seal(plain.map((message) => requestOf(message, message.octets)));
    plain.forEach(({ octets }, index) => octets.set(sealed[index]));
  }
}

function requestOf(
  { protection, encryptionKey, integrityKey, associatedDataLength }: LaidOutSeal,
  octets: Uint8Array,
): SealRequest {
  const plaintextStart = associatedDataLength + ivLength(protection);
  return {
    protection,
    encryptionKey,
    integrityKey,
    associatedData: octets.subarray(0, associatedDataLength),
    iv: octets.subarray(associatedDataLength, plaintextStart),
    plaintext: octets.subarray(plaintextStart, octets.length - icvLength(protection)),
  };
}
