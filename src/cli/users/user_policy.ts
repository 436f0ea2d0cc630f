/**
 * The policy of a gateway that knows users: by its configuration file first, and then by whoever keeps the others elsewhere.
 *
 * @module
 */
import { formatAddress } from "../../ike/message/address.ts";
import type { ResponderOptions } from "../../ike/responder.ts";
import type { Identity } from "../../ticket/identity.ts";
import type { GatewayUsers } from "../gateway_users.ts";
import type { Decision } from "./kept_decisions.ts";
import type { PolicyHook } from "./policy_hook.ts";

type UserPolicy = Pick<ResponderOptions, "authorize" | "authorizeResumption" | "rulesOf" | "remoteSelectorsOf">;

/** Nothing is said of a client: what holds for all holds for it. */
const NO_RULES: NonNullable<Decision> = { mayResume: true, rules: {} };

/**
 * @param hook is asked about whoever is none of `users`
 * @param networksOf what the command line says is behind a client
 */
export function userPolicy(
  users: GatewayUsers,
  hook: PolicyHook | undefined,
  networksOf: ResponderOptions["remoteSelectorsOf"],
): UserPolicy {
  const decide = (identity: Identity): Decision | Promise<Decision> => {
    const own = users.rulesOf(identity);
    if (own !== undefined) return users.mayCome(identity) ? own : undefined;
    if (hook !== undefined) return hook.decide(identity);
    return users.areAll ? undefined : NO_RULES;
  };
  /** What was decided, once it was. */
  const decided = (identity: Identity): Decision =>
    users.rulesOf(identity) ?? (hook === undefined ? NO_RULES : hook.known(identity));
  const hasNetworks = networksOf !== undefined || hook !== undefined || users.haveNetworks;
  return {
    authorize: ({ identity }) => when(decide(identity), (decision) => decision && {}),
    authorizeResumption: ({ identity }) => when(decide(identity), (decision) => decision?.mayResume === true),
    rulesOf: (identity) => {
      const decision = decided(identity);
      if (decision === undefined) throw new Error("policy: what was decided is not known any more");
      return decision.rules;
    },
    ...(hasNetworks && {
      remoteSelectorsOf: (identity) => {
        const decision = decided(identity);
        return decision === undefined ? [] : decision.remote ?? networksOf?.(identity);
      },
    }),
  };
}

/** Whether an inner address, 4 or 16 octets, is one user's own. */
export function reservedFor(users: GatewayUsers): (address: Uint8Array) => boolean {
  return (address) => users.isReserved(formatAddress(address));
}

/** At once, where that can be: whoever answers at once is served together with others. */
function when<T, R>(value: T | Promise<T>, then: (value: T) => R): R | Promise<R> {
  return value instanceof Promise ? value.then(then) : then(value);
}
