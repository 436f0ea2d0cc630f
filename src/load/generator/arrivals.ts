/**
 * What comes to the sockets of a load, whomever it is for: tells a target that says nothing from one that says what no gateway would.
 *
 * @module
 */
import type { OpenSocketTransport, SocketTransport } from "../../transport/transport.ts";
import { MAJOR_VERSION } from "../../wire/constants.ts";
import { HEADER_LENGTH, isFromInitiator, LENGTH_OFFSET, VERSION_OFFSET } from "../../wire/header.ts";

const LENGTH_SIZE = 4;

/** Datagrams that came to one pair of sockets. */
export interface Arrived {
  readonly all: number;
  /** Those of them that are no message of a responder (RFC 7296, section 3.1). */
  readonly garbage: number;
}

const NONE: Arrived = { all: 0, garbage: 0 };

export class Arrivals {
  readonly #counts = new Map<SocketTransport, { all: number; garbage: number }>();

  /** Opens sockets as `open` does, and counts from then on. */
  watching(open: OpenSocketTransport): OpenSocketTransport {
    return async (options) => {
      const count = { all: 0, garbage: 0 };
      const transport = await open({
        ...options,
        onDatagram: (datagram) => {
          count.all++;
          if (!isOfResponder(datagram.octets)) count.garbage++;
          options.onDatagram(datagram);
        },
        onOther: (kind, octets, remote) => {
          count.all++;
          if (kind === "malformed") count.garbage++;
          options.onOther?.(kind, octets, remote);
        },
      });
      this.#counts.set(transport, count);
      return transport;
    };
  }

  /** It goes on counting. */
  at(transport: SocketTransport): Arrived {
    return this.#counts.get(transport) ?? NONE;
  }
}

/** Whether octets are a message as a whole, and none of an initiator's, which a client hears from nobody. */
function isOfResponder(octets: Uint8Array): boolean {
  if (octets.length < HEADER_LENGTH || octets[VERSION_OFFSET] >> 4 !== MAJOR_VERSION || isFromInitiator(octets)) return false;
  let length = 0;
  for (let at = LENGTH_OFFSET; at < LENGTH_OFFSET + LENGTH_SIZE; at++) length = 256 * length + octets[at];
  return length === octets.length;
}
