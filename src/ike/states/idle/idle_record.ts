/**
 * How an idle IKE SA lies in octets: numbers at fixed places, and behind them octets of any length.
 *
 * @module
 */

/** Where the numbers are, from the record's begin. */
export const At = {
  // 64 bits.
  INITIATOR_SPI: 0,
  RESPONDER_SPI: 8,
  SEALED: 16,
  // As JavaScript has them. Times are monotonic milliseconds, Infinity: never.
  HEARD_AT: 24,
  SILENCE: 32,
  ENDS_AT: 40,
  REAUTHENTICATE_BY: 48,
  CHILDREN_DUE: 56,
  /** Seconds since 1970; NaN: not known. */
  AUTHENTICATED_AT: 64,
  NEXT_SERIAL: 72,
  SERIES_COUNT: 80,
  SERIES_WINDOW: 88,
  // 32 bits.
  EXPECTED_ID: 96,
  NEXT_ID: 100,
  INBOUND_SPI: 104,
  OUTBOUND_SPI: 108,
  REMOTE_ADDRESS: 112,
  // 16 bits.
  REMOTE_PORT: 116,
  KEYS_LENGTH: 118,
  RESPONSE_LENGTH: 120,
  IDENTITY_LENGTH: 122,
  // 8 bits.
  SELECTOR_LENGTH: 124,
  AUTHENTICATION_METHOD: 125,
  IDENTITY_TYPE: 126,
  FLAGS: 127,
  /** 22 octets. */
  LAST_REQUEST: 128,
  /** The latest ticket: 54 octets. */
  TICKET: 150,
  /** The number of the last response among all that are kept. */
  RESPONSE: 204,
  /** Seconds since 1970, 32 bits; 0: not known. */
  UP_AT: 208,
  /** Keys, the client's identity, the address of its selector. */
  OCTETS: 212,
} as const;

/** What {@link At.FLAGS} says. */
export const Flag = {
  IS_INITIATOR: 1,
  HAS_LAST_REQUEST: 2,
  HAS_LAST_RESPONSE: 4,
  /** The keys of packets to this end come first in KEYMAT. */
  INBOUND_FIRST: 8,
  ESP_OUTSIDE_UDP: 16,
  /** MOBIKE was agreed on. */
  IS_MOBILE: 32,
  FOLLOWS_REDIRECTS: 64,
  RESUMED: 128,
} as const;

/** What 16 bits can say. */
export const LONGEST_PART = 0xffff;
