/**
 * Numbers of exchanges, payloads and protocols, by the names of the IANA registry "Internet Key Exchange Version 2 (IKEv2)
 * Parameters". Notify types are in notify_type.ts.
 *
 * @module
 */

/** The major version of IKEv2. */
export const MAJOR_VERSION = 2;

export const ExchangeType = {
  IKE_SA_INIT: 34,
  IKE_AUTH: 35,
  CREATE_CHILD_SA: 36,
  INFORMATIONAL: 37,
  /** RFC 5723, section 7. */
  IKE_SESSION_RESUME: 38,
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
  INTERNAL_IP4_DHCP: 6,
  APPLICATION_VERSION: 7,
  INTERNAL_IP6_ADDRESS: 8,
  INTERNAL_IP6_DNS: 10,
  INTERNAL_IP6_DHCP: 12,
  INTERNAL_IP4_SUBNET: 13,
  SUPPORTED_ATTRIBUTES: 14,
  INTERNAL_IP6_SUBNET: 15,
} as const;

/** RFC 3748, section 4. */
export const EapCode = { REQUEST: 1, RESPONSE: 2, SUCCESS: 3, FAILURE: 4 } as const;
