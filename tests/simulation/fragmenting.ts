/**
 * A protected message cut into fragments (RFC 7383, section 2.5), as a peer sends it whose messages are long.
 *
 * @module
 */
import { icvLength } from "../../src/crypto/algorithms.ts";
import type { RandomSource } from "../../src/crypto/key_exchange.ts";
import type { IkeSaKeys } from "../../src/ike/ike_sa/ike_sa_keys.ts";
import type { Role } from "../../src/ike/message/protected_message.ts";
import { seal, type Step } from "../../src/ike/steps/step.ts";
import type { IkeSuite } from "../../src/ike/ike_sa/suite.ts";
import type { Header } from "../../src/wire/header.ts";
import { encodeMessage, encodePayloads } from "../../src/wire/message.ts";
import type { Payload } from "../../src/wire/payload.ts";

/** What protects the fragments: the sender's end of an IKE SA. */
export interface FragmentingEnd {
  readonly suite: IkeSuite;
  readonly keys: IkeSaKeys;
  readonly role: Role;
  readonly random: RandomSource;
}

/** The payloads, in messages with at most `pieceLength` octets of them each. */
export function* sealFragments(
  end: FragmentingEnd,
  header: Header,
  payloads: readonly Payload[],
  pieceLength: number,
): Step<Uint8Array[]> {
  const { firstPayload, octets } = encodePayloads(payloads);
  const totalFragments = Math.ceil(octets.length / pieceLength);
  const messages: Uint8Array[] = [];
  for (let fragmentNumber = 1; fragmentNumber <= totalFragments; fragmentNumber++) {
    const piece = octets.subarray((fragmentNumber - 1) * pieceLength, fragmentNumber * pieceLength);
    messages.push(
      yield* sealFragment(end, header, {
        firstPayload: fragmentNumber === 1 ? firstPayload : 0,
        fragmentNumber,
        totalFragments,
        piece,
      }),
    );
  }
  return messages;
}

/** One fragment, whatever its numbers say. */
export function* sealFragment(
  { suite, keys, role, random }: FragmentingEnd,
  header: Header,
  fragment: {
    readonly firstPayload: number;
    readonly fragmentNumber: number;
    readonly totalFragments: number;
    readonly piece: Uint8Array;
  },
): Step<Uint8Array> {
  const { encryption } = suite.protection;
  const { piece, ...numbers } = fragment;
  const padLength = encryption.blockLength - 1 - piece.length % encryption.blockLength;
  const plaintext = new Uint8Array(piece.length + padLength + 1);
  plaintext.set(piece);
  plaintext[plaintext.length - 1] = padLength;
  const protectedOctets = new Uint8Array(encryption.ivLength + plaintext.length + icvLength(suite.protection));
  const message = encodeMessage(header, [{ type: "SKF", ...numbers, protectedOctets, offset: 0 }]);
  const ours = role === "initiator";
  return yield* seal({
    protection: suite.protection,
    encryptionKey: ours ? keys.skEi : keys.skEr,
    integrityKey: ours ? keys.skAi : keys.skAr,
    iv: random(encryption.ivLength),
    associatedData: message.subarray(0, message.length - protectedOctets.length),
    plaintext,
  });
}
