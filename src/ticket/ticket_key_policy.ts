/**
 * How long a ticket key serves, and for how many tickets (RFC 5723, sections 6.2 and 9.5).
 *
 * @module
 */
import { DEFAULT_TICKET_ALGORITHM, isTicketAlgorithm, type TicketAlgorithm, type TicketKey } from "./ticket_key.ts";

/**
 * "The key that is used to protect the ticket MUST have a lifetime that is significantly longer than the lifetime of an IKE SA"
 * (RFC 5723, section 6.2): a key seals for at least this many lifetimes of a ticket. Tickets count here in place of IKE SAs:
 * they live no longer, and are what a lost key gives away.
 */
export const KEY_LIFETIME_FACTOR = 4;

/** The longest lifetime of a ticket, whatever the configuration: 30 days, in seconds. */
export const MAXIMUM_TICKET_LIFETIME_SECONDS: number = 30 * 86_400;

const DEFAULT_ROTATION_SECONDS = 7 * 86_400;

/**
 * Random 96-bit IVs allow 2^32 tickets under one key (NIST SP 800-38D, section 8.3). A process counts only its own: 16 gateways of a fleet, or 16
 * starts of one, may each use up the default of 2^28 and stay within that.
 */
export const SEAL_LIMIT_CEILING: number = 2 ** 32;
const DEFAULT_SEAL_LIMIT = 2 ** 28;

/** When a ticket key takes the place of another. */
export interface TicketKeyPolicy {
  /**
   * Whether the ring makes new keys by itself, when the current one is too old or has sealed too much. Not where keys are shared: other gateways
   * would not know them.
   */
  readonly makesKeys: boolean;
  /** How long one key seals, in seconds. `undefined`: the source of the keys decides. */
  readonly rotationSeconds: number | undefined;
  /** Tickets that this process seals under one key: 1 to 2^32. Then the next staged key takes its turn early. */
  readonly sealLimit: number;
  /** The longest lifetime of a ticket, in seconds: a key that was replaced is kept as long, and a little longer for clocks that differ. */
  readonly ticketLifetimeSeconds: number;
  /** The algorithm of keys that the ring makes itself. */
  readonly algorithm: TicketAlgorithm;
}

/**
 * Fills in what is not given.
 *
 * @throws {RangeError} a value is out of range, or the rotation is too fast for the lifetime of tickets.
 */
export function ticketKeyPolicy(stated: Partial<TicketKeyPolicy> = {}): TicketKeyPolicy {
  const makesKeys = stated.makesKeys ?? false;
  const policy: TicketKeyPolicy = {
    makesKeys,
    rotationSeconds: makesKeys
      ? Math.max(DEFAULT_ROTATION_SECONDS, KEY_LIFETIME_FACTOR * (stated.ticketLifetimeSeconds ?? 0))
      : undefined,
    sealLimit: DEFAULT_SEAL_LIMIT,
    ticketLifetimeSeconds: MAXIMUM_TICKET_LIFETIME_SECONDS,
    algorithm: DEFAULT_TICKET_ALGORITHM,
    ...stated,
  };
  checkWholeNumber("sealLimit", policy.sealLimit, 1, SEAL_LIMIT_CEILING);
  checkWholeNumber("ticketLifetimeSeconds", policy.ticketLifetimeSeconds, 1, MAXIMUM_TICKET_LIFETIME_SECONDS);
  if (policy.rotationSeconds !== undefined) checkWholeNumber("rotationSeconds", policy.rotationSeconds, 1, 2 ** 32 - 1);
  else if (makesKeys) {
    throw new RangeError("ticket keys: rotationSeconds is absent, expected a number where the ring makes keys");
  }
  if (!isTicketAlgorithm(policy.algorithm)) throw new RangeError(`ticket keys: algorithm ${policy.algorithm} is unknown`);
  if (stated.ticketLifetimeSeconds !== undefined && policy.rotationSeconds !== undefined) {
    checkKeyLifetime(policy.rotationSeconds, policy.ticketLifetimeSeconds);
  }
  return policy;
}

/** @throws {RangeError} a key that seals for `sealingSeconds` is too short-lived for tickets of that lifetime: why, and what would do. */
export function checkKeyLifetime(sealingSeconds: number, ticketLifetimeSeconds: number): void {
  const least = KEY_LIFETIME_FACTOR * ticketLifetimeSeconds;
  if (sealingSeconds >= least) return;
  throw new RangeError(
    `ticket keys: a key that seals for ${sealingSeconds} s is too short-lived for tickets of ${ticketLifetimeSeconds} s: RFC 5723, section 6.2 ` +
      `asks for far more, and here it is ${KEY_LIFETIME_FACTOR} times as long: at least ${least} s`,
  );
}

/**
 * Whether each staged key comes late enough after the one before it. Only what lies ahead is judged: a key that is replaced at once, because it
 * got lost, is not.
 *
 * @throws {RangeError} why not, and what would do.
 */
export function checkTicketKeySchedule(
  keys: readonly TicketKey[],
  nowEpochSeconds: number,
  ticketLifetimeSeconds: number,
): void {
  const begins = keys.map((key) => key.activeFromEpochSeconds ?? Infinity).filter(Number.isFinite).sort((one, other) =>
    one - other
  );
  for (const [index, begin] of begins.entries()) {
    if (index > 0 && begin > nowEpochSeconds) checkKeyLifetime(begin - begins[index - 1], ticketLifetimeSeconds);
  }
}

function checkWholeNumber(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`ticket keys: ${name} is ${value}, expected a whole number from ${least} to ${most}`);
}
