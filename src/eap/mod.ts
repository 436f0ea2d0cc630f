/**
 * EAP methods. What they are made of is loaded when they are asked for.
 *
 * @module
 */
import type { RandomSource } from "../crypto/key_exchange.ts";
import { systemRandom } from "../crypto/system_random.ts";
import type { CertificateAuthentication } from "../ike/authentication/certificate_authentication.ts";
import type { EapPeerMethod, EapRelay, EapServerMethod } from "../ike/authentication/eap/eap_method.ts";
import type { Identity } from "../ticket/identity.ts";
import type { PasswordLookup } from "./mschapv2_server.ts";

export type { PasswordLookup } from "./mschapv2_server.ts";
export { EapTlsError } from "./tls/eap_tls_error.ts";

/** EAP-MSCHAPv2 (draft-kamath-pppext-eap-mschapv2-02; RFC 2759). Made by {@link loadMschapv2}. */
export interface Mschapv2 {
  /**
   * A conversation of a gateway's, for `methodFor`. The identity that it authenticates is the user's name: a mailbox if it has a realm, else a key ID
   * (RFC 4718, section 3.4). Gateways should prove themselves by a certificate: what a client answers lets whoever asks it try passwords at home.
   *
   * @param passwordOf may answer by a promise.
   */
  server(passwordOf: PasswordLookup, name?: string): EapServerMethod;
  /** A conversation of a client's, for `method`. */
  peer(name: string, password: string): EapPeerMethod;
}

/** EAP-TLS (RFC 5216; with TLS 1.3 RFC 9190), over the runtime's own TLS. Made by {@link loadEapTls}. */
export interface EapTls {
  /**
   * A conversation of a gateway's, for `methodFor`: it authenticates `initiatorId` where the client's certificate names it, else the first mailbox, host
   * name or address in it, else its subject.
   */
  server(initiatorId?: Identity): EapServerMethod;
  /** A conversation of a client's, for `method`. @param serverIdentity whom the server's certificate has to name. */
  peer(serverIdentity: Identity): EapPeerMethod;
}

/** What EAP-TLS is made of, at either end. */
export interface EapTlsOptions {
  /** Judges the other end's certificates: made by `loadCertificates`, of the same authorities. Nothing of the system is trusted. */
  readonly certificates: Pick<CertificateAuthentication, "judge">;
  /** What this end proves itself with, PEM. The key is secret, and stays with the runtime's TLS. */
  readonly credential: {
    readonly certificates: string | Uint8Array;
    readonly privateKey: string | Uint8Array;
    readonly passphrase?: string;
  };
  /** Certificates of authorities, PEM: the other end is asked for a certificate of one of them. */
  readonly authorities: readonly (string | Uint8Array)[];
  /** The lowest and the highest version that is taken. Default: both. */
  readonly versions?: readonly [lowest: "TLSv1.2" | "TLSv1.3", highest: "TLSv1.2" | "TLSv1.3"];
  /** Handshakes at once, 1 to 100,000; beyond them the oldest fails. Each takes about a hundred kilobytes. Default 1,000. */
  readonly mostHandshakes?: number;
}

/**
 * Opens EAP-TLS over the runtime's own TLS (RFC 5216, RFC 9190).
 *
 * @throws {EapTlsError} this runtime's TLS exports no keying material (Deno's), or certificate and key do not fit together.
 * @throws {RangeError} `mostHandshakes` is out of range.
 */
export async function loadEapTls(options: EapTlsOptions): Promise<EapTls> {
  const { openEapTls } = await import("./tls/open_eap_tls.ts");
  return openEapTls(options);
}

/** A RADIUS server (RFC 2865). */
export interface RadiusServer {
  /** Address, or host name. */
  readonly host: string;
  /** 1 to 65,535; default 1812. */
  readonly port?: number;
  /** Shared with this server alone. Secret: whoever knows it can read the keys of clients, and let in whom he wants. */
  readonly secret: Uint8Array;
}

/** Which RADIUS servers a gateway asks, and how long it waits for them. */
export interface RadiusOptions {
  /** 1 to 16, in order: the next one is asked where one does not answer. */
  readonly servers: readonly RadiusServer[];
  /** By which servers know this gateway (NAS-Identifier): 1 to 253 octets. */
  readonly nasIdentifier: string;
  /** Milliseconds until a request is sent again, and each time twice as many: 1 to 10,000; default 400. A gateway's `policyTimeoutMs` bounds the whole. */
  readonly firstWaitMs?: number;
  /** How often a request is sent to one server: 1 to 10; default 2, and once more where another server could not go on with it. */
  readonly tries?: number;
  /** Of identifiers and authenticators; default: the system's. */
  readonly random?: RandomSource;
}

/** Servers of RADIUS, as a gateway that passes EAP on to them knows them (RFC 3579). Made by {@link loadRadius}. */
export interface Radius {
  /**
   * One client's EAP, for `methodFor`. The identity that comes of it is User-Name of the server's Access-Accept, or what the client has said to
   * EAP-Request/Identity: a mailbox if it has a realm, else a key ID.
   */
  relay(): EapRelay;
  /** Gives up what is waited for, and the sockets. */
  close(): void;
}

/**
 * Opens sockets to RADIUS servers, to which a gateway passes EAP on (RFC 3579).
 *
 * @throws {RangeError} an option is out of range: which, and what would be right.
 */
export async function loadRadius(options: RadiusOptions): Promise<Radius> {
  const { openRadius } = await import("./radius/open_radius.ts");
  return openRadius(options);
}

/** EAP-MSCHAPv2 (draft-kamath-pppext-eap-mschapv2-02) for both ends. `random` makes challenges; default: the system's. */
export async function loadMschapv2(random: RandomSource = systemRandom): Promise<Mschapv2> {
  const [{ Mschapv2Server }, { Mschapv2Peer }] = await Promise.all([
    import("./mschapv2_server.ts"),
    import("./mschapv2_peer.ts"),
  ]);
  return {
    server: (passwordOf, name = "gateway") => new Mschapv2Server({ random, passwordOf, name }),
    peer: (name, password) => new Mschapv2Peer({ random, name, password }),
  };
}
