/**
 * The well-known UDP ports of IKE.
 *
 * @module
 */

/** IKE (RFC 7296, section 2). */
export const IKE_PORT = 500;
/** IKE and ESP in UDP, once a NAT was found (RFC 7296, section 2.23). */
export const NAT_PORT = 4500;
