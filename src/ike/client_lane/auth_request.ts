/**
 * IKE_AUTH of a client that resumes: HDR, SK {IDi, IDr, AUTH, SAi2, TSi, TSr, N(TICKET_REQUEST)}, laid out as it will be sent (RFC 5723, section 4.3.3;
 * RFC 7296, section 3.14).
 *
 * @module
 */
import { icvLength, ivLength } from "../../crypto/algorithms.ts";
import type { LaidOutMessage } from "../../crypto/provider.ts";
import { ExchangeType, MAJOR_VERSION, PayloadNumber } from "../../wire/constants.ts";
import { FROM_INITIATOR, HEADER_LENGTH } from "../../wire/header.ts";
import { putU16, putU32, putU64 } from "../../wire/numbers_in_place.ts";
import type { OctetChunks } from "../../wire/octet_chunks.ts";
import { cutKeys } from "../ike_sa/ike_sa_keys.ts";
import type { IkeSuite } from "../ike_sa/suite.ts";
import type { AuthOffer } from "./auth_offer.ts";
import type { PlainClient } from "./plain_client.ts";
import type { PlainSetting } from "./plain_setting.ts";
import { GENERIC_HEADER_LENGTH } from "../../wire/payload_header.ts";

/** IKE header and generic header of SK: the associated data of an AEAD (RFC 5282, section 5.1). */
export const PREFIX_LENGTH: number = HEADER_LENGTH + GENERIC_HEADER_LENGTH;

/** Octets of the whole message. */
export function lengthOfAuthRequest(
  { identityPayload }: PlainSetting,
  { octets }: AuthOffer,
  { protection }: IkeSuite,
): number {
  return PREFIX_LENGTH + ivLength(protection) + identityPayload.length + octets.length + icvLength(protection);
}

/** With the client's AUTH, and its SPI of the Child SA. It is the first that is sealed under its key: the IV is 0 (RFC 5282, section 3). */
export function authRequest(client: PlainClient, auth: Uint8Array, messages: OctetChunks): LaidOutMessage {
  const { setting, offer, suite, spis, inboundSpi } = client;
  const { protection } = suite;
  const octets = messages.take(lengthOfAuthRequest(setting, offer, suite));
  putU64(octets, 0, spis.initiatorSpi);
  putU64(octets, 8, spis.responderSpi);
  octets[16] = PayloadNumber.SK;
  octets[17] = MAJOR_VERSION << 4;
  octets[18] = ExchangeType.IKE_AUTH;
  octets[19] = FROM_INITIATOR;
  putU32(octets, 20, 1);
  putU32(octets, 24, octets.length);
  octets[HEADER_LENGTH] = PayloadNumber.IDi;
  putU16(octets, HEADER_LENGTH + 2, octets.length - HEADER_LENGTH);
  const start = PREFIX_LENGTH + ivLength(protection);
  octets.set(setting.identityPayload, start);
  const behindIdentity = start + setting.identityPayload.length;
  octets.set(offer.octets, behindIdentity);
  octets.set(auth, behindIdentity + offer.authStart);
  for (let index = 0; index < offer.spiPlaces.length; index++) {
    putU32(octets, behindIdentity + offer.spiPlaces[index], inboundSpi);
  }
  const keys = cutKeys(client.keyingMaterial, suite);
  return {
    protection,
    encryptionKey: keys.skEi,
    integrityKey: keys.skAi,
    octets,
    associatedDataLength: PREFIX_LENGTH,
  };
}
