/**
 * What a day says of its gateway: whether memory grew with what was served, and whether all is gone that it kept of clients.
 *
 * @module
 */
import type { Day, HourReport } from "./day.ts";

export interface DayReport {
  readonly hours: number;
  readonly users: number;
  readonly handshakes: number;
  /** Octets after a collection: the least of the second and the third hour, of the last two, and when everybody had gone. */
  readonly first_octets: number;
  readonly last_octets: number;
  readonly after_octets: number;
  /** `last_octets` less `first_octets`, and how much that may be. */
  readonly growth_octets: number;
  readonly allowed_octets: number;
  readonly ticket_key_rotations: number;
  readonly happened: Day["happened"];
  /** What is wrong, for people; nothing: the day is passed. */
  readonly faults: readonly string[];
}

/** What the engine still learns of code that runs seldom, after two hours: it does not grow with what is served. */
const ALLOWED_OCTETS = 80 << 10;
/** Of each handshake. The least object that can be kept of one takes more. */
const ALLOWED_OCTETS_A_HANDSHAKE = 8;
const FIRST_HOUR = 2;
const COMPARED_HOURS = 2;

/** What a day that misses one of them does not show. */
const EXPECTED = [
  "ike-sa-up",
  "ike-sa-rekeyed",
  "child-sa-rekeyed",
  "ticket-issued",
  "ticket-revoked",
  "ticket-refused",
  "half-open-ended",
  "ike-sa-down replaced-by-resumption",
  "ike-sa-down deleted-by-peer",
  "ike-sa-down no-answer",
];

export function dayReport(day: Day): DayReport {
  const { hours, users, after, happened, ticket_key_rotations } = day;
  const first = hours.slice(FIRST_HOUR - 1, FIRST_HOUR - 1 + COMPARED_HOURS);
  const last = hours.slice(-COMPARED_HOURS);
  const [first_octets, last_octets] = [leastOf(first), leastOf(last)];
  const handshakes = after.handshakes;
  const between = last.at(-1)!.handshakes - first[0].handshakes;
  const growth_octets = last_octets - first_octets;
  const allowed_octets = ALLOWED_OCTETS + ALLOWED_OCTETS_A_HANDSHAKE * between;
  const faults = [
    ...(growth_octets > allowed_octets
      ? [`memory grew by ${growth_octets} octets in ${between} handshakes, expected ${allowed_octets} at most`]
      : []),
    ...(after.octets > first_octets
      ? [`${after.octets} octets when everybody had gone, expected no more than the ${first_octets} with everybody there`]
      : []),
    ...hours.flatMap((hour) => faultsOfHour(hour, users)),
    ...Object.entries(day.left).map(([name, value]) => `${name} is ${value} when everybody had gone, expected 0`),
    ...(day.names_given_up > 0 ? [`${day.names_given_up} used or revoked tickets were not forgotten in time`] : []),
    ...EXPECTED.filter((name) => !happened[name]).map((name) => `there was no ${name}: the day shows nothing of it`),
    ...(ticket_key_rotations === 0 ? ["no ticket key was rotated: the day shows nothing of it"] : []),
    ...day.faults,
  ];
  return {
    hours: hours.length,
    users,
    handshakes,
    first_octets,
    last_octets,
    after_octets: after.octets,
    growth_octets,
    allowed_octets,
    ticket_key_rotations,
    happened,
    faults,
  };
}

function leastOf(hours: readonly HourReport[]): number {
  return Math.min(...hours.map(({ octets }) => octets));
}

/** At the end of every hour those are up that stay, and nobody else: whoever came once has left, or was found to be gone. */
function faultsOfHour({ hour, up, half_open }: HourReport, users: number): string[] {
  return [
    ...(up === users ? [] : [`${up} IKE SAs are up after hour ${hour}, expected ${users}`]),
    ...(half_open === 0 ? [] : [`${half_open} IKE SAs are half-open after hour ${hour}, expected none`]),
  ];
}
