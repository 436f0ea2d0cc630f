/**
 * Notify message types, by the names of the IANA registry.
 *
 * @module
 */

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
  TEMPORARY_FAILURE: 43,
  CHILD_SA_NOT_FOUND: 44,

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
  /** RFC 5723, section 7.2: the client asks for a ticket. */
  TICKET_REQUEST: 16410,
  /** RFC 5723, section 4.2: the gateway will send a ticket later. */
  TICKET_ACK: 16411,
  /** RFC 5723, sections 4.2 and 4.3.2: no ticket is issued, or the one presented is refused. */
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
} as const;

/** The first status type: all below are errors (RFC 7296, section 3.10.1). */
const FIRST_STATUS_TYPE = 16384;

/** Whether a notify of this type reports an error (RFC 7296, section 3.10.1). */
export function isErrorNotify(notifyType: number): boolean {
  return notifyType < FIRST_STATUS_TYPE;
}
