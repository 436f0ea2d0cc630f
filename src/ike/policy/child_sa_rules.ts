/**
 * What an end wants of its Child SAs, at a gateway and at a client alike: how long they live, how many there may be, and what packets may look
 * like.
 *
 * @module
 */

/** Made by `childSaRules`, which checks it. */
export interface ChildSaRules {
  /** Seconds that a Child SA lives: it is rekeyed before, or else deleted then. Above 0. Not given: for ever. */
  readonly lifetimeSeconds?: number;
  /** The same in octets of its packets, both directions together, as the program that runs ESP reports them; above 0. Not given: no limit. */
  readonly lifetimeOctets?: number;
  /** The same in packets. */
  readonly lifetimePackets?: number;
  /**
   * Between which two parts of its lifetime a Child SA is rekeyed, each above 0 and below 1; the moment is drawn at random, so that both ends do
   * not begin together (RFC 7296, section 2.8). Default 0.8 to 0.9.
   */
  readonly renewal: readonly [earliest: number, latest: number];
  /**
   * Child SAs that one IKE SA may have beside each other, those not counted whose place another has taken: 1 to 256; default 16. Beyond it the
   * peer gets NO_ADDITIONAL_SAS.
   */
  readonly limit: number;
  /** Client: make another Child SA in the place of one that the gateway deletes. Default true. */
  readonly remake: boolean;
  /**
   * Transport mode (RFC 7296, section 1.3.1): a client asks for it, a gateway grants it where no NAT stands between. An end that does not want it
   * has tunnel mode. Default false.
   */
  readonly transportMode: boolean;
  /** Whether the program that runs ESP accepts packets with TFC padding (RFC 4303, section 2.7). Default true. */
  readonly tfcPadding: boolean;
  /** Whether fragments of packets other than the first may come by a Child SA whose selectors have ports (RFC 4301, section 7). Default false. */
  readonly nonFirstFragments: boolean;
}

/** What holds where nothing is said. */
export const DEFAULT_CHILD_SA_RULES: ChildSaRules = {
  renewal: [0.8, 0.9],
  limit: 16,
  remake: true,
  transportMode: false,
  tfcPadding: true,
  nonFirstFragments: false,
};

const GREATEST_LIMIT = 256;

/**
 * Fills in what is not given.
 *
 * @throws {RangeError} an option is out of range: which, and what would be right.
 */
export function childSaRules(options: Partial<ChildSaRules> = {}): ChildSaRules {
  const rules = { ...DEFAULT_CHILD_SA_RULES, ...options };
  for (const name of ["lifetimeSeconds", "lifetimeOctets", "lifetimePackets"] as const) {
    const value = rules[name];
    if (value !== undefined && !(value > 0)) throw new RangeError(`childSas: ${name} is ${value}, expected more than 0`);
  }
  const [earliest, latest] = rules.renewal;
  if (!(earliest > 0 && earliest <= latest && latest < 1)) {
    throw new RangeError(
      `childSas: renewal is ${earliest} to ${latest}, expected two numbers above 0 and below 1, the lower first`,
    );
  }
  if (!(Number.isInteger(rules.limit) && rules.limit >= 1 && rules.limit <= GREATEST_LIMIT)) {
    throw new RangeError(`childSas: limit is ${rules.limit}, expected a whole number from 1 to ${GREATEST_LIMIT}`);
  }
  return rules;
}
