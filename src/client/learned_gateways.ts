/**
 * Gateways that a gateway has told its client of, with a ticket and inside SK (draft-sheffer-ipsec-failover-03, section 4.5).
 *
 * @module
 */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { formatAddress } from "../ike/message/address.ts";
import type { Identity } from "../ticket/identity.ts";
import { IdType } from "../wire/constants.ts";
import type { GatewayList } from "./gateway_list.ts";
import type { Link } from "./session.ts";
import type { GatewayAddress } from "./session_options.ts";

/** The list learns of the gateways that the link's ticket came with. A name server that stalls keeps nobody waiting. */
export async function learnFrom(reached: Promise<Link>, list: GatewayList): Promise<Link> {
  const link = await reached;
  const told = link.state.ticket?.gateways;
  if (told) void learnedGateways(told, link.gateway).then((found) => list.learn(found));
  return link;
}

/**
 * Where they are met: on the ports of the gateway that told of them. One that is named by a host name has to prove that name; of one that is named by
 * its address, the identity is what the configuration asks for. A name without an address is left out.
 */
export async function learnedGateways(
  gateways: readonly Identity[],
  { address, port, natPort }: GatewayAddress,
  addressOf: (host: string, family: 4 | 6) => Promise<string> = systemLookup,
): Promise<GatewayAddress[]> {
  const family = isIP(address) === 6 ? 6 : 4;
  const found = await Promise.all(gateways.map(async (one): Promise<GatewayAddress[]> => {
    if (one.idType !== IdType.ID_FQDN) return [{ address: formatAddress(one.identification), port, natPort }];
    const host = new TextDecoder().decode(one.identification);
    return await addressOf(host, family).then((found) => [{ address: found, port, natPort, identity: one }], () => []);
  }));
  return found.flat().filter((one) => isIP(one.address) === family);
}

async function systemLookup(host: string, family: 4 | 6): Promise<string> {
  return (await lookup(host, { family })).address;
}
