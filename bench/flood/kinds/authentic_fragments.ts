/**
 * Fragments of messages that are never completed (RFC 7383), under right keys: each has to be decrypted, and is kept.
 *
 * @module
 */
import { icvLength } from "../../../src/crypto/algorithms.ts";
import type { SealRequest } from "../../../src/crypto/provider.ts";
import { systemRandom } from "../../../src/crypto/system_random.ts";
import { ExchangeType } from "../../../src/wire/constants.ts";
import { encodeMessage } from "../../../src/wire/message.ts";
import type { AttackKind } from "../../../src/load/hostile/attack.ts";
import { bringUpInsider, type InsiderSa } from "../insider.ts";

/** IKE SAs that the client has, under one identity. */
const IKE_SAS = 8;
/** As many as the gateway takes; the last one is never sent. */
const TOTAL_FRAGMENTS = 64;
const PIECE_LENGTH = 250;
/** The first request that is due after IKE_AUTH. */
const MESSAGE_ID = 2;
/** The message changes before it is whole: its fragments make room for those of the other, and are new again when it comes back. */
const EXCHANGES = [ExchangeType.INFORMATIONAL, ExchangeType.CREATE_CHILD_SA];

export const AUTHENTIC_FRAGMENTS: AttackKind = {
  name: "authentic-fragments",
  what: "an authenticated client's fragments of messages that are never completed",
  prepare: async (means) => {
    const sas = await bringUpInsider(means, IKE_SAS);
    const datagrams = sas.map((sa) => means.provider.seal(EXCHANGES.flatMap((exchange) => fragmentsOf(sa, exchange))));
    return (index) => {
      const ofSa = datagrams[index % sas.length];
      sas[index % sas.length].send(ofSa[Math.floor(index / sas.length) % ofSa.length]);
    };
  },
};

function fragmentsOf(sa: InsiderSa, exchangeType: number): SealRequest[] {
  return Array.from({ length: TOTAL_FRAGMENTS - 1 }, (_, index) => fragment(sa, exchangeType, index + 1));
}

function fragment({ spis, suite, encryptionKey, integrityKey }: InsiderSa, exchangeType: number, number: number): SealRequest {
  const { protection } = suite;
  // An AEAD needs no padding: only the Pad Length, which is 0, stands behind the piece.
  const plaintext = new Uint8Array(PIECE_LENGTH + 1);
  const protectedOctets = new Uint8Array(protection.encryption.ivLength + plaintext.length + icvLength(protection));
  const header = { ...spis, exchangeType, fromInitiator: true, isResponse: false, messageId: MESSAGE_ID };
  const numbers = { firstPayload: 0, fragmentNumber: number, totalFragments: TOTAL_FRAGMENTS };
  const message = encodeMessage(header, [{ type: "SKF", ...numbers, protectedOctets, offset: 0 }]);
  return {
    protection,
    encryptionKey,
    integrityKey,
    iv: systemRandom(protection.encryption.ivLength),
    associatedData: message.subarray(0, message.length - protectedOctets.length),
    plaintext,
  };
}
