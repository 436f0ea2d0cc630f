/**
 * Presents used tickets again, at every gateway of the fleet: what a thief would do who copied them.
 *
 * @module
 */
import { TicketHolders } from "../../src/load/ticket_holders.ts";
import { loadKeyExchange, loadProvider } from "../../src/providers/mod.ts";
import { copyOfTicket } from "../../src/ticket/client_ticket.ts";
import type { FleetClient } from "./fleet_clients.ts";
import type { GatewayPlace } from "./fleet_gateways.ts";

/** Clients whose tickets are tried, and the latest of each. */
const MOST_CLIENTS = 500;
const MOST_TICKETS = 8;

/** How many are accepted once more. */
export async function acceptedAgain(members: readonly FleetClient[], places: readonly GatewayPlace[]): Promise<number> {
  const tried = members.filter(({ used }) => used.length > 0).slice(0, MOST_CLIENTS);
  const shared = { provider: await loadProvider("auto"), keyExchange: await loadKeyExchange(), seed: 1, address: "127.0.0.1" };
  let accepted = 0;
  for (const { address, port, natPort } of places) {
    const holders = await TicketHolders.open({
      ...shared,
      clients: tried.length,
      gateway: { address, port },
      encapsulatedGateway: { address, port: natPort },
      // Each ticket brings its own IDr.
      configurationOf: (client) => ({ ...tried[client].configuration, peerIdentity: undefined, refusalPatienceMs: 0 }),
    });
    const presentAll = async ({ used }: FleetClient, client: number) => {
      for (const ticket of used.slice(-MOST_TICKETS)) {
        const outcome = await holders.present(client, copyOfTicket(ticket), "beside");
        if (outcome.end === "up" && outcome.resumed) accepted++;
      }
    };
    await Promise.all(tried.map(presentAll));
    await holders.close();
  }
  return accepted;
}
