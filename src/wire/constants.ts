/**
 * The protocol's numbers, by the names of the IANA registry "Internet Key Exchange Version 2 (IKEv2) Parameters". Those of
 * algorithms are in the algorithm registry of src/crypto.
 *
 * @module
 */

/** The major version of IKEv2. */
export const MAJOR_VERSION = 2;

/** Exchange types (RFC 7296, section 3.1; RFC 5723, section 7; RFC 9242; RFC 9370). */
export const ExchangeType = {
  IKE_SA_INIT: 34,
  IKE_AUTH: 35,
  CREATE_CHILD_SA: 36,
  INFORMATIONAL: 37,
  /** RFC 5723, section 7. */
  IKE_SESSION_RESUME: 38,
  /** RFC 9242. */
  IKE_INTERMEDIATE: 43,
  /** RFC 9370. */
  IKE_FOLLOWUP_KE: 44,
} as const;

/** Payload type numbers, by the name that discriminates the payload union. */
export const PayloadNumber = {
  SA: 33,
  KE: 34,
  IDi: 35,
  IDr: 36,
  CERT: 37,
  CERTREQ: 38,
  AUTH: 39,
  Nonce: 40,
  N: 41,
  D: 42,
  V: 43,
  TSi: 44,
  TSr: 45,
  SK: 46,
  CP: 47,
  EAP: 48,
  /** RFC 7383. */
  SKF: 53,
} as const;

/** The payload number that means "no next payload". */
export const NO_NEXT_PAYLOAD = 0;

/** Protocols of proposals, notifies and deletes (RFC 7296, section 3.3.1). */
export const ProtocolId = {
  /** No SA is meant (RFC 7296, section 3.10). */
  NONE: 0,
  IKE: 1,
  AH: 2,
  ESP: 3,
} as const;

/** RFC 7296, section 3.3.2. */
export const TransformType = {
  /** Encryption algorithm. */
  ENCR: 1,
  /** Pseudorandom function. */
  PRF: 2,
  /** Integrity algorithm. */
  INTEG: 3,
  /** Key exchange method (Diffie-Hellman group). */
  KE: 4,
  /** Extended sequence numbers. */
  ESN: 5,
  /** The first of seven additional key exchanges (RFC 9370), whose numbers follow each other. */
  ADDKE1: 6,
  ADDKE7: 12,
} as const;

/** Values of the ESN transform. */
export const ExtendedSequenceNumbers = { NO: 0, YES: 1 } as const;

/** RFC 7296, section 3.3.5. */
export const TransformAttributeType = {
  /** In bits, always in the short form. */
  KEY_LENGTH: 14,
} as const;

/** RFC 7296, section 3.5. */
export const IdType = {
  ID_IPV4_ADDR: 1,
  ID_FQDN: 2,
  ID_RFC822_ADDR: 3,
  ID_IPV6_ADDR: 5,
  ID_DER_ASN1_DN: 9,
  ID_DER_ASN1_GN: 10,
  ID_KEY_ID: 11,
  /** RFC 7619. */
  ID_NULL: 13,
} as const;

/** RFC 7296, section 3.8. */
export const AuthenticationMethod = {
  RSA_DIGITAL_SIGNATURE: 1,
  SHARED_KEY_MESSAGE_INTEGRITY_CODE: 2,
  DSS_DIGITAL_SIGNATURE: 3,
  ECDSA_SHA_256_P_256: 9,
  ECDSA_SHA_384_P_384: 10,
  ECDSA_SHA_512_P_521: 11,
  NULL_AUTHENTICATION: 13,
  /** RFC 7427. */
  DIGITAL_SIGNATURE: 14,
} as const;

/** RFC 7296, section 3.6. */
export const CertificateEncoding = {
  X509_CERTIFICATE_SIGNATURE: 4,
  CERTIFICATE_REVOCATION_LIST: 7,
  HASH_AND_URL_OF_X509_CERTIFICATE: 12,
  HASH_AND_URL_OF_X509_BUNDLE: 13,
  /** RFC 4806. */
  OCSP_CONTENT: 14,
  /** RFC 7670. */
  RAW_PUBLIC_KEY: 15,
} as const;

/** RFC 7296, section 3.13.1. */
export const TrafficSelectorType = {
  TS_IPV4_ADDR_RANGE: 7,
  TS_IPV6_ADDR_RANGE: 8,
} as const;

/** RFC 7296, section 3.15. */
export const ConfigurationType = {
  CFG_REQUEST: 1,
  CFG_REPLY: 2,
  CFG_SET: 3,
  CFG_ACK: 4,
} as const;

/** RFC 7296, section 3.15.1. */
export const ConfigurationAttributeType = {
  INTERNAL_IP4_ADDRESS: 1,
  INTERNAL_IP4_NETMASK: 2,
  INTERNAL_IP4_DNS: 3,
  INTERNAL_IP4_NBNS: 4,
  /** RFC 4306, section 3.15.1; clients may still be sent it (RFC 4718, section 6.7). */
  INTERNAL_ADDRESS_EXPIRY: 5,
  INTERNAL_IP4_DHCP: 6,
  APPLICATION_VERSION: 7,
  INTERNAL_IP6_ADDRESS: 8,
  INTERNAL_IP6_DNS: 10,
  INTERNAL_IP6_DHCP: 12,
  INTERNAL_IP4_SUBNET: 13,
  SUPPORTED_ATTRIBUTES: 14,
  INTERNAL_IP6_SUBNET: 15,
  /** RFC 8598. */
  INTERNAL_DNS_DOMAIN: 25,
} as const;

