/**
 * The sockets that an attacker sends from, and how much went through them.
 *
 * @module
 */
import type { Endpoint } from "../../ike/steps/datagram.ts";
import { openDgramTransport } from "../../transport/dgram_transport.ts";
import type { SocketTransport } from "../../transport/transport.ts";
import type { AttackerSocket } from "./attack.ts";

export class AttackerSockets {
  readonly #gateway: Endpoint;
  readonly #transports: SocketTransport[] = [];
  /** Datagrams that left. */
  sent = 0;
  /** Datagrams that came back. */
  answers = 0;

  constructor(gateway: Endpoint) {
    this.#gateway = gateway;
  }

  async open(address: string): Promise<AttackerSocket> {
    const socket: AttackerSocket = {
      send: (octets) => {
        this.sent++;
        transport.send({ octets, local: transport.local, remote: this.#gateway, encapsulated: false });
      },
      onAnswer: () => {},
    };
    const transport = await openDgramTransport({
      address,
      port: 0,
      natPort: 0,
      onDatagram: ({ octets }) => {
        this.answers++;
        socket.onAnswer(octets);
      },
    });
    this.#transports.push(transport);
    return socket;
  }

  async close(): Promise<void> {
    await Promise.all(this.#transports.splice(0).map((transport) => transport.close()));
  }
}
