/**
 * Gives clients their first tickets, by full exchanges with a gateway in this process.
 *
 * @module
 */
import { systemRandom } from "../../src/crypto/system_random.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import { loadOrCreateTicketKeyRing } from "../../src/store/ticket_key_file.ts";
import type { ClientTicket } from "../../src/ticket/client_ticket.ts";
import { systemClock } from "../../src/transport/system_clock.ts";
import { answeredBy, type Clients, WrongResumption } from "./clients.ts";
import { MemoryTransport } from "./memory_transport.ts";
import { clientAt, GATEWAY_ADDRESS, gatewayConfiguration } from "./setting.ts";

const AT_A_TIME = 64;
const MOST_EXCHANGES = 5;

/** @param ticketKeyFile is made, for the measured gateways to take their keys from. */
export async function enrol(
  clients: Clients,
  count: number,
  presharedKey: Uint8Array,
  ticketKeyFile: string,
): Promise<ClientTicket[]> {
  const ticketKeys = loadOrCreateTicketKeyRing(ticketKeyFile, systemRandom, systemClock().epochSeconds);
  let transport!: MemoryTransport;
  const gateway = await Gateway.listen({
    configuration: gatewayConfiguration(presharedKey, ticketKeys),
    addresses: [GATEWAY_ADDRESS],
    openTransport: (options) => {
      transport = new MemoryTransport(options);
      return Promise.resolve(transport);
    },
  });
  try {
    const tickets: ClientTicket[] = [];
    while (tickets.length < count) {
      const some = Array.from(
        { length: Math.min(AT_A_TIME, count - tickets.length) },
        (_, index) => ({ client: tickets.length + index }),
      );
      const attempts = await clients.begin(some);
      // Two exchanges; more where a busy machine has the gateway ask for a cookie first.
      for (let exchange = 0; exchange < MOST_EXCHANGES; exchange++) {
        const asking = attempts.filter(({ message }) => message !== undefined);
        if (asking.length === 0) break;
        await transport.deliver(asking.map(({ message, path }) => ({
          octets: message!,
          local: path.remote,
          remote: path.local,
          encapsulated: false,
        })));
        const answers = transport.takeAnswers().map(({ remote, octets }) => ({
          client: clientAt(remote),
          octets: octets.slice(),
        }));
        await clients.receive(asking, answers);
      }
      for (const attempt of attempts) {
        const { client, ticket, initiator } = attempt;
        initiator.dispose();
        if (ticket === undefined) {
          throw new WrongResumption(`client ${client}: it got no ticket by a full exchange, ${answeredBy(attempt)}`);
        }
        tickets.push(ticket);
      }
    }
    return tickets;
  } finally {
    await gateway.close();
  }
}
