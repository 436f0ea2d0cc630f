/**
 * The suites that charon is bound to, in its own words. Our ends keep their defaults: what is agreed on is charon's choice.
 *
 * @module
 */
export interface Suite {
  readonly name: string;
  /** IKE proposal, ESP proposal. */
  readonly ike: string;
  readonly esp: string;
  /** What charon says of the IKE SA, and of the Child SA. */
  readonly ikeFacts: Readonly<Record<string, string>>;
  readonly childFacts: Readonly<Record<string, string>>;
}

const AES_GCM_256 = { "encr-alg": "AES_GCM_16", "encr-keysize": "256" };
const AES_CBC_256 = { "encr-alg": "AES_CBC", "encr-keysize": "256", "integ-alg": "HMAC_SHA2_256_128" };

export const GCM_X25519: Suite = {
  name: "AES-GCM-256, PRF-HMAC-SHA2-256 and Curve25519",
  ike: "aes256gcm16-prfsha256-curve25519",
  esp: "aes256gcm16",
  ikeFacts: { ...AES_GCM_256, "prf-alg": "PRF_HMAC_SHA2_256", "dh-group": "CURVE_25519" },
  childFacts: AES_GCM_256,
};

export const CBC_P256: Suite = {
  name: "AES-CBC-256, HMAC-SHA2-256 and P-256",
  ike: "aes256-sha256-ecp256",
  esp: "aes256-sha256",
  ikeFacts: { ...AES_CBC_256, "prf-alg": "PRF_HMAC_SHA2_256", "dh-group": "ECP_256" },
  childFacts: AES_CBC_256,
};

export const SUITES: readonly Suite[] = [GCM_X25519, CBC_P256];
