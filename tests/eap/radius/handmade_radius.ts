/**
 * A server of RADIUS made by hand, of RFC 2865, 2548 and 3579, and of nothing of the project's: what it answers a test says.
 *
 * @module
 */
import { createHash, createHmac, randomBytes } from "node:crypto";
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import type { RadiusServer } from "../../../src/eap/mod.ts";

export type Pairs = readonly (readonly [type: number, value: Uint8Array])[];

export interface RadiusRequest {
  readonly octets: Uint8Array;
  readonly identifier: number;
  readonly authenticator: Uint8Array;
  readonly pairs: Pairs;
  readonly isAuthentic: boolean;
  /** What all attributes of a type hold together. */
  valueOf(type: number): Uint8Array;
}

export type Answering = (
  request: RadiusRequest,
  answer: (code: number, pairs: Pairs) => Uint8Array,
) => readonly Uint8Array[];

export class HandmadeRadius {
  readonly requests: RadiusRequest[] = [];
  readonly secret: Uint8Array = new TextEncoder().encode("a secret of RADIUS");
  readonly #socket: Socket = createSocket("udp4");
  #answering: Answering;

  private constructor(answering: Answering) {
    this.#answering = answering;
    this.#socket.on("message", (octets, from) => this.#take(new Uint8Array(octets), from));
  }

  static async listen(answering: Answering): Promise<HandmadeRadius> {
    const server = new HandmadeRadius(answering);
    server.#socket.bind(0, "127.0.0.1");
    await once(server.#socket, "listening");
    return server;
  }

  /** As a gateway knows it. */
  get known(): RadiusServer {
    return { host: "127.0.0.1", port: this.#socket.address().port, secret: this.secret };
  }

  set answering(answering: Answering) {
    this.#answering = answering;
  }

  close(): void {
    this.#socket.close();
  }

  #take(octets: Uint8Array, { port, address }: RemoteInfo): void {
    const request = readRequest(octets, this.secret);
    this.requests.push(request);
    const answer = (code: number, pairs: Pairs): Uint8Array => answerOf(request, code, pairs, this.secret);
    for (const packet of this.#answering(request, answer)) this.#socket.send(packet, port, address);
  }
}

export function readRequest(octets: Uint8Array, secret: Uint8Array): RadiusRequest {
  const pairs: (readonly [number, Uint8Array])[] = [];
  const blanked = octets.slice();
  let said = "";
  for (let offset = 20; offset < octets.length; offset += octets[offset + 1]) {
    const value = octets.slice(offset + 2, offset + octets[offset + 1]);
    pairs.push([octets[offset], value]);
    if (octets[offset] !== 80) continue;
    said = hex(value);
    blanked.fill(0, offset + 2, offset + 18);
  }
  return {
    octets,
    identifier: octets[1],
    authenticator: octets.slice(4, 20),
    pairs,
    isAuthentic: said === createHmac("md5", secret).update(blanked).digest("hex"),
    valueOf: (type) => join(pairs.filter(([one]) => one === type).map(([, value]) => value)),
  };
}

/** With a Message-Authenticator behind everything else, as servers of before have it. */
export function answerOf(request: RadiusRequest, code: number, pairs: Pairs, secret: Uint8Array): Uint8Array {
  const body = join(
    [...pairs, [80, new Uint8Array(16)] as const].map(([type, value]) => Uint8Array.of(type, value.length + 2, ...value)),
  );
  const packet = Uint8Array.of(code, request.identifier, 0, 0, ...request.authenticator, ...body);
  new DataView(packet.buffer).setUint16(2, packet.length);
  packet.set(createHmac("md5", secret).update(packet).digest(), packet.length - 16);
  packet.set(createHash("md5").update(packet).update(secret).digest(), 4);
  return packet;
}

/** MS-MPPE-Recv-Key and MS-MPPE-Send-Key: the halves of an MSK. `length`: the octets of one. */
export function mppeKeys(msk: Uint8Array, { authenticator }: RadiusRequest, secret: Uint8Array, length = 32): Pairs {
  return [[17, msk.slice(0, length)], [16, msk.slice(length, 2 * length)]].map(([type, key]) => {
    const salt = randomBytes(2);
    salt[0] |= 0x80;
    const plain = Uint8Array.of(length, ...key as Uint8Array, ...new Uint8Array(15 - length % 16));
    let hidden = new Uint8Array(0);
    let before = join([authenticator, salt]);
    for (let start = 0; start < plain.length; start += 16) {
      const mask = createHash("md5").update(secret).update(before).digest();
      before = plain.slice(start, start + 16).map((octet, index) => octet ^ mask[index]);
      hidden = join([hidden, before]);
    }
    return [26, Uint8Array.of(0, 0, 1, 0x37, type as number, hidden.length + 4, ...salt, ...hidden)] as const;
  });
}

/** EAP-Message, in as many attributes as it takes. */
export function eapMessage(packet: Uint8Array): Pairs {
  return Array.from({ length: Math.ceil(packet.length / 253) }, (_, part) => [79, packet.slice(part * 253, part * 253 + 253)]);
}

export function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

export function hex(octets: Uint8Array): string {
  return [...octets].map((octet) => octet.toString(16).padStart(2, "0")).join("");
}
