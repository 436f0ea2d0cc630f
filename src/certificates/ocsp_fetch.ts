/**
 * OCSP responses that the program fetches or has at hand: nothing here opens a connection to where a certificate points.
 *
 * @module
 */
import { type OcspResponse, readOcspResponse } from "./ocsp_response.ts";
import type { OcspResponseHook } from "./options.ts";

/** Asks for the response about a certificate, both DER. `undefined`: there is none, or it came too late. Never rejects. */
export type OcspFetch = (certificate: Uint8Array, issuer: Uint8Array | undefined) => Promise<OcspResponse | undefined>;

export const DEFAULT_OCSP_TIMEOUT_MS = 2_000;

/** Whatever the program's function does, within a bounded time. */
export function boundedFetch(hook: OcspResponseHook, timeoutMs: number): OcspFetch {
  return async (certificate, issuer) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<undefined>((resolve) => timer = setTimeout(() => resolve(undefined), timeoutMs));
    try {
      // Copies: what the program does with them is nothing to the certificates here.
      const asked = Promise.resolve(hook(certificate.slice(), issuer?.slice()));
      const der = await Promise.race([asked, late]);
      return der instanceof Uint8Array ? readOcspResponse(der.slice()) : undefined;
    } catch {
      // What it throws, and what cannot be read, is no response.
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  };
}
