/**
 * What both ends' TLS is set up with: certificates and keys that were read, versions, and nothing of the system's.
 *
 * @module
 */
import { constants } from "node:crypto";
import { connect, createSecureContext, type SecureContext, TLSSocket } from "node:tls";
import type { EapTlsOptions } from "../mod.ts";
import { EapTlsError } from "./eap_tls_error.ts";
import type { OpenTls } from "./tls_session.ts";

/** Forward secrecy, and authenticated encryption. Those of TLS 1.3 come by themselves. */
const CIPHERS_TLS_1_2 = [
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
];
const CIPHERS_TLS_1_3 = ["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"];

/** @throws {EapTlsError} this runtime has no exporter of keying material. */
export function checkRuntime(): void {
  if (typeof TLSSocket.prototype.exportKeyingMaterial === "function") return;
  throw new EapTlsError(
    "EAP-TLS: this runtime's TLS exports no keying material (RFC 5705), of which the MSK is made; Node from 22 on does, Deno does not",
  );
}

/**
 * Whom it trusts, TLS itself does not decide: it only asks for a certificate. Sessions are not resumed, so that every client shows one.
 *
 * @throws {EapTlsError} what was read does not fit together.
 */
export function secureContext({ credential, authorities, versions = BOTH_VERSIONS }: EapTlsOptions): SecureContext {
  const [minVersion, maxVersion] = versions;
  try {
    return createSecureContext({
      ca: authorities.map(textOf),
      cert: textOf(credential.certificates),
      key: textOf(credential.privateKey),
      passphrase: credential.passphrase,
      minVersion,
      maxVersion,
      ciphers: [...CIPHERS_TLS_1_3, ...CIPHERS_TLS_1_2].join(":"),
      secureOptions: SECURE_OPTIONS,
    });
  } catch (fault) {
    throw new EapTlsError(`EAP-TLS: certificate and key cannot be used: ${fault instanceof Error ? fault.message : fault}`);
  }
}

/**
 * Nobody negotiates a second time, so that it does no harm that a server does not know RFC 5746 (strongSwan's does not): whoever put a handshake of his
 * own before a client's would not know the key, which is that of the last one.
 */
const SECURE_OPTIONS = constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_LEGACY_SERVER_CONNECT;

const BOTH_VERSIONS = ["TLSv1.2", "TLSv1.3"] as const;

function textOf(encoded: string | Uint8Array): string {
  return typeof encoded === "string" ? encoded : new TextDecoder().decode(encoded);
}

/** A server that asks for a certificate, and leaves it to its caller to judge it. */
export function serverOver(context: SecureContext): OpenTls {
  return (stream) =>
    new TLSSocket(stream, { isServer: true, secureContext: context, requestCert: true, rejectUnauthorized: false });
}

/** A client that leaves it to its caller to judge the server. */
export function clientOver(context: SecureContext): OpenTls {
  return (stream) =>
    connect({ socket: stream, secureContext: context, rejectUnauthorized: false, checkServerIdentity: () => undefined });
}
