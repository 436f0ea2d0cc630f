/**
 * Messages in the Encrypted payload, laid out as they will be sent, to be sealed where they stand (RFC 7296, section 3.14).
 *
 * @module
 */
import { icvLength } from "../../crypto/algorithms.ts";
import type { LaidOutMessage, SealRequest } from "../../crypto/provider.ts";
import { wipe } from "../../crypto/wipe.ts";
import { ticketLength } from "../../ticket/ticket_by_value.ts";
import { PayloadNumber } from "../../wire/constants.ts";
import { type Header, HEADER_LENGTH, writeHeader } from "../../wire/header.ts";
import type { OctetChunks } from "../../wire/octet_chunks.ts";
import type { Payload } from "../../wire/payload.ts";
import {
  chainLength,
  firstPayloadOf,
  GENERIC_HEADER_LENGTH,
  writeChain,
  writeGenericHeader,
} from "../../wire/payload_chain.ts";
import { Writer } from "../../wire/writer.ts";
import { nextIv, type ProtectionContext } from "./protected_message.ts";

const PREFIX_LENGTH = HEADER_LENGTH + GENERIC_HEADER_LENGTH;

/**
 * As `sealMessage` seals it.
 *
 * @param ticket goes to where the last payload ends, which leaves room for it. Its plaintext is wiped: it stands in the message now.
 */
export function layOutMessage(
  context: ProtectionContext,
  header: Header,
  payloads: readonly Payload[],
  ticket: SealRequest | undefined,
  chunks: OctetChunks,
): LaidOutMessage {
  const { suite: { protection }, keys, role } = context;
  const { ivLength, blockLength } = protection.encryption;
  const length = chainLength(payloads);
  const padLength = blockLength - 1 - length % blockLength;
  const skLength = GENERIC_HEADER_LENGTH + ivLength + length + padLength + 1 + icvLength(protection);
  const writer = new Writer(chunks.take(HEADER_LENGTH + skLength));
  writeHeader(writer, header, PayloadNumber.SK, HEADER_LENGTH + skLength);
  writeGenericHeader(writer, firstPayloadOf(payloads), skLength);
  writer.copy(nextIv(context));
  writeChain(writer, payloads);
  const end = writer.position;
  writer.zeros(padLength);
  writer.u8(padLength, "SK: pad length");
  const { octets } = writer;
  const ours = role === "initiator";
  return {
    protection,
    encryptionKey: ours ? keys.skEi : keys.skEr,
    integrityKey: ours ? keys.skAi : keys.skAr,
    octets,
    associatedDataLength: PREFIX_LENGTH,
    ticket: ticket && layOutTicket(ticket, octets, end),
  };
}

/** Where a ticket stands that ends at `end`. */
function layOutTicket(ticket: SealRequest, octets: Uint8Array, end: number): LaidOutMessage["ticket"] {
  const { protection, encryptionKey, integrityKey, associatedData, iv, plaintext } = ticket;
  const start = end - ticketLength(ticket);
  octets.set(associatedData, start);
  octets.set(iv, start + associatedData.length);
  octets.set(plaintext, start + associatedData.length + iv.length);
  wipe(plaintext);
  return { protection, encryptionKey, integrityKey, associatedDataLength: associatedData.length, start, end };
}
