/**
 * A gateway whose clients prove themselves by EAP.
 *
 * @module
 */
import type { CryptoProvider } from "../../src/crypto/provider.ts";
import type { InitiatorOptions } from "../../src/ike/initiator.ts";
import type { ResponderOptions } from "../../src/ike/responder.ts";
import type { Identity } from "../../src/ticket/identity.ts";
import { type EapChallengeOptions, EapChallengePeer, EapChallengeServer } from "./eap_challenge.ts";
import { SeededRandom } from "./seeded_random.ts";
import { PRESHARED_KEY, type SimulatedClient, Simulation } from "./simulation.ts";

export const EAP_SECRET: Uint8Array = new TextEncoder().encode("a secret of the EAP method alone");

export interface EapSceneOptions {
  readonly provider: CryptoProvider;
  readonly seed?: number;
  /** What the gateway's method does. */
  readonly server?: Partial<EapChallengeOptions> & { readonly identity?: Identity };
  readonly eap?: Partial<NonNullable<ResponderOptions["eap"]>>;
  readonly gateway?: Partial<ResponderOptions>;
}

/** No client has a shared key of its own here. */
export function eapSimulation({ provider, seed, server = {}, eap = {}, gateway = {} }: EapSceneOptions): Simulation {
  const random = new SeededRandom(99).octets;
  return new Simulation({
    provider,
    seed,
    gateway: {
      presharedKeyOf: () => undefined,
      eap: {
        methodFor: () => new EapChallengeServer({ secret: EAP_SECRET, random, ...server }),
        admits: () => true,
        gatewayKey: PRESHARED_KEY,
        exposeGatewayKeyToOfflineGuessing: true,
        ...eap,
      },
      ...gateway,
    },
  });
}

/** What makes a client come by EAP. */
export function byEap(
  peer: Partial<EapChallengeOptions> = {},
  limits: Partial<Omit<NonNullable<InitiatorOptions["eap"]>, "method">> = {},
): { readonly eap: Omit<NonNullable<InitiatorOptions["eap"]>, "method"> & { readonly method: () => EapChallengePeer } } {
  return { eap: { method: () => new EapChallengePeer({ secret: EAP_SECRET, ...peer }), ...limits } };
}

/** A client that has tried to come by EAP, to whatever end. */
export async function eapClient(
  simulation: Simulation,
  peer: Partial<EapChallengeOptions> = {},
  options: Partial<InitiatorOptions> = {},
): Promise<SimulatedClient> {
  const client = simulation.addClient({ ...byEap(peer), ...options });
  await simulation.start(client);
  await simulation.run();
  return client;
}
