/**
 * A NAT before the gateway.
 *
 * @module
 */
import type { Interference } from "./network.ts";
import { GATEWAY_ADDRESS } from "./simulation.ts";

/** Clients know the gateway by the address `outside`, and the gateway itself by its own. */
export function natBeforeGateway(outside: string): Interference {
  return (datagram) => ({
    ...datagram,
    local: datagram.local.address === GATEWAY_ADDRESS ? { ...datagram.local, address: outside } : datagram.local,
    remote: datagram.remote.address === outside ? { ...datagram.remote, address: GATEWAY_ADDRESS } : datagram.remote,
  });
}
