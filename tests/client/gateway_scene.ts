/**
 * A gateway on UDP that can be killed and started again on its ports, and what a client needs to come to it.
 *
 * @module
 */
import { parseIdentity } from "../../src/configuration/mod.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import { type InitiatorConfiguration, initiatorConfiguration } from "../../src/ike/policy/initiator_configuration.ts";
import { responderConfiguration, type ResponderOptions } from "../../src/ike/policy/responder_configuration.ts";
import { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import { systemClock } from "../../src/transport/system_clock.ts";

export const SECRET: Uint8Array = new TextEncoder().encode("a secret that both ends hold");

export interface GatewayScene {
  readonly gateway: Gateway;
  readonly address: { readonly address: string; readonly port: number; readonly natPort: number };
  /** What the gateway has told, all its lives together. */
  readonly told: readonly Effect[];
  /** It is gone, without a word. */
  kill(): Promise<void>;
  /** It is there again, with its ticket keys and nothing else. */
  start(change?: Partial<ResponderOptions>): Promise<void>;
}

export async function withGateway(
  body: (scene: GatewayScene) => Promise<void>,
  options: Partial<ResponderOptions> = {},
): Promise<void> {
  const ticketKeys = TicketKeyRing.generate(systemRandom, systemClock().epochSeconds);
  const told: Effect[] = [];
  let ports = { port: 0, natPort: 0 };
  const listen = (change: Partial<ResponderOptions>) =>
    Gateway.listen({
      configuration: responderConfiguration({
        identity: parseIdentity("gateway.example"),
        presharedKeyOf: () => SECRET,
        ticketKeys,
        ...options,
        ...change,
      }),
      addresses: ["127.0.0.1"],
      ...ports,
      onEffect: (effect) => void told.push(effect),
    });
  let gateway = await listen({});
  ports = { port: gateway.local[0].port, natPort: gateway.encapsulatedLocal[0].port };
  try {
    await body({
      get gateway() {
        return gateway;
      },
      address: { address: "127.0.0.1", ...ports },
      told,
      kill: () => gateway.close(),
      async start(change = {}) {
        gateway = await listen(change);
      },
    });
  } finally {
    await gateway.close();
  }
}

export function clientConfiguration(change: Partial<InitiatorConfiguration> = {}): InitiatorConfiguration {
  return initiatorConfiguration({
    identity: parseIdentity("client@example.org"),
    peerIdentity: parseIdentity("gateway.example"),
    presharedKey: SECRET,
    refusalPatienceMs: 10,
    ...change,
  });
}
