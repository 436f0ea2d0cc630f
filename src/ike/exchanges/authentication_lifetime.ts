/**
 * N(AUTH_LIFETIME) (RFC 4478, section 3): in the last response of IKE_AUTH, or in an INFORMATIONAL request of the gateway's.
 *
 * @module
 */
import { NotifyType } from "../../wire/constants.ts";
import type { NotifyPayload, Payload } from "../../wire/payload.ts";
import type { SpiPair } from "../ike_sa/spi.ts";
import { findNotify, notify } from "../message/notify.ts";
import { secondsUntil } from "../policy/reauthentication.ts";
import type { Effect } from "../states/effect.ts";
import type { Instant } from "../steps/instant.ts";

/** The reauthentication that the gateway asks for, if it does. */
export function reauthenticationAsked(payloads: readonly Payload[], spis: SpiPair): Effect[] {
  const data = findNotify(payloads, NotifyType.AUTH_LIFETIME)?.data;
  if (data?.length !== 4) return [];
  const lifetimeSeconds = new DataView(data.buffer, data.byteOffset).getUint32(0);
  return [{ type: "reauthentication-asked", spis, lifetimeSeconds }];
}

/** N(AUTH_LIFETIME) for the last response of IKE_AUTH: how long until the client has to prove itself anew (RFC 4478, section 3). */
export function authLifetimePayloads(reauthenticateByMs: number | undefined, now: Instant): NotifyPayload[] {
  if (reauthenticateByMs === undefined) return [];
  const data = new Uint8Array(4);
  new DataView(data.buffer).setUint32(0, secondsUntil(reauthenticateByMs, now));
  return [notify(NotifyType.AUTH_LIFETIME, data)];
}
