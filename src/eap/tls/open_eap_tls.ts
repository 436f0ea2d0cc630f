/**
 * EAP-TLS, from what was read of files.
 *
 * @module
 */
import type { EapTls, EapTlsOptions } from "../mod.ts";
import { EapTlsPeer } from "./eap_tls_peer.ts";
import { EapTlsServer } from "./eap_tls_server.ts";
import { checkRuntime, clientOver, secureContext, serverOver } from "./tls_context.ts";
import { TlsPlaces } from "./tls_places.ts";

const DEFAULT_HANDSHAKES = 1_000;
const MOST_HANDSHAKES = 100_000;

/**
 * @throws {EapTlsError} this runtime exports no keying material, or certificate and key do not fit together.
 * @throws {RangeError} `mostHandshakes` is out of range.
 */
export function openEapTls(options: EapTlsOptions): EapTls {
  checkRuntime();
  const { certificates, mostHandshakes = DEFAULT_HANDSHAKES } = options;
  if (!(Number.isInteger(mostHandshakes) && mostHandshakes >= 1 && mostHandshakes <= MOST_HANDSHAKES)) {
    throw new RangeError(`EAP-TLS: mostHandshakes is ${mostHandshakes}, expected a whole number from 1 to ${MOST_HANDSHAKES}`);
  }
  const context = secureContext(options);
  const shared = { certificates, places: new TlsPlaces(mostHandshakes), nowEpochSeconds: () => Math.floor(Date.now() / 1_000) };
  const [open, connect] = [serverOver(context), clientOver(context)];
  return {
    server: (initiatorId) => new EapTlsServer({ ...shared, open, initiatorId }),
    peer: (serverIdentity) => new EapTlsPeer({ ...shared, open: connect, serverIdentity }),
  };
}
