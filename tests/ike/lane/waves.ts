/**
 * Clients of two gateways at once, and what becomes of their datagrams on the way: lost, doubled, altered, from elsewhere.
 *
 * @module
 */
import fc from "fast-check";
import { Initiator, initiatorConfiguration, type InitiatorOptions } from "../../../src/ike/initiator.ts";
import type { Effect } from "../../../src/ike/states/effect.ts";
import type { Datagram } from "../../../src/ike/steps/datagram.ts";
import { runWave, type WaveServices } from "../../../src/ike/steps/wave.ts";
import type { ClientTicket } from "../../../src/ticket/client_ticket.ts";
import { copyOf } from "../../simulation/coming_back.ts";
import { SeededRandom } from "../../simulation/seeded_random.ts";
import { effectsOf, endpoint, fqdn, GATEWAY_ADDRESS, PRESHARED_KEY } from "../../simulation/simulation.ts";
import type { TwoGateways } from "./two_gateways.ts";

/** What becomes of one datagram: which come in its place. */
export type Alteration = (datagram: Datagram) => readonly Datagram[];

export const UNALTERED: Alteration = (datagram) => [datagram];

/** One client with its latest ticket. */
export interface Client {
  initiator: Initiator;
  ticket: ClientTicket | undefined;
  effects: Effect[];
}

export class Crowd {
  readonly clients: Client[];
  readonly #gateways: TwoGateways;
  readonly #services: WaveServices;
  readonly #options: (number: number) => Partial<InitiatorOptions>;
  readonly #random = new SeededRandom(11);

