/**
 * The suites that charon is bound to, in its own words. Our ends keep their defaults: what is agreed on is charon's choice.
 *
 * @module
 */
import type { PeerCase } from "./peer_cases.ts";

export interface Suite {
  readonly name: string;
  /** IKE proposal, ESP proposal. */
  readonly ike: string;
  readonly esp: string;
  /** What charon says of the IKE SA, and of the Child SA. */
  readonly ikeFacts: Readonly<Record<string, string>>;
  readonly childFacts: Readonly<Record<string, string>>;
  /** What coming up with it proves. */
  readonly cases: readonly PeerCase[];
}

const AES_GCM_256 = { "encr-alg": "AES_GCM_16", "encr-keysize": "256" };
const AES_CBC_256 = { "encr-alg": "AES_CBC", "encr-keysize": "256", "integ-alg": "HMAC_SHA2_256_128" };

export const GCM_X25519: Suite = {
  name: "AES-GCM-256, PRF-HMAC-SHA2-256 and Curve25519",
  ike: "aes256gcm16-prfsha256-curve25519",
  esp: "aes256gcm16",
  ikeFacts: { ...AES_GCM_256, "prf-alg": "PRF_HMAC_SHA2_256", "dh-group": "CURVE_25519" },
  childFacts: AES_GCM_256,
  cases: ["aes-gcm", "group-31"],
};

export const CBC_P256: Suite = {
  name: "AES-CBC-256, HMAC-SHA2-256 and P-256",
  ike: "aes256-sha256-ecp256",
  esp: "aes256-sha256",
  ikeFacts: { ...AES_CBC_256, "prf-alg": "PRF_HMAC_SHA2_256", "dh-group": "ECP_256" },
  childFacts: AES_CBC_256,
  cases: ["aes-cbc", "group-19"],
};

export const SUITES: readonly Suite[] = [GCM_X25519, CBC_P256];

/** Every other cipher and group that charon has too. */
export const OTHER_SUITES: readonly Suite[] = [
  aead("aes192gcm16", { "encr-alg": "AES_GCM_16", "encr-keysize": "192" }, "prfsha384", "modp2048", "MODP_2048", ["group-14"]),
  aead("aes128gcm16", { "encr-alg": "AES_GCM_16", "encr-keysize": "128" }, "prfsha512", "ecp521", "ECP_521", []),
  aead("chacha20poly1305", { "encr-alg": "CHACHA20_POLY1305" }, "prfsha256", "modp3072", "MODP_3072", ["chacha20"]),
  aead("aes256gcm16", AES_GCM_256, "prfsha384", "ecp384", "ECP_384", ["group-20"]),
  {
    name: "aes192-sha384-modp4096",
    ike: "aes192-sha384-modp4096",
    esp: "aes192-sha256",
    ikeFacts: { "encr-alg": "AES_CBC", "encr-keysize": "192", "integ-alg": "HMAC_SHA2_384_192", "dh-group": "MODP_4096" },
    childFacts: { "encr-alg": "AES_CBC", "encr-keysize": "192", "integ-alg": "HMAC_SHA2_256_128" },
    cases: [],
  },
];

function aead(
  cipher: string,
  facts: Readonly<Record<string, string>>,
  prf: string,
  group: string,
  groupFact: string,
  cases: readonly PeerCase[],
): Suite {
  const prfFact = prf.replace("prfsha", "PRF_HMAC_SHA2_");
  const ike = `${cipher}-${prf}-${group}`;
  const ikeFacts = { ...facts, "prf-alg": prfFact, "dh-group": groupFact };
  return { name: ike, ike, esp: cipher, ikeFacts, childFacts: facts, cases };
}
