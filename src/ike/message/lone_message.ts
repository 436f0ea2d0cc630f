/**
 * Messages under keys that other packets may be protected by as well, of which this end knows nothing: those of draft-sheffer-ipsec-failover-03, whose
 * first keys depend on SK_d and Ni alone. Whoever replays a first message, at another gateway perhaps, has it answered under the same keys. A counter
 * would give one IV to different answers, and with AES-GCM that gives the key away.
 *
 * So an IV is made of the whole packet: IV = prf(key of IVs, header | payloads before SK | generic header of SK | plaintext), cut off. Equal packets
 * have equal IVs, which tells no more than that they are equal; two others share an IV by chance alone. With SP 800-38D in mind: 64 bits, and so few
 * packets under one Ni that this does not happen.
 *
 * @module
 */
import { icvLength } from "../../crypto/algorithms.ts";
import type { SealRequest } from "../../crypto/provider.ts";
import { wipe } from "../../crypto/wipe.ts";
import { ticketLength } from "../../ticket/ticket_by_value.ts";
import type { Header } from "../../wire/header.ts";
import { encodePaddedPayloads, encodeProtectedPrefix } from "../../wire/message.ts";
import type { Payload } from "../../wire/payload.ts";
import type { SubsetKeys } from "../ike_sa/subset_keys.ts";
import type { IkeSuite } from "../ike_sa/suite.ts";
import { prf, seal, type Step } from "../steps/step.ts";
import type { ProtectionContext, Role } from "./protection.ts";
import { messageKeys } from "./protection.ts";

/** What opens such messages. They come in one piece, and nothing else is sealed with this. */
export function loneProtection({ keys }: SubsetKeys, suite: IkeSuite, role: Role): ProtectionContext {
  return { suite, keys, role, sealed: { next: 0n }, random: unasked };
}

function unasked(): never {
  throw new TypeError("lone message: its IV is made of the packet");
}

/**
 * The whole message, SK payload last.
 *
 * @param before payloads that stand before SK, in clear, and are authenticated with it.
 * @param ticket is sealed first, into the zeros that the last payload inside ends in. Its plaintext is wiped.
 */
export function* sealLoneMessage(
  { keys, ivKey }: SubsetKeys,
  suite: IkeSuite,
  role: Role,
  header: Header,
  before: readonly Payload[],
  inside: readonly Payload[],
  ticket?: SealRequest,
): Step<Uint8Array> {
  const { protection } = suite;
  const { ivLength, blockLength } = protection.encryption;
  const inner = encodePaddedPayloads(inside, blockLength);
  if (ticket) {
    const end = inner.length;
    inner.octets.set(yield* seal(ticket), end - ticketLength(ticket));
    wipe(ticket.plaintext);
  }
  const protectedLength = ivLength + inner.octets.length + icvLength(protection);
  const associatedData = encodeProtectedPrefix(header, inner.firstPayload, protectedLength, before);
  const iv = (yield* prf({ prf: suite.prf, key: ivKey, data: [associatedData, inner.octets] })).slice(0, ivLength);
  return yield* seal({ ...messageKeys({ suite, keys, role }, "ours"), iv, associatedData, plaintext: inner.octets });
}
