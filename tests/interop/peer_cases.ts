/**
 * What is proven against another implementation, in either role of ours: the lines of the table that `deno task test:interop` prints.
 *
 * @module
 */
export type OurRole = "client" | "gateway";

/** What each case is, by its name. Each is to be proven in both roles. */
export const PEER_CASES = {
  "psk": "shared key",
  "rsa": "certificates, RSA",
  "ecdsa": "certificates, ECDSA",
  "ed25519": "certificates, Ed25519",
  "eap-mschapv2": "EAP-MSCHAPv2",
  "eap-tls": "EAP-TLS",
  "eap-tls-1.3": "EAP-TLS, TLS 1.3",
  "radius": "EAP by way of RADIUS",
  "eap-only": "EAP-TLS alone, without another proof",
  "aes-gcm": "AES-GCM",
  "aes-cbc": "AES-CBC",
  "chacha20": "ChaCha20-Poly1305",
  "group-14": "group 14, MODP 2048",
  "group-19": "group 19, P-256",
  "group-20": "group 20, P-384",
  "group-31": "group 31, Curve25519",
  "ml-kem": "ML-KEM beside the first key exchange",
  "ml-kem-rekey": "ML-KEM in rekeying IKE SA and Child SA",
  "traffic": "ESP both ways by the Child SA's keys",
  "fragmentation": "IKE fragmentation",
  "large-certificates": "fragmentation, large certificates",
  "rekey-ike": "IKE SA rekeyed by both",
  "rekey-child": "Child SA rekeyed by both",
  "another-child": "another Child SA, and its delete",
  "delete-ike": "IKE SA deleted by either",
  "liveness": "liveness checks of both",
  "we-die": "killed: the peer notices",
  "peer-dies": "the peer killed: we notice",
  "nat-rebinding": "NAT that rebinds",
  "nat-rebinding-mobike": "NAT that rebinds, MOBIKE",
  "mobike": "MOBIKE, another address",
  "inner-addresses": "inner IPv4 and IPv6 addresses",
  "childless": "childless",
  "lives": "lifetimes of seconds",
} as const;

export type PeerCase = keyof typeof PEER_CASES;

/** One test's part in the table. */
export interface TableLine {
  readonly peer: string;
  readonly role: OurRole;
  readonly cases: readonly PeerCase[];
  /** In the peer's words. */
  readonly suite: string;
}

/** What came of it, as it is handed from a test to the table: a JSON line. */
export interface TableResult extends TableLine {
  readonly result: "ok" | "failed" | "skipped";
  readonly seconds: number;
}

/** Where tests write their {@link TableResult}s, one JSON line each; not set: nowhere. */
export const RESULTS_FILE = "IKE_RESUME_INTEROP_RESULTS";
