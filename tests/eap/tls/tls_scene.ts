/**
 * Both ends of EAP-TLS with certificates of one authority, without IKE around them. It needs a runtime whose TLS exports keying material.
 *
 * @module
 */
import { loadCertificates } from "../../../src/certificates/options.ts";
import { type EapTls, type EapTlsOptions, loadEapTls } from "../../../src/eap/mod.ts";
import { DEFAULT_EAP_LIMITS } from "../../../src/ike/authentication/eap/eap_limits.ts";
import type { EapPeerMethod, EapServerMethod } from "../../../src/ike/authentication/eap/eap_method.ts";
import { EapPeer, type EapPeerTurn } from "../../../src/ike/authentication/eap/eap_peer.ts";
import { EapServer, type EapServerTurn } from "../../../src/ike/authentication/eap/eap_server.ts";
import { settled } from "../../../src/ike/steps/awaited.ts";
import type { Step } from "../../../src/ike/steps/step.ts";
import type { Identity } from "../../../src/ticket/identity.ts";
import { IdType } from "../../../src/wire/constants.ts";
import { authorityOf, credentialOf, issue, type Issued, pem, type Wanted } from "../../certificates/authority.ts";

export const SERVER_NAME = "gateway.example";
export const CLIENT_NAME = "client.example";
export const NOW_MS: number = Date.now();

export function authorityNow(subject?: string, wanted: Partial<Wanted> = {}, issuer?: Issued): Issued {
  return authorityOf(subject, "P-256", wanted, issuer, NOW_MS);
}

export function issuedNow(wanted: Wanted, issuer: Issued): Issued {
  return issue(wanted, issuer, NOW_MS);
}

export function named(name: string, wanted: Partial<Wanted> = {}): Wanted {
  return { subject: name, names: [{ dNSName: name }], ...wanted };
}

export function fqdn(name: string): Identity {
  return { idType: IdType.ID_FQDN, identification: new TextEncoder().encode(name) };
}

/** One end's EAP-TLS, of a certificate and those above it. */
export async function eapTlsOf(
  authority: Issued,
  chain: readonly [Issued, ...Issued[]],
  options: Partial<EapTlsOptions> = {},
): Promise<EapTls> {
  const authorities = [pem("CERTIFICATE", authority.der)];
  return await loadEapTls({
    certificates: await loadCertificates({ authorities }),
    credential: credentialOf(...chain) as EapTlsOptions["credential"],
    authorities,
    ...options,
  });
}

export interface Talk {
  /** All EAP packets, in turn. */
  readonly messages: readonly Uint8Array[];
  readonly server: EapServerTurn;
  /** What the client made of the last one; `undefined`: it gave up. */
  readonly client: EapPeerTurn;
}

/** Has both ends talk until one of them ends it. @param alter changes a packet on its way; `undefined` of it: the talk ends there. */
export async function talk(
  server: EapServerMethod,
  peer: EapPeerMethod,
  alter: (message: Uint8Array, count: number) => Uint8Array = (message) => message,
): Promise<Talk> {
  const limits = { ...DEFAULT_EAP_LIMITS };
  const [atServer, atClient] = [new EapServer([server], limits, 250), new EapPeer([peer], new Uint8Array(1), limits)];
  const messages: Uint8Array[] = [];
  const sent = (message: Uint8Array): Uint8Array => {
    messages.push(message);
    return alter(message, messages.length - 1);
  };
  let said = await run(atServer.begin());
  while (true) {
    const client = await run(atClient.receive(sent(said.message), () => true));
    if (client.kind !== "response" || said.kind !== "request") return { messages, server: said, client };
    said = await run(atServer.respond(sent(client.message)));
  }
}

/** Runs a step that waits for nothing but promises. */
export async function run<T>(step: Step<T>): Promise<T> {
  let progress = step.next();
  while (!progress.done) {
    if (progress.value.operation !== "await") throw new Error(`a request for ${progress.value.operation}`);
    progress = step.next(await settled(progress.value.request));
  }
  return progress.value;
}
