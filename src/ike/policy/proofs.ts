/**
 * What a gateway and its clients prove themselves to each other with: whether a configuration has what it takes.
 *
 * @module
 */
import { checkEapLimits, DEFAULT_EAP_LIMITS } from "../authentication/eap/eap_limits.ts";
import { checkEapOnly } from "../authentication/eap/eap_only.ts";
import { checkEapGatewayKey } from "../authentication/eap/gateway_key.ts";
import type { ResponderOptions } from "./responder_configuration.ts";

/** @throws {RangeError} no client could prove itself, or the gateway could not to them. */
export function checkProofs({ presharedKeyOf, certificates, eap }: ResponderOptions): void {
  if (presharedKeyOf === undefined && certificates === undefined && eap?.eapOnly === undefined) {
    throw new RangeError("responder configuration: neither presharedKeyOf nor certificates, expected one of them at least");
  }
  if (certificates?.own.length === 0) {
    throw new RangeError("responder configuration: certificates has no credential, expected one for the gateway itself");
  }
  if (eap === undefined) return;
  checkEapLimits({ ...DEFAULT_EAP_LIMITS, ...eap });
  checkEapOnly(eap.eapOnly);
  const provesItselfByEap = eap.eapOnly !== undefined && eap.gatewayKey === undefined;
  if (certificates === undefined && !provesItselfByEap) checkEapGatewayKey(eap);
}
