/**
 * EAP of our two programs.
 *
 * @module
 */
import { type EapTls, loadEapTls, loadMschapv2, loadRadius } from "../../src/eap/mod.ts";
import { identityOfNai } from "../../src/ike/authentication/eap/nai.ts";
import type { InitiatorOptions } from "../../src/ike/policy/initiator_configuration.ts";
import type { ResponderOptions } from "../../src/ike/policy/responder_configuration.ts";
import { sameIdentity } from "../../src/ticket/identity.ts";
import type { OurCertificates } from "./certificate_files.ts";
import { certificatesOf } from "./our_certificates.ts";
import type { OurClientOptions, OurGatewayOptions } from "./our_options.ts";
import { fqdn } from "./peer_words.ts";

export async function gatewayEap(
  { eap, certificates, peerIdentity }: OurGatewayOptions,
): Promise<Pick<ResponderOptions, "eap">> {
  if (eap === undefined) return {};
  if ("radius" in eap) {
    const { host, secret } = eap.radius;
    const radius = await loadRadius({
      servers: [{ host, secret: new TextEncoder().encode(secret) }],
      nasIdentifier: "interoperation",
    });
    return { eap: { methodFor: () => radius.relay(), admits: () => true, askIdentity: true } };
  }
  if ("tls" in eap) {
    const tls = await tlsOf(certificates!);
    const admits = fqdn(peerIdentity);
    return {
      eap: {
        methodFor: (initiatorId) => tls.server(initiatorId),
        admits: (identity) => sameIdentity(identity, admits),
        askIdentity: true,
        ...(eap.isAlone && { eapOnly: "safe" }),
      },
    };
  }
  const { user, password } = eap;
  const method = await loadMschapv2();
  return {
    eap: {
      methodFor: () => method.server((name) => name === user ? password : undefined),
      admits: (identity) => sameIdentity(identity, identityOfNai(user)),
      askIdentity: true,
    },
  };
}

export async function clientEap(
  { eap, certificates, gatewayIdentity }: OurClientOptions,
): Promise<Pick<InitiatorOptions, "eap">> {
  if (eap === undefined) return {};
  if ("tls" in eap) {
    const tls = await tlsOf(certificates!);
    return { eap: { method: () => tls.peer(fqdn(gatewayIdentity)), ...(eap.isAlone && { eapOnly: "safe" }) } };
  }
  const { user, password } = eap;
  const method = await loadMschapv2();
  return { eap: { method: () => method.peer(user, password) } };
}

async function tlsOf(certificates: OurCertificates): Promise<EapTls> {
  const { authority, certificate, privateKey } = certificates;
  return await loadEapTls({
    certificates: await certificatesOf(certificates, true),
    authorities: [authority],
    credential: { certificates: certificate, privateKey },
  });
}
