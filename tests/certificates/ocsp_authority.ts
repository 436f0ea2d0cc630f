/**
 * OCSP responses for tests at the tests' present, right or wrong. What reads them is held to OpenSSL's in `ocsp_vectors_test.ts`.
 *
 * @module
 */
import { createHash, sign } from "node:crypto";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  BasicOCSPResponse,
  CertID,
  CertStatus,
  id_pkix_ocsp_basic,
  OCSPResponse,
  OCSPResponseStatus,
  ResponderID,
  ResponseBytes,
  ResponseData,
  RevokedInfo,
  SingleResponse,
} from "@peculiar/asn1-ocsp";
import { AlgorithmIdentifier, Certificate } from "@peculiar/asn1-x509";
import type { Issued } from "./authority.ts";

export interface WantedResponse {
  readonly status?: "good" | "revoked" | "unknown";
  /** Days from the tests' present: from, to. */
  readonly days?: readonly [number, number];
  /** Who signs it, with an ECDSA key, in place of the issuer. */
  readonly signer?: Issued;
}

const PRESENT_MS = 1_700_000_000_000;
const DAY_MS = 86_400_000;

export function ocspResponseOf(
  issuer: Issued,
  { der }: Issued,
  { status = "good", days = [-1, 1], signer = issuer }: WantedResponse = {},
): Uint8Array {
  const { tbsCertificate } = AsnConvert.parse(der, Certificate);
  const issuersKey = AsnConvert.parse(issuer.der, Certificate).tbsCertificate.subjectPublicKeyInfo.subjectPublicKey;
  const [thisUpdate, nextUpdate] = days.map((day) => new Date(PRESENT_MS + day * DAY_MS));
  const certID = new CertID({
    hashAlgorithm: new AlgorithmIdentifier({ algorithm: "1.3.14.3.2.26", parameters: Uint8Array.of(0x05, 0x00).buffer }),
    issuerNameHash: new OctetString(sha1(new Uint8Array(AsnConvert.serialize(tbsCertificate.issuer)))),
    issuerKeyHash: new OctetString(sha1(new Uint8Array(issuersKey))),
    serialNumber: tbsCertificate.serialNumber,
  });
  const certStatus = new CertStatus(
    status === "revoked" ? { revoked: new RevokedInfo({ revocationTime: thisUpdate }) } : { [status]: null },
  );
  const tbsResponseData = new ResponseData({
    responderID: new ResponderID({ byName: signer.subject }),
    producedAt: thisUpdate,
    responses: [new SingleResponse({ certID, certStatus, thisUpdate, nextUpdate })],
  });
  const signed = new Uint8Array(AsnConvert.serialize(tbsResponseData));
  const basic = new BasicOCSPResponse({
    tbsResponseData,
    signatureAlgorithm: new AlgorithmIdentifier({ algorithm: "1.2.840.10045.4.3.2" }),
    signature: new Uint8Array(sign("sha256", signed, signer.privateKey as never)).buffer,
    ...(signer !== issuer && { certs: [AsnConvert.parse(signer.der, Certificate)] }),
  });
  return new Uint8Array(AsnConvert.serialize(
    new OCSPResponse({
      responseStatus: OCSPResponseStatus.successful,
      responseBytes: new ResponseBytes({
        responseType: id_pkix_ocsp_basic,
        response: new OctetString(AsnConvert.serialize(basic)),
      }),
    }),
  ));
}

function sha1(octets: Uint8Array): ArrayBuffer {
  return new Uint8Array(createHash("sha1").update(octets).digest()).buffer;
}
