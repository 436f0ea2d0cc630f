/**
 * A NAT that a load imitates: behind each pair of sockets stands an address that nobody else sees, with IKE's own ports, and the gateway meets
 * the sockets' address and ports. NAT detection of both ends finds it (RFC 7296, section 2.23), and goes on at port 4500.
 *
 * @module
 */
import { isIPv6 } from "node:net";
import type { Datagram, Endpoint } from "../ike/steps/datagram.ts";
import { IKE_PORT, NAT_PORT } from "../transport/ports.ts";
import type { OpenSocketTransport, SocketTransport, TransportCounters } from "../transport/transport.ts";

/** @param firstInner the number of the first inner address: other processes of the same load have those before it */
export function behindNat(open: OpenSocketTransport, firstInner: number = 0): OpenSocketTransport {
  let next = firstInner;
  return async (options) => {
    const address = innerAddress(next++, isIPv6(options.address));
    const inner = { address, port: IKE_PORT };
    const encapsulatedInner = { address, port: NAT_PORT };
    const outer = await open({
      ...options,
      onDatagram: (datagram) => options.onDatagram({ ...datagram, local: datagram.encapsulated ? encapsulatedInner : inner }),
    });
    return new TranslatedTransport(outer, inner, encapsulatedInner);
  };
}

/** Of 100.64.0.0/10, which is for such networks (RFC 6598), or of a network of unique local addresses. */
function innerAddress(number: number, isVersion6: boolean): string {
  const host = number + 1;
  if (isVersion6) return `fd00:64::${(host >>> 16 & 0xffff).toString(16)}:${(host & 0xffff).toString(16)}`;
  return `100.${64 + (host >>> 16 & 63)}.${host >>> 8 & 255}.${host & 255}`;
}

class TranslatedTransport implements SocketTransport {
  readonly name: string;
  readonly local: Endpoint;
  readonly encapsulatedLocal: Endpoint;
  readonly drain?: () => void;
  readonly #outer: SocketTransport;

  constructor(outer: SocketTransport, local: Endpoint, encapsulatedLocal: Endpoint) {
    this.#outer = outer;
    this.name = outer.name;
    this.local = local;
    this.encapsulatedLocal = encapsulatedLocal;
    if (outer.drain) this.drain = () => outer.drain?.();
  }

  get counters(): Readonly<TransportCounters> {
    return this.#outer.counters;
  }

  send(datagram: Datagram): void {
    const { local, encapsulatedLocal } = this.#outer;
    this.#outer.send({ ...datagram, local: datagram.encapsulated ? encapsulatedLocal : local });
  }

  sendKeepalive(remote: Endpoint): void {
    this.#outer.sendKeepalive(remote);
  }

  flush(): void {
    this.#outer.flush();
  }

  close(): Promise<void> {
    return this.#outer.close();
  }
}
