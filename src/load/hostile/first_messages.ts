/**
 * First messages, made once and given a new name and nonce each time they are sent.
 *
 * @module
 */
import { systemRandom } from "../../crypto/system_random.ts";
import type { KeyExchangeGroup } from "../../crypto/algorithms.ts";
import type { KeyExchange } from "../../crypto/key_exchange.ts";
import { AES_GCM_16, PRF_HMAC_SHA2_256 } from "../../crypto/registry.ts";
import { notify } from "../../ike/message/notify.ts";
import { offerIke } from "../../ike/ike_sa/proposals.ts";
import { newIkeSpi } from "../../ike/ike_sa/spi.ts";
import { ExchangeType, NotifyType } from "../../wire/constants.ts";
import { encodeMessage } from "../../wire/message.ts";
import type { Payload } from "../../wire/payload.ts";

const SPI_LENGTH = 8;
const NONCE_LENGTH = 32;
const HEADER_LENGTH = 28;
const GENERIC_HEADER_LENGTH = 4;

/** A message whose nonce is its first payload, and can be drawn anew. */
export interface FirstMessage {
  readonly octets: Uint8Array;
}

/** IKE_SA_INIT with a real public value of a group, once made and never looked after. */
export function initMessage(group: KeyExchangeGroup, keyExchange: KeyExchange): FirstMessage {
  const { publicValue } = keyExchange.generateKeyPair(group.id, systemRandom);
  const proposal = {
    encryption: [{ algorithm: AES_GCM_16, keyLength: 32 }],
    integrity: [],
    prfs: [PRF_HMAC_SHA2_256],
    groups: [group],
  };
  return firstMessage(ExchangeType.IKE_SA_INIT, [
    { type: "SA", proposals: offerIke([proposal]) },
    { type: "KE", group: group.id, keyExchangeData: publicValue },
    notify(NotifyType.IKEV2_FRAGMENTATION_SUPPORTED),
  ]);
}

/** IKE_SESSION_RESUME with a ticket (RFC 5723, section 4.3.1). */
export function resumeMessage(ticket: Uint8Array): FirstMessage {
  return firstMessage(ExchangeType.IKE_SESSION_RESUME, [notify(NotifyType.TICKET_OPAQUE, ticket)]);
}

/** The same with another nonce, and another initiator SPI unless one is given: octets of their own. */
export function varied({ octets }: FirstMessage, initiatorSpi: Uint8Array = randomSpi()): Uint8Array {
  const copy = octets.slice();
  copy.set(initiatorSpi);
  copy.set(systemRandom(NONCE_LENGTH), HEADER_LENGTH + GENERIC_HEADER_LENGTH);
  return copy;
}

/** The same with a COOKIE before all other payloads (RFC 7296, section 2.6). */
export function withCookie(octets: Uint8Array, cookie: Uint8Array): Uint8Array {
  const { length } = cookie;
  const inserted = GENERIC_HEADER_LENGTH + NOTIFY_HEADER_LENGTH + length;
  const joined = new Uint8Array(octets.length + inserted);
  joined.set(octets.subarray(0, HEADER_LENGTH));
  joined.set(octets.subarray(HEADER_LENGTH), HEADER_LENGTH + inserted);
  const view = new DataView(joined.buffer);
  const nextPayload = joined[NEXT_PAYLOAD_OFFSET];
  joined[NEXT_PAYLOAD_OFFSET] = NOTIFY_PAYLOAD;
  view.setUint32(LENGTH_OFFSET, joined.length);
  joined[HEADER_LENGTH] = nextPayload;
  view.setUint16(HEADER_LENGTH + 2, inserted);
  view.setUint16(HEADER_LENGTH + GENERIC_HEADER_LENGTH + 2, NotifyType.COOKIE);
  joined.set(cookie, HEADER_LENGTH + GENERIC_HEADER_LENGTH + NOTIFY_HEADER_LENGTH);
  return joined;
}

/** The cookie that an answer asks for, if it does. */
export function cookieIn(answer: Uint8Array): Uint8Array | undefined {
  if (answer.length < COOKIE_OFFSET || answer[NEXT_PAYLOAD_OFFSET] !== NOTIFY_PAYLOAD) return undefined;
  const view = new DataView(answer.buffer, answer.byteOffset, answer.length);
  if (view.getUint16(HEADER_LENGTH + GENERIC_HEADER_LENGTH + 2) !== NotifyType.COOKIE) return undefined;
  return answer.subarray(COOKIE_OFFSET, HEADER_LENGTH + view.getUint16(HEADER_LENGTH + 2));
}

/** The responder's SPI in an answer; all zero: it has taken nothing on. */
export function responderSpiIn(answer: Uint8Array): Uint8Array {
  return answer.subarray(SPI_LENGTH, 2 * SPI_LENGTH);
}

export function randomSpi(): Uint8Array {
  const octets = new Uint8Array(SPI_LENGTH);
  new DataView(octets.buffer).setBigUint64(0, newIkeSpi(systemRandom));
  return octets;
}

const NOTIFY_HEADER_LENGTH = 4;
const COOKIE_OFFSET = HEADER_LENGTH + GENERIC_HEADER_LENGTH + NOTIFY_HEADER_LENGTH;
const NEXT_PAYLOAD_OFFSET = 16;
const LENGTH_OFFSET = 24;
const NOTIFY_PAYLOAD = 41;

function firstMessage(exchangeType: number, payloads: readonly Payload[]): FirstMessage {
  const header = { initiatorSpi: 1n, responderSpi: 0n, exchangeType, fromInitiator: true, isResponse: false, messageId: 0 };
  // The nonce first, though it stands third by custom: its place is then known, and the order is the sender's choice (RFC 7296, section 2.5).
  return { octets: encodeMessage(header, [{ type: "Nonce", nonce: new Uint8Array(NONCE_LENGTH) }, ...payloads]) };
}
