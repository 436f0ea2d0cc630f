/**
 * The first argument of the two programs, as JSON text.
 *
 * @module
 */
import type { OurCertificates } from "./certificate_files.ts";

/** What both ends may be told about lifetimes, in seconds, and about ESP. */
export interface OurLifeOptions {
  readonly childLifetime?: number;
  readonly ikeLifetime?: number;
  /** Seconds after which a silent peer is asked for a sign of life, with little patience. */
  readonly livenessSeconds?: number;
  /** IKE proposals in text form; default: all. */
  readonly ike?: readonly string[];
  /** ESP proposals in text form; default: all. */
  readonly esp?: readonly string[];
}

/** A user of EAP-MSCHAPv2. */
export interface EapUser {
  readonly user: string;
  readonly password: string;
}

/** EAP-TLS, of the end's own certificate. It needs Node. `isAlone`: nothing else proves either end. */
export interface EapByTls {
  readonly tls: true;
  readonly isAlone?: boolean;
}

/** EAP that a server of RADIUS speaks with clients of our gateway. */
export interface EapByRadius {
  readonly radius: { readonly host: string; readonly secret: string };
}

export type OurEap = EapUser | EapByTls;

export interface OurGatewayOptions extends OurLifeOptions {
  /** Clients prove themselves by EAP. */
  readonly eap?: OurEap | EapByRadius;
  /** In the place of the shared key. */
  readonly certificates?: OurCertificates;
  readonly address: string;
  readonly identity: string;
  readonly peerIdentity: string;
  readonly presharedKey: string;
  /** Behind this gateway, such as 10.2.0.0/16. */
  readonly localNetwork: string;
  readonly remoteNetwork: string;
  /** Inner addresses for its clients: 10.9.0.0/24,fd00:9::/64. */
  readonly innerAddresses?: string;
  /** File for the keys of its IKE SAs. */
  readonly keyLog?: string;
}

export interface OurClientOptions extends OurLifeOptions {
  /** It proves itself by EAP; its certificates are for the gateway's alone, or for TLS. */
  readonly eap?: OurEap;
  /** In the place of the shared key. */
  readonly certificates?: OurCertificates;
  readonly gatewayAddress: string;
  readonly identity: string;
  readonly gatewayIdentity: string;
  readonly presharedKey: string;
  readonly localNetwork: string;
  readonly remoteNetwork: string;
  /** Present a ticket that no gateway ever issued. */
  readonly inventedTicket: boolean;
  /** Ask for inner addresses of both families. */
  readonly inner?: boolean;
  readonly mobike?: boolean;
  /** Come back once the gateway is lost. */
  readonly reconnect?: boolean;
  readonly childless?: boolean;
  /** Offer so many more networks that the request is longer than a packet. */
  readonly offersMuch?: boolean;
}
