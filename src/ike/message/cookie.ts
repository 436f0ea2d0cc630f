/**
 * Stateless cookies (RFC 7296, section 2.6), for IKE_SA_INIT and IKE_SESSION_RESUME alike (RFC 5723, section 4.3.2).
 *
 * @module
 */
import type { RandomSource } from "../../crypto/key_exchange.ts";
import { PRF_HMAC_SHA2_256 } from "../../crypto/registry.ts";
import { wipe } from "../../crypto/wipe.ts";
import type { Endpoint } from "../steps/datagram.ts";
import type { Instant } from "../steps/instant.ts";
import { prf, type Step, verifyMac } from "../steps/step.ts";
import { addressOctets } from "./address.ts";

/** What a cookie is bound to: it is worth nothing with another address, nonce or SPI. */
export interface CookieContent {
  /** Missing where the cookie comes back protected: that proves more than an address. */
  readonly remote?: Endpoint;
  readonly nonce: Uint8Array;
  readonly initiatorSpi: bigint;
}

/** How long one secret makes cookies; the one before it is still accepted for as long again. */
const SECRET_LIFETIME_MS = 60_000;
const SECRET_LENGTH = 32;

interface Secret {
  readonly version: number;
  readonly octets: Uint8Array;
  readonly madeAtMs: number;
}

/** Makes and checks cookies: version of the secret | prf(secret, SPIi | port | IPi | Ni), 33 octets. */
export class CookieJar {
  readonly #random: RandomSource;
  #current: Secret | undefined;
  #previous: Secret | undefined;

  constructor(random: RandomSource) {
    this.#random = random;
  }

  *make(content: CookieContent, now: Instant): Step<Uint8Array> {
    const secret = this.#secretAt(now);
    const mac = yield* prf({ prf: PRF_HMAC_SHA2_256, key: secret.octets, data: covered(content) });
    const cookie = new Uint8Array(1 + mac.length);
    cookie[0] = secret.version;
    cookie.set(mac, 1);
    return cookie;
  }

  /** An invalid cookie is to be treated as if there were none (RFC 4718, section 2.5). */
  *isValid(cookie: Uint8Array, content: CookieContent, now: Instant): Step<boolean> {
    this.#secretAt(now);
    const secret = [this.#current, this.#previous].find((candidate) => candidate?.version === cookie[0]);
    if (secret === undefined) return false;
    return yield* verifyMac({
      prf: PRF_HMAC_SHA2_256,
      key: secret.octets,
      data: covered(content),
      mac: cookie.subarray(1),
    });
  }

  #secretAt(now: Instant): Secret {
    const current = this.#current;
    if (current !== undefined && now.monotonicMs - current.madeAtMs < SECRET_LIFETIME_MS) return current;
    if (this.#previous !== undefined) wipe(this.#previous.octets);
    // A secret that went unused for both its lifetimes is not kept as the previous one: its cookies are stale.
    const stale = current === undefined || now.monotonicMs - current.madeAtMs >= 2 * SECRET_LIFETIME_MS;
    this.#previous = stale ? undefined : current;
    this.#current = {
      version: current === undefined ? 0 : (current.version + 1) % 256,
      octets: this.#random(SECRET_LENGTH),
      madeAtMs: now.monotonicMs,
    };
    return this.#current;
  }
}

/** Every variable part but the last has its length before it, so that no two contents are covered by the same octets. */
function covered({ remote, nonce, initiatorSpi }: CookieContent): Uint8Array[] {
  const address = remote ? addressOctets(remote.address) : new Uint8Array(0);
  const fixed = new Uint8Array(11);
  const view = new DataView(fixed.buffer);
  view.setBigUint64(0, initiatorSpi);
  view.setUint16(8, remote?.port ?? 0);
  fixed[10] = address.length;
  return [fixed, address, nonce];
}
