/**
 * A secure domain for tests: three gateways with the same ticket keys, each on an address of its own.
 *
 * @module
 */
import { parseIdentity } from "../../src/configuration/mod.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { Gateway, type GatewayOptions } from "../../src/gateway/gateway.ts";
import { responderConfiguration, type ResponderOptions } from "../../src/ike/responder.ts";
import type { GatewayStore } from "../../src/store/gateway_store.ts";
import type { Identity } from "../../src/ticket/identity.ts";
import { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import { systemClock } from "../../src/transport/system_clock.ts";
import { SECRET } from "./gateway_scene.ts";

const ADDRESSES = ["127.0.0.1", "127.0.0.2", "127.0.0.3"];

export interface Domain {
  readonly gateways: readonly Gateway[];
  readonly addresses: readonly { readonly address: string; readonly port: number; readonly natPort: number }[];
  readonly identities: readonly Identity[] | undefined;
  /** One is gone, without a word. */
  kill(place: number): Promise<void>;
  start(place: number): Promise<void>;
}

export interface DomainOptions {
  /** Not given: all of them are gateway.example. */
  readonly identities?: readonly Identity[];
  readonly store?: GatewayStore;
  /** A store of each. */
  readonly storeOf?: (place: number) => GatewayStore;
  /** Where each of them sends its clients. */
  readonly redirectTo?: readonly string[];
  readonly configurationOf?: (place: number) => Partial<ResponderOptions>;
  readonly gateway?: Partial<GatewayOptions>;
}

export async function withDomain(options: DomainOptions, body: (domain: Domain) => Promise<void>): Promise<void> {
  const { identities, redirectTo, store: shared, storeOf = () => shared } = options;
  const ticketKeys = TicketKeyRing.generate(systemRandom, systemClock().epochSeconds);
  let ports = { port: 0, natPort: 0 };
  const listen = (place: number) => {
    const store = storeOf(place);
    return Gateway.listen({
      configuration: responderConfiguration({
        identity: identities?.[place] ?? parseIdentity("gateway.example"),
        presharedKeyOf: () => SECRET,
        ticketKeys,
        ...(redirectTo && { redirectFirst: () => redirectTo[place] }),
        ...options.configurationOf?.(place),
      }),
      ...options.gateway,
      addresses: [ADDRESSES[place]],
      ...ports,
      ...(store && { store }),
    });
  };
  const gateways: Gateway[] = [await listen(0)];
  ports = { port: gateways[0].local[0].port, natPort: gateways[0].encapsulatedLocal[0].port };
  try {
    for (const place of [1, 2]) gateways.push(await listen(place));
    await body({
      gateways,
      addresses: ADDRESSES.map((address) => ({ address, ...ports })),
      identities,
      kill: (place) => gateways[place].close(),
      async start(place) {
        gateways[place] = await listen(place);
      },
    });
  } finally {
    await Promise.all(gateways.map((gateway) => gateway.close()));
  }
}
