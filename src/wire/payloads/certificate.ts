/**
 * CERT and CERTREQ (RFC 7296, sections 3.6 and 3.7).
 *
 * @module
 */
import type { CertificatePayload, CertificateRequestPayload } from "../payload.ts";
import type { Reader } from "../reader.ts";
import type { Writer } from "../writer.ts";

export function readCertificate(reader: Reader): CertificatePayload {
  return { type: "CERT", encoding: reader.u8(), certificate: reader.rest() };
}

export function certificateLength(payload: CertificatePayload): number {
  return 1 + payload.certificate.length;
}

export function writeCertificate(writer: Writer, payload: CertificatePayload): void {
  writer.u8(payload.encoding, "CERT: encoding");
  writer.copy(payload.certificate);
}

export function readCertificateRequest(reader: Reader): CertificateRequestPayload {
  return { type: "CERTREQ", encoding: reader.u8(), certificationAuthority: reader.rest() };
}

export function certificateRequestLength(payload: CertificateRequestPayload): number {
  return 1 + payload.certificationAuthority.length;
}

export function writeCertificateRequest(writer: Writer, payload: CertificateRequestPayload): void {
  writer.u8(payload.encoding, "CERTREQ: encoding");
  writer.copy(payload.certificationAuthority);
}
