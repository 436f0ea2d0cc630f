/**
 * Options about Child SAs, which `gateway` and `connect` share.
 *
 * @module
 */
import type { Command } from "commander";
import type { ChildSaRules } from "../ike/policy/child_sa_rules.ts";
import { wholeNumber } from "./option_values.ts";

export interface ChildSaOptions {
  readonly childLifetime?: number;
  readonly childLifetimeOctets?: number;
  readonly childLifetimePackets?: number;
  readonly childSaLimit?: number;
  readonly transportMode?: boolean;
  readonly tfcPadding: boolean;
  readonly nonFirstFragments?: boolean;
  readonly remakeChildSa?: boolean;
}

const LONGEST_SECONDS = 30 * 86_400;

export function addChildSaOptions(command: Command): Command {
  return command
    .option(
      "--child-lifetime <seconds>",
      "rekey a Child SA in the last fifth of that time, and delete one that the other end does not rekey; not given: for ever",
      wholeNumber(10, LONGEST_SECONDS),
    )
    .option(
      "--child-lifetime-octets <count>",
      "the same by the octets that it has carried, both directions together, as Linux counts them (--xfrm)",
      wholeNumber(1_000_000, Number.MAX_SAFE_INTEGER),
    )
    .option(
      "--child-lifetime-packets <count>",
      "the same by packets",
      wholeNumber(1_000, Number.MAX_SAFE_INTEGER),
    )
    .option(
      "--child-sa-limit <count>",
      "Child SAs beside each other on one IKE SA at most; beyond, NO_ADDITIONAL_SAS (default: 16)",
      wholeNumber(1, 256),
    )
    .option("--transport-mode", "transport mode, where the other end agrees and no NAT stands between; otherwise tunnel mode")
    .option("--no-tfc-padding", "tell the other end that packets with TFC padding are not taken")
    .option("--non-first-fragments", "let fragments pass by Child SAs whose selectors have ports, where the other end agrees");
}

/** What was given; what was not is left to the defaults of the state machines. */
export function statedChildSaOptions(options: ChildSaOptions): Partial<ChildSaRules> {
  return {
    ...(options.childLifetime !== undefined && { lifetimeSeconds: options.childLifetime }),
    ...(options.childLifetimeOctets !== undefined && { lifetimeOctets: options.childLifetimeOctets }),
    ...(options.childLifetimePackets !== undefined && { lifetimePackets: options.childLifetimePackets }),
    ...(options.childSaLimit !== undefined && { limit: options.childSaLimit }),
    ...(options.transportMode && { transportMode: true }),
    ...(options.tfcPadding ? {} : { tfcPadding: false }),
    ...(options.nonFirstFragments && { nonFirstFragments: true }),
    ...(options.remakeChildSa === false && { remake: false }),
  };
}