  constructor(gateways: TwoGateways, size: number, options: (number: number) => Partial<InitiatorOptions> = () => ({})) {
    this.#gateways = gateways;
    this.#services = { ...gateways.steps.services, random: this.#random.octets };
    this.#options = options;
    this.clients = Array.from({ length: size }, (_, number) => ({ ...this.#fresh(number), ticket: undefined, effects: [] }));
  }

  /** All begin, with a ticket where they have one: what they send. */
  async start(): Promise<Datagram[]> {
    this.clients.forEach((client, number) => {
      Object.assign(client, this.#fresh(number, client.ticket && copyOf(client.ticket)));
      client.effects = [];
    });
    return await this.#act((client) => client.initiator.start(this.#gateways.now), this.clients);
  }

  /** All that the gateways have sent goes to its client: what the clients send in return. */
  async take(effects: readonly Effect[]): Promise<Datagram[]> {
    const sent: Datagram[] = [];
    for (const { datagram } of effectsOf(effects, "send")) {
      const client = this.clients[numberOf(datagram.remote.address)];
      if (client === undefined) continue;
      const arrived = turned(datagram);
      sent.push(...await this.#act(() => client.initiator.receive(arrived, this.#gateways.now), [client]));
    }
    return sent;
  }

  /** From the first message on until nothing is left to be said. `alterations`: of each wave, one a datagram, in turn. */
  async comeUp(alterations: readonly Alteration[] = [UNALTERED]): Promise<void> {
    let at = 0;
    let wave = await this.start();
    for (let round = 0; wave.length > 0 && round < 8; round++) {
      const altered = wave.flatMap((datagram) => alterations[at++ % alterations.length](datagram));
      this.#gateways.nowMs += 10;
      wave = await this.take(await this.#gateways.receive(altered));
    }
  }

  /** All go on from another port, and tell their gateway: what they send (RFC 4555, section 3.5). */
  async move(): Promise<Datagram[]> {
    const moves = new Map(this.clients.map((client, number) => {
      const local = endpoint(`198.51.100.${number}`, 4600);
      const remote = endpoint(GATEWAY_ADDRESS, 4500);
      return [
        client,
        () =>
          client.initiator.move({ local, remote, encapsulatedLocal: local, encapsulatedRemote: remote }, this.#gateways.now),
      ] as const;
    }));
    return await this.#act((client) => moves.get(client)!(), this.clients);
  }

  async #act(step: (client: Client) => ReturnType<Initiator["start"]>, clients: readonly Client[]): Promise<Datagram[]> {
    const results = await runWave(clients.map(step), this.#services);
    results.forEach((effects, index) => {
      const client = clients[index];
      client.effects.push(...effects);
      client.ticket = effectsOf(effects, "ticket-received").at(-1)?.ticket ?? client.ticket;
    });
    return results.flatMap((effects) => effectsOf(effects, "send").map(({ datagram }) => turned(datagram)));
  }

  #fresh(number: number, ticket?: ClientTicket): Pick<Client, "initiator"> {
    const address = `198.51.100.${number}`;
    const configuration = initiatorConfiguration({
      identity: fqdn(`client${number}.example`),
      peerIdentity: fqdn("gateway.example"),
      presharedKey: PRESHARED_KEY,
      keepTicketFresh: false,
      livenessSeconds: 0,
      natKeepaliveSeconds: 0,
      ...this.#options(number),
    });
    const path = {
      local: endpoint(address, 500),
      remote: endpoint(GATEWAY_ADDRESS, 500),
      encapsulatedLocal: endpoint(address, 4500),
      encapsulatedRemote: endpoint(GATEWAY_ADDRESS, 4500),
    };
    return { initiator: new Initiator(configuration, path, this.#random.octets, ticket) };
  }
}

function numberOf(address: string): number {
  return address.startsWith("198.51.100.") ? Number(address.split(".")[3]) : -1;
}

function turned({ octets, local, remote, encapsulated }: Datagram): Datagram {
  return { octets: octets.slice(), local: remote, remote: local, encapsulated };
}

/** Any alteration, by what strangers and networks do. */
export function alteration(): fc.Arbitrary<Alteration> {
  const place = fc.nat(0xffff);
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant(UNALTERED) },
    fc.constant<Alteration>(() => []),
    fc.constant<Alteration>((datagram) => [datagram, datagram]),
    fc.record({ place, bit: fc.nat(7) }).map(({ place, bit }): Alteration => (datagram) => [
      withOctets(datagram, (octets) => octets[place % octets.length] ^= 1 << bit),
    ]),
    // The same, and then the right one: what was altered must have spoilt nothing.
    fc.record({ place, bit: fc.nat(7) }).map(({ place, bit }): Alteration => (datagram) => [
      withOctets(datagram, (octets) => octets[place % octets.length] ^= 1 << bit),
      datagram,
    ]),
    fc.record({ place, value: fc.nat(255) }).map(({ place, value }): Alteration => (datagram) => [
      withOctets(datagram, (octets) => octets[28 + place % 60 % (octets.length - 28)] = value),
    ]),
    fc.record({ place, value: fc.nat(255) }).map(({ place, value }): Alteration => (datagram) => [
      withOctets(datagram, (octets) => octets[place % 28] = value),
    ]),
    place.map((place): Alteration => (datagram) => [
      resized(datagram, place % (datagram.octets.length + 1), false),
      resized(datagram, place % (datagram.octets.length + 1), true),
    ]),
    fc.uint8Array({ maxLength: 40 }).map((more): Alteration => (datagram) => [
      { ...datagram, octets: Uint8Array.of(...datagram.octets, ...more) },
    ]),
    fc.record({ port: fc.constantFrom(500, 501, 0), encapsulated: fc.boolean() }).map(
      ({ port, encapsulated }): Alteration => (datagram) => [{
        ...datagram,
        remote: { ...datagram.remote, port },
        encapsulated,
      }],
    ),
    fc.constantFrom("203.0.113.9", "2001:db8::9", "::ffff:203.0.113.9").map((address): Alteration => (datagram) => [
      { ...datagram, remote: { address, port: datagram.remote.port } },
      datagram,
    ]),
  );
}

function withOctets(datagram: Datagram, change: (octets: Uint8Array) => void): Datagram {
  const octets = datagram.octets.slice();
  change(octets);
  return { ...datagram, octets };
}

/** Cut off, and with a header that says so, or does not. */
function resized(datagram: Datagram, length: number, isTold: boolean): Datagram {
  const octets = datagram.octets.slice(0, length);
  if (isTold && length >= 28) new DataView(octets.buffer).setUint32(24, length);
  return { ...datagram, octets };
}
