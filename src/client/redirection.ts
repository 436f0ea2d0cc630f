/**
 * Goes from gateway to gateway as they say (RFC 5685), so often and no further.
 *
 * @module
 */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { ConnectionError } from "./connection_error.ts";
import type { GatewayAddress } from "./session_options.ts";

/** Gateways that one attempt is sent to in turn at most: those that send clients to each other are left (RFC 5685, section 5). */
export const MOST_REDIRECTS = 5;

/** The address of a host; for tests another one. */
export type HostLookup = (host: string, family: 4 | 6) => Promise<string>;

/**
 * Attempts with one gateway after the other, until one does not send on. The ports stay, unless `known` says otherwise of an address.
 *
 * @param sentTo where `gateway` sends the client that is up with it: the first attempt is there.
 * @throws whatever `attempt` throws; {@link ConnectionError} "redirected": too often, or to a host that has no address.
 */
export async function followRedirects<Result>(
  gateway: GatewayAddress,
  attempt: (gateway: GatewayAddress, redirectedFrom: string | undefined) => Promise<Result>,
  known: (gateway: GatewayAddress) => GatewayAddress = (gateway) => gateway,
  addressOf: HostLookup = systemLookup,
  sentTo?: string,
): Promise<Result> {
  let current = gateway;
  let redirectedFrom: string | undefined;
  const follow = async (to: string) => {
    redirectedFrom = current.address;
    current = known({ ...current, address: await resolved(to, current, addressOf) });
  };
  if (sentTo !== undefined) await follow(sentTo);
  for (let count = 0;; count++) {
    try {
      return await attempt(current, redirectedFrom);
    } catch (error) {
      const to = error instanceof ConnectionError ? error.redirectedTo : undefined;
      if (to === undefined) throw error;
      if (count === MOST_REDIRECTS) {
        throw new ConnectionError("redirected", `no connection: redirected ${count + 1} times, at last to ${to}`);
      }
      await follow(to);
    }
  }
}

async function resolved(to: string, { address }: GatewayAddress, addressOf: HostLookup): Promise<string> {
  if (isIP(to) !== 0) return to;
  try {
    return await addressOf(to, isIP(address) === 6 ? 6 : 4);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConnectionError("redirected", `no connection: redirected to ${to}, which has no address: ${reason}`);
  }
}

async function systemLookup(host: string, family: 4 | 6): Promise<string> {
  return (await lookup(host, { family })).address;
}
