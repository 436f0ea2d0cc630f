/**
 * The bodies behind generic payload headers, by payload type: the one place that knows every payload's file.
 *
 * @module
 */
import { NO_NEXT_PAYLOAD, PayloadNumber } from "./constants.ts";
import type { Payload } from "./payload.ts";
import { authenticationLength, readAuthentication, writeAuthentication } from "./payloads/authentication.ts";
import {
  certificateLength,
  certificateRequestLength,
  readCertificate,
  readCertificateRequest,
  writeCertificate,
  writeCertificateRequest,
} from "./payloads/certificate.ts";
import { configurationLength, readConfiguration, writeConfiguration } from "./payloads/configuration.ts";
import { deleteLength, readDelete, writeDelete } from "./payloads/delete.ts";
import { eapLength, readEap, writeEap } from "./payloads/eap.ts";
import {
  encryptedFragmentLength,
  encryptedLength,
  readEncrypted,
  readEncryptedFragment,
  writeEncrypted,
  writeEncryptedFragment,
} from "./payloads/encrypted.ts";
import { identificationLength, readIdentification, writeIdentification } from "./payloads/identification.ts";
import { keyExchangeLength, readKeyExchange, writeKeyExchange } from "./payloads/ke.ts";
import { nonceLength, readNonce, writeNonce } from "./payloads/nonce.ts";
import { notifyLength, readNotify, writeNotify } from "./payloads/notify.ts";
import { readSecurityAssociation, securityAssociationLength, writeSecurityAssociation } from "./payloads/sa.ts";
import { readTrafficSelectors, trafficSelectorsLength, writeTrafficSelectors } from "./payloads/traffic_selector.ts";
import { readVendorId, vendorIdLength, writeVendorId } from "./payloads/vendor_id.ts";
import type { Reader } from "./reader.ts";
import { outOfRange, type Writer } from "./writer.ts";

const NAMES: readonly (string | undefined)[] = payloadNames();

/** The payload's name as in the payload union; "unknown" of numbers that this codec does not know. */
export function payloadName(payloadNumber: number): string {
  return NAMES[payloadNumber] ?? "unknown";
}

/** The number of a payload's type. */
export function payloadNumber(payload: Payload): number {
  return payload.type === "unknown" ? payload.payloadType : PayloadNumber[payload.type];
}

/**
 * Reads a payload's body: all that remains in the reader.
 *
 * @param nextPayload of the generic header: inside SK and SKF it names the first payload
 * @param critical looked at only in payloads not known here (RFC 7296, section 2.5)
 */
export function readBody(reader: Reader, payloadNumber: number, nextPayload: number, critical: boolean): Payload {
  switch (payloadNumber) {
    case PayloadNumber.SA:
      return readSecurityAssociation(reader);
    case PayloadNumber.KE:
      return readKeyExchange(reader);
    case PayloadNumber.IDi:
      return readIdentification(reader, "IDi");
    case PayloadNumber.IDr:
      return readIdentification(reader, "IDr");
    case PayloadNumber.CERT:
      return readCertificate(reader);
    case PayloadNumber.CERTREQ:
      return readCertificateRequest(reader);
    case PayloadNumber.AUTH:
      return readAuthentication(reader);
    case PayloadNumber.Nonce:
      return readNonce(reader);
    case PayloadNumber.N:
      return readNotify(reader);
    case PayloadNumber.D:
      return readDelete(reader);
    case PayloadNumber.V:
      return readVendorId(reader);
    case PayloadNumber.TSi:
      return readTrafficSelectors(reader, "TSi");
    case PayloadNumber.TSr:
      return readTrafficSelectors(reader, "TSr");
    case PayloadNumber.SK:
      return readEncrypted(reader, nextPayload);
    case PayloadNumber.SKF:
      return readEncryptedFragment(reader, nextPayload);
    case PayloadNumber.CP:
      return readConfiguration(reader);
    case PayloadNumber.EAP:
      return readEap(reader);
    default:
      return { type: "unknown", payloadType: payloadNumber, critical, body: reader.rest() };
  }
}

/** Octets of the body. Throws RangeError where the payload cannot be encoded. */
export function bodyLength(payload: Payload): number {
  switch (payload.type) {
    case "SA":
      return securityAssociationLength(payload);
    case "KE":
      return keyExchangeLength(payload);
    case "IDi":
    case "IDr":
      return identificationLength(payload);
    case "CERT":
      return certificateLength(payload);
    case "CERTREQ":
      return certificateRequestLength(payload);
    case "AUTH":
      return authenticationLength(payload);
    case "Nonce":
      return nonceLength(payload);
    case "N":
      return notifyLength(payload);
    case "D":
      return deleteLength(payload);
    case "V":
      return vendorIdLength(payload);
    case "TSi":
    case "TSr":
      return trafficSelectorsLength(payload);
    case "SK":
      return encryptedLength(payload);
    case "SKF":
      return encryptedFragmentLength(payload);
    case "CP":
      return configurationLength(payload);
    case "EAP":
      return eapLength(payload);
    case "unknown":
      if (payload.payloadType === NO_NEXT_PAYLOAD || NAMES[payload.payloadType] !== undefined) {
        throw outOfRange("unknown: payload type", "a number that is not a known payload's", payload.payloadType);
      }
      return payload.body.length;
  }
}

/** Throws RangeError where the payload cannot be encoded. */
export function writeBody(writer: Writer, payload: Payload): void {
  switch (payload.type) {
    case "SA":
      return writeSecurityAssociation(writer, payload);
    case "KE":
      return writeKeyExchange(writer, payload);
    case "IDi":
    case "IDr":
      return writeIdentification(writer, payload);
    case "CERT":
      return writeCertificate(writer, payload);
    case "CERTREQ":
      return writeCertificateRequest(writer, payload);
    case "AUTH":
      return writeAuthentication(writer, payload);
    case "Nonce":
      return writeNonce(writer, payload);
    case "N":
      return writeNotify(writer, payload);
    case "D":
      return writeDelete(writer, payload);
    case "V":
      return writeVendorId(writer, payload);
    case "TSi":
    case "TSr":
      return writeTrafficSelectors(writer, payload);
    case "SK":
      return writeEncrypted(writer, payload);
    case "SKF":
      return writeEncryptedFragment(writer, payload);
    case "CP":
      return writeConfiguration(writer, payload);
    case "EAP":
      return writeEap(writer, payload);
    case "unknown":
      return writer.copy(payload.body);
  }
}

function payloadNames(): (string | undefined)[] {
  const names: (string | undefined)[] = [];
  for (const [name, number] of Object.entries(PayloadNumber)) names[number] = name;
  return names;
}
