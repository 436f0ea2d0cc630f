/**
 * One attempt at a session: with the gateways of a list in turn, and with those that they send their clients to.
 *
 * @module
 */
import type { GatewayList, Target } from "./gateway_list.ts";
import type { AttemptOptions } from "./reconnection.ts";
import { followRedirects } from "./redirection.ts";
import type { Link } from "./session.ts";
import type { GatewayAddress } from "./session_options.ts";

/** An attempt beside an IKE SA is one with its gateway alone. */
export function reachGateway(
  gateways: GatewayList,
  attempt: AttemptOptions | undefined,
  establish: (target: Target, redirectedFrom: string | undefined) => Promise<Link>,
): Promise<Link> {
  const at = (first: GatewayAddress, isLast: boolean, sentTo?: string) =>
    followRedirects(
      first,
      async (gateway, from) => {
        const link = await establish(gateways.target(gateway, isLast), from);
        gateways.reached(gateway);
        return link;
      },
      (gateway) => gateways.listed(gateway),
      undefined,
      sentTo,
    );
  // Where there is a list, one that is silent is asked again by ticket, or another one: a full exchange there would be too soon.
  if (attempt?.sent) return at(attempt.sent.from.gateway, false, attempt.sent.to);
  return attempt?.beside ? at(attempt.beside.gateway, true) : gateways.reach(at, attempt?.signal);
}
