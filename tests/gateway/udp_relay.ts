/**
 * A relay on loopback that sees every IKE message between one client and a gateway, and lets it pass or not. Each end sees the other behind a
 * NAT, so that IKE_AUTH moves to the UDP-encapsulation port.
 *
 * @module
 */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { Endpoint } from "../../src/ike/steps/datagram.ts";
import { withoutNonEspMarker } from "../../src/transport/non_esp_marker.ts";
import { type Header, peekHeader } from "../../src/wire/header.ts";

/** Whether a message passes. It may begin something else by the way. */
export type Watcher = (header: Header) => boolean;

export class UdpRelay {
  readonly #lanes: readonly Lane[];

  private constructor(lanes: readonly Lane[]) {
    this.#lanes = lanes;
  }

  static async open(gateway: Endpoint, encapsulatedGateway: Endpoint, watcher: Watcher): Promise<UdpRelay> {
    return new UdpRelay([
      await Lane.open(gateway, (octets) => passes(octets, watcher)),
      await Lane.open(encapsulatedGateway, (octets) => passes(withoutNonEspMarker(octets), watcher)),
    ]);
  }

  get port(): number {
    return this.#lanes[0].port;
  }

  get natPort(): number {
    return this.#lanes[1].port;
  }

  close(): void {
    for (const lane of this.#lanes) lane.close();
  }
}

function passes(message: Uint8Array, watcher: Watcher): boolean {
  const header = peekHeader(message);
  return header !== undefined && watcher(header);
}

/** One port of the gateway, for the one client that speaks first. */
class Lane {
  readonly #toClient: Socket;
  readonly #toGateway: Socket;
  #client: Endpoint | undefined;

  static async open(gateway: Endpoint, allows: (octets: Uint8Array) => boolean): Promise<Lane> {
    const [toClient, toGateway] = [createSocket("udp4"), createSocket("udp4")];
    for (const socket of [toClient, toGateway]) {
      socket.bind(0, "127.0.0.1");
      await once(socket, "listening");
    }
    return new Lane(toClient, toGateway, gateway, allows);
  }

  private constructor(toClient: Socket, toGateway: Socket, gateway: Endpoint, allows: (octets: Uint8Array) => boolean) {
    this.#toClient = toClient;
    this.#toGateway = toGateway;
    toClient.on("message", (octets, { address, port }) => {
      this.#client = { address, port };
      if (allows(octets)) toGateway.send(octets, gateway.port, gateway.address);
    });
    toGateway.on("message", (octets) => {
      if (this.#client && allows(octets)) toClient.send(octets, this.#client.port, this.#client.address);
    });
  }

  get port(): number {
    return this.#toClient.address().port;
  }

  close(): void {
    this.#toClient.close();
    this.#toGateway.close();
  }
}
