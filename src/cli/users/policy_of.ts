/**
 * The hook of a gateway that has one. What it is made of is loaded for those alone.
 *
 * @module
 */
import type { EventObject } from "../effect_event.ts";
import type { GatewayCommandOptions } from "../stated_gateway.ts";
import type { PolicyHook } from "./policy_hook.ts";
import { hasPolicy } from "./policy_options.ts";

/**
 * @param mayRun nobody is asked before it resolves
 * @throws {UsageError} options contradict each other, or there is no such program
 */
export async function policyOf(
  options: GatewayCommandOptions,
  tell: (event: EventObject) => void,
  complain: (line: string) => void,
  mayRun: Promise<void> = Promise.resolve(),
): Promise<PolicyHook | undefined> {
  const { users } = options;
  if (users === undefined || !hasPolicy(options)) return undefined;
  return (await import("./open_policy.ts")).openPolicy(options, users, tell, complain, mayRun);
}
