/**
 * The OCSP response about this end's own certificate, for peers that ask for it (RFC 4806, section 4.2).
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Certificate } from "./certificate.ts";
import type { OcspFetch } from "./ocsp_fetch.ts";
import type { OcspResponse, StatedStatus } from "./ocsp_response.ts";
import { isCurrent } from "./ocsp_status.ts";

/**
 * The latest of those at hand that is in time, else what the program fetches. What it says is the peer's to judge.
 *
 * @param issuer of the certificate, if it is known.
 */
export async function ownOcspResponse(
  own: Certificate,
  issuer: Certificate | undefined,
  given: readonly OcspResponse[],
  fetch: OcspFetch | undefined,
  nowEpochSeconds: number,
): Promise<Uint8Array | undefined> {
  let best: { readonly der: Uint8Array; readonly fromEpochSeconds: number } | undefined;
  for (const { der, statuses } of given) {
    for (const stated of statuses) {
      if (!isAboutOwn(stated, own) || !isCurrent(stated, nowEpochSeconds)) continue;
      const { fromEpochSeconds } = stated;
      if (best === undefined || fromEpochSeconds > best.fromEpochSeconds) best = { der, fromEpochSeconds };
    }
  }
  return best?.der ?? (await fetch?.(own.der, issuer?.der))?.der;
}

/** By the issuer's name alone: its key may not be known here. */
function isAboutOwn({ hash, issuerNameHash, serialNumber }: StatedStatus, own: Certificate): boolean {
  return serialNumber === own.serialNumber && issuerNameHash === createHash(hash).update(own.issuer).digest("hex");
}
