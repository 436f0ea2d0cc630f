/**
 * N(AUTH_LIFETIME), client's side (RFC 4478, section 3): in the last response of IKE_AUTH, or in an INFORMATIONAL request of the gateway's.
 *
 * @module
 */
import { NotifyType } from "../../wire/constants.ts";
import type { Payload } from "../../wire/payload.ts";
import type { SpiPair } from "../ike_sa/spi.ts";
import { findNotify } from "../message/notify.ts";
import type { Effect } from "../states/effect.ts";

/** The reauthentication that the gateway asks for, if it does. */
export function reauthenticationAsked(payloads: readonly Payload[], spis: SpiPair): Effect[] {
  const data = findNotify(payloads, NotifyType.AUTH_LIFETIME)?.data;
  if (data?.length !== 4) return [];
  const lifetimeSeconds = new DataView(data.buffer, data.byteOffset).getUint32(0);
  return [{ type: "reauthentication-asked", spis, lifetimeSeconds }];
}