/** RFC 3748, section 4. */
export const EapCode = { REQUEST: 1, RESPONSE: 2, SUCCESS: 3, FAILURE: 4 } as const;

/** RFC 7296, section 3.10.1, and the RFCs named at each. */
export const NotifyType = {
  UNSUPPORTED_CRITICAL_PAYLOAD: 1,
  INVALID_IKE_SPI: 4,
  INVALID_MAJOR_VERSION: 5,
  INVALID_SYNTAX: 7,
  INVALID_MESSAGE_ID: 9,
  INVALID_SPI: 11,
  NO_PROPOSAL_CHOSEN: 14,
  INVALID_KE_PAYLOAD: 17,
  AUTHENTICATION_FAILED: 24,
  SINGLE_PAIR_REQUIRED: 34,
  NO_ADDITIONAL_SAS: 35,
  INTERNAL_ADDRESS_FAILURE: 36,
  FAILED_CP_REQUIRED: 37,
  TS_UNACCEPTABLE: 38,
  INVALID_SELECTORS: 39,
  /** RFC 4555. */
  UNACCEPTABLE_ADDRESSES: 40,
  /** RFC 4555. */
  UNEXPECTED_NAT_DETECTED: 41,
  TEMPORARY_FAILURE: 43,
  CHILD_SA_NOT_FOUND: 44,
  /** RFC 9370. */
  STATE_NOT_FOUND: 47,

  INITIAL_CONTACT: 16384,
  SET_WINDOW_SIZE: 16385,
  ADDITIONAL_TS_POSSIBLE: 16386,
  IPCOMP_SUPPORTED: 16387,
  NAT_DETECTION_SOURCE_IP: 16388,
  NAT_DETECTION_DESTINATION_IP: 16389,
  COOKIE: 16390,
  USE_TRANSPORT_MODE: 16391,
  HTTP_CERT_LOOKUP_SUPPORTED: 16392,
  REKEY_SA: 16393,
  ESP_TFC_PADDING_NOT_SUPPORTED: 16394,
  NON_FIRST_FRAGMENTS_ALSO: 16395,
  /** RFC 4555. */
  MOBIKE_SUPPORTED: 16396,
  /** RFC 4555. */
  ADDITIONAL_IP4_ADDRESS: 16397,
  /** RFC 4555. */
  ADDITIONAL_IP6_ADDRESS: 16398,
  /** RFC 4555. */
  NO_ADDITIONAL_ADDRESSES: 16399,
  /** RFC 4555. */
  UPDATE_SA_ADDRESSES: 16400,
  /** RFC 4555. */
  COOKIE2: 16401,
  /** RFC 4555. */
  NO_NATS_ALLOWED: 16402,
  /** RFC 4478. */
  AUTH_LIFETIME: 16403,
  /** RFC 5685. */
  REDIRECT_SUPPORTED: 16406,
  /** RFC 5685. */
  REDIRECT: 16407,
  /** RFC 5685. */
  REDIRECTED_FROM: 16408,
  /** RFC 5723, section 7.1: lifetime and ticket, from the gateway. */
  TICKET_LT_OPAQUE: 16409,
  /** RFC 5723, section 4.1: the client asks for a ticket. */
  TICKET_REQUEST: 16410,
  /** RFC 5723, section 4.1: no ticket can be granted now; the client may ask again later. */
  TICKET_ACK: 16411,
  /** RFC 5723, sections 4.1 and 4.3.2: no ticket is issued, or the one presented is refused. */
  TICKET_NACK: 16412,
  /** RFC 5723, section 7.2: the ticket presented by the client. */
  TICKET_OPAQUE: 16413,
  /** RFC 5998. */
  EAP_ONLY_AUTHENTICATION: 16417,
  /** RFC 6023. */
  CHILDLESS_IKEV2_SUPPORTED: 16418,
  /** RFC 6290. */
  QUICK_CRASH_DETECTION: 16419,
  /** RFC 7383. */
  IKEV2_FRAGMENTATION_SUPPORTED: 16430,
  /** RFC 7427. */
  SIGNATURE_HASH_ALGORITHMS: 16431,
  /** RFC 9242. */
  INTERMEDIATE_EXCHANGE_SUPPORTED: 16438,
  /** RFC 9370, section 2.2.4. */
  ADDITIONAL_KEY_EXCHANGE: 16441,
} as const;

/** The first status type: all below are errors (RFC 7296, section 3.10.1). */
const FIRST_STATUS_TYPE = 16384;

/** The first status type for private use (RFC 7296, section 3.10.1). */
export const FIRST_PRIVATE_STATUS_TYPE = 40960;

/** Whether a notify of this type reports an error (RFC 7296, section 3.10.1). */
export function isErrorNotify(notifyType: number): boolean {
  return notifyType < FIRST_STATUS_TYPE;
}
