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

/** A turn under way, as the client has it: whoever has it tells what came out, and when it is over. */
export interface UnderWay {
  /** Each outcome as it is there; what the client does after the last is not counted. */
  tell(outcome: LoadOutcome): void;
  /** Goes on after so many milliseconds, or when the time of the load is over. */
  pause(milliseconds: number, goOn: () => void): void;
  /** The client is free. To be called once, as the last. */
  end(): void;
}

export type Turn = (client: LoadClient, underWay: UnderWay) => void;

/** @param holdMs how long a client that flaps stays up */
export function turnOf(scenario: TurnName, holdMs: number): Turn {
  switch (scenario) {
    case "full":
      return (client, underWay) =>
        client.comeUp(false, (outcome) => {
          underWay.tell(outcome);
          client.leave(() => underWay.end());
        });
    case "resume":
      return (client, underWay) =>
        client.comeUp(true, (outcome) => {
          underWay.tell(outcome);
          client.vanish();
          underWay.end();
        });
    case "flap":
      return (client, underWay) =>
        client.comeUp(true, (outcome) => {
          underWay.tell(outcome);
          const vanish = () => {
            client.vanish();
            underWay.end();
          };
          if (outcome.ok) underWay.pause(holdMs, vanish);
          else vanish();
        });
    case "rekey":
      return (client, underWay) =>
        client.isUp ? client.rekey((outcome) => toldAndOver(outcome, underWay)) : comeUpToStay(client, underWay);
    case "roam":
      return (client, underWay) =>
        client.isUp ? client.roam((outcome) => toldAndOver(outcome, underWay)) : comeUpToStay(client, underWay);
  }
}

function comeUpToStay(client: LoadClient, underWay: UnderWay): void {
  client.comeUp(true, (outcome) => toldAndOver(outcome, underWay));
}

function toldAndOver(outcome: LoadOutcome, underWay: UnderWay): void {
  underWay.tell(outcome);
  underWay.end();
}
