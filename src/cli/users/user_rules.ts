/**
 * What may be said of a user, of a group of users, or by a hook that keeps users elsewhere; and what it means to a gateway.
 *
 * @module
 */
import * as v from "valibot";
import { ConfigurationError, parseSelectors } from "../../configuration/mod.ts";
import { type ClientRules, MOST_KEPT, type UniqueIdentities } from "../../ike/policy/client_rules.ts";
import { addressOctets, formatAddress } from "../../ike/message/address.ts";
import type { TrafficSelector } from "../../wire/payload.ts";
import { UsageError } from "../exit_status.ts";

/** What happens with one device more than there may be. */
export type BeyondDevices = "replace" | "refuse";

/** Rules as written down. */
export interface StatedRules {
  readonly remote?: string;
  readonly address?: string | readonly string[];
  readonly pool?: string;
  readonly tickets?: boolean;
  readonly devices?: number;
  readonly beyond_devices?: BeyondDevices;
}

/** Rules as the gateway goes by them. */
export interface UserRules {
  /** Networks behind this client. */
  readonly remote?: readonly TrafficSelector[];
  /** Whether tickets of this client are good. */
  readonly mayResume: boolean;
  readonly rules: ClientRules;
}

/** What a gateway has that rules may name. */
export interface RulesGround {
  /** Names of pools of inner addresses. */
  readonly pools: ReadonlySet<string>;
  /** Whether an address can be given, in text form. */
  readonly isGiven: (address: string) => boolean;
  /** Threads, each with IKE SAs of its own. */
  readonly workers: number;
}

const MOST_DEVICES = 1_000_000;

/** Fields of rules, for schemas. */
export const RULE_ENTRIES: { readonly [Name in keyof Required<StatedRules>]: v.GenericSchema } = {
  remote: v.optional(v.pipe(
    v.string(),
    configured(parseSelectors),
    v.description("Networks behind this user, which no other has, with commas between"),
  )),
  address: v.optional(v.pipe(
    v.union([oneAddress(), v.array(oneAddress())], "text or a list of text"),
    v.description(
      "The user's own inner address, which no other is given: one of each family at most; the user then has one device",
    ),
  )),
  pool: v.optional(v.pipe(v.string(), v.description("The pool of inner addresses, by a name of inner_addresses.pools"))),
  tickets: v.optional(v.pipe(
    v.boolean(),
    v.description("false: no tickets are given, and none are taken: each time a full exchange"),
  )),
  devices: v.optional(v.pipe(
    v.number(),
    v.integer(),
    v.minValue(1),
    v.maxValue(MOST_DEVICES),
    v.description("IKE SAs at once; clients.unique holds where this is not given"),
  )),
  beyond_devices: v.optional(v.pipe(
    v.picklist(["replace", "refuse"]),
    v.description("With one device more: replace (the default: the one that is silent for the longest time goes) or refuse"),
  )),
};

/**
 * What rules mean.
 *
 * @param whose for people: `user "ada@example.org"`
 * @throws {UsageError} they contradict each other, or name what the gateway does not have
 */
export function userRules(stated: StatedRules, whose: string, ground: RulesGround): UserRules {
  const refuse = (words: string): never => {
    throw new UsageError(`${whose}: ${words}`);
  };
  const { remote, pool, tickets = true } = stated;
  const addresses = addressesOf(stated);
  const unique = uniqueOf(stated, addresses.length > 0, refuse);
  if (ground.workers > 1 && unique !== undefined && unique !== "replace") {
    refuse(`devices: holds within one worker, and there are ${ground.workers}: expected 1 that is replaced, or 1 worker`);
  }
  if (pool !== undefined && !ground.pools.has(pool)) {
    refuse(`pool: "${pool}" is none of inner_addresses.pools${listOf(ground.pools)}`);
  }
  const foreign = addresses.find((address) => !ground.isGiven(address));
  if (foreign !== undefined) {
    refuse(`address: ${foreign} is not of inner_addresses.ranges or pools, expected one that can be given`);
  }
  if (new Set(addresses.map((address) => address.includes(":"))).size < addresses.length) {
    refuse("address: two of one family, expected one of each at most");
  }
  const innerAddress = {
    ...(pool !== undefined && { pool }),
    ...(addresses.length > 0 && { addresses }),
  };
  return {
    ...(remote !== undefined && { remote: parseSelectors(remote) }),
    mayResume: tickets,
    rules: {
      ...(unique !== undefined && { uniqueIdentities: unique }),
      ...(pool !== undefined || addresses.length > 0 ? { innerAddress } : {}),
      ...(!tickets && { issueTickets: false }),
    },
  };
}

/** In the one form in which addresses are compared. */
export function addressesOf({ address = [] }: StatedRules): readonly string[] {
  return (typeof address === "string" ? [address] : address).map((text) => formatAddress(addressOctets(text)));
}

function uniqueOf(
  { devices, beyond_devices }: StatedRules,
  hasAddress: boolean,
  refuse: (words: string) => never,
): UniqueIdentities | undefined {
  if (hasAddress && devices !== undefined && devices > 1) refuse(`devices: ${devices} cannot have one address, expected 1`);
  if (beyond_devices !== undefined && devices === undefined && !hasAddress) refuse("beyond_devices: without devices");
  const most = devices ?? (hasAddress ? 1 : undefined);
  if (most === undefined) return undefined;
  if (beyond_devices !== "refuse") return most === 1 ? "replace" : most;
  if (most > MOST_KEPT) refuse(`devices: ${most} with beyond_devices = "refuse", expected at most ${MOST_KEPT}`);
  return most === 1 ? "keep" : { keep: most };
}

function listOf(names: ReadonlySet<string>): string {
  return names.size === 0 ? "" : `, which are ${[...names].join(", ")}`;
}

function oneAddress() {
  return v.pipe(v.string(), configured(addressOctets));
}

/** A check by a parser of the program's, whose words are told. */
export function configured(parse: (text: string) => unknown): v.RawCheckAction<string> {
  return v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    try {
      parse(dataset.value);
    } catch (error) {
      if (!(error instanceof ConfigurationError || error instanceof RangeError)) throw error;
      addIssue({ message: error.message });
    }
  });
}
