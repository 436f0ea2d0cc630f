/**
 * What a client does each time that it is its turn.
 *
 * @module
 */
import type { LoadClient } from "./load_client.ts";
import type { LoadOutcome } from "./load_outcome.ts";

/** What a turn can be. */
export const MIXED = ["full", "resume", "flap", "rekey", "roam"] as const;
export type TurnName = typeof MIXED[number];
export const SCENARIOS = ["full", "resume", "flap", "rekey", "roam", "churn", "outage"] as const;
export type ScenarioName = typeof SCENARIOS[number];

/** One turn of a client: tells each outcome as it is there; what it does after the last is not counted. */
export type Turn = (client: LoadClient, tell: (outcome: LoadOutcome) => void, pause: Pause) => Promise<void>;

/** Resolves after so many milliseconds, or when the time of the load is over. */
export type Pause = (milliseconds: number) => Promise<void>;

/** @param holdMs how long a client that flaps stays up */
export function turnOf(scenario: TurnName, holdMs: number): Turn {
  switch (scenario) {
    case "full":
      return async (client, tell) => {
        tell(await client.comeUp(false));
        await client.leave();
      };
    case "resume":
      return async (client, tell) => {
        tell(await client.comeUp(true));
        client.vanish();
      };
    case "flap":
      return async (client, tell, pause) => {
        const outcome = await client.comeUp(true);
        tell(outcome);
        if (outcome.ok) await pause(holdMs);
        client.vanish();
      };
    case "rekey":
      return async (client, tell) => tell(client.isUp ? await client.rekey() : await client.comeUp(true));
    case "roam":
      return async (client, tell) => tell(client.isUp ? await client.roam() : await client.comeUp(true));
  }
}
