/**
 * A gateway that serves every form of resumption at once, and clients of each.
 *
 * @module
 */
import type { InitiatorOptions } from "../../src/ike/initiator.ts";
import { failover03 } from "../../src/ike/profiles/failover_03.ts";
import { resumption00 } from "../../src/ike/profiles/resumption_00.ts";
import type { ResumptionProfile } from "../../src/ike/profiles/resumption_profile.ts";
import { RFC_5723 } from "../../src/ike/profiles/rfc5723.ts";
import { loadProvider } from "../../src/providers/mod.ts";
import type { ClientTicket } from "../../src/ticket/client_ticket.ts";
import { copyOf } from "./coming_back.ts";
import { effectsOf, type SimulatedClient, Simulation, type SimulationOptions } from "./simulation.ts";

export const FAILOVER_03: ResumptionProfile = failover03();
export const RESUMPTION_00: ResumptionProfile = resumption00();
export const PROFILES: readonly ResumptionProfile[] = [RFC_5723, FAILOVER_03, RESUMPTION_00];

export interface Scene {
  readonly simulation: Simulation;
  /** Up, with a ticket of the profile. */
  readonly client: SimulatedClient;
  /** A copy of that: SK_d of the client's own is wiped once it was used. */
  readonly ticket: ClientTicket;
}

/** A client that is up, and has a ticket of the profile. */
export async function profileScene(
  profile: ResumptionProfile,
  { gateway, ...options }: Partial<SimulationOptions> = {},
  client: Partial<InitiatorOptions> = {},
): Promise<Scene> {
  const simulation = new Simulation({
    provider: await loadProvider("ts"),
    ...options,
    gateway: { profiles: PROFILES, childless: true, ...gateway },
  });
  const up = await simulation.clientWithTicket({ profile, ...client });
  return { simulation, client: up, ticket: copyOf(up.ticket) };
}

/** The client begins to come back: its first message is under way. */
export async function presents(
  { simulation, client }: Pick<Scene, "simulation" | "client">,
  ticket: ClientTicket,
  profile: ResumptionProfile,
  options: Partial<InitiatorOptions> = {},
): Promise<SimulatedClient> {
  const again = simulation.addClient({ profile, identity: client.ticket.initiatorId, ...options }, ticket);
  await simulation.start(again);
  return again;
}

/** The same, until nothing is left to happen. */
export async function returns(
  scene: Pick<Scene, "simulation" | "client">,
  ticket: ClientTicket,
  profile: ResumptionProfile,
  options: Partial<InitiatorOptions> = {},
): Promise<SimulatedClient> {
  const again = await presents(scene, ticket, profile, options);
  await scene.simulation.run();
  return again;
}

/** What the gateway told of refused tickets. */
export function refusals(simulation: Simulation): string[] {
  return effectsOf(simulation.gatewayEffects, "ticket-refused").map(({ reason }) => reason);
}
