/**
 * Forms of resumption as people write them: a name, and behind it, with colons, those of its numbers that are not the usual ones.
 *
 * @module
 */
import { failover03, FAILOVER_03_NUMBERS } from "../ike/profiles/failover_03.ts";
import { resumption00, RESUMPTION_00_NUMBERS } from "../ike/profiles/resumption_00.ts";
import type { ResumptionProfile } from "../ike/profiles/resumption_profile.ts";
import { RFC_5723 } from "../ike/profiles/rfc5723.ts";
import { TICKET_FORMAT_NAMES } from "../ticket/ticket_format.ts";
import { ConfigurationError } from "./configuration_error.ts";

const EXPECTED = `expected ${TICKET_FORMAT_NAMES.join(", ")}, and numbers as in failover-03:exchange=241`;

/**
 * One form: `rfc5723`, `failover-03`, `resumption-00`, `failover-03:exchange=241:nack=50000`.
 *
 * @throws {ConfigurationError} it is not known, or has no such number, or one that is not for private use.
 */
export function parseProfile(text: string): ResumptionProfile {
  const [name, ...fields] = text.trim().split(":");
  switch (name) {
    case "rfc5723":
      if (fields.length > 0) {
        throw new ConfigurationError(`profile ${text}: the numbers of rfc5723 are assigned, expected none`);
      }
      return RFC_5723;
    case "failover-03":
      return made(text, () => failover03(numbersOf(text, fields, FAILOVER_03_NUMBERS)));
    case "resumption-00":
      return made(text, () => resumption00(numbersOf(text, fields, RESUMPTION_00_NUMBERS)));
    default:
      throw new ConfigurationError(`profile ${text}: not known, ${EXPECTED}`);
  }
}

/**
 * Several, with commas between, each once.
 *
 * @throws {ConfigurationError} as {@link parseProfile}.
 */
export function parseProfiles(text: string): readonly ResumptionProfile[] {
  return text.split(",").map(parseProfile);
}

function numbersOf<Numbers extends object>(text: string, fields: readonly string[], known: Numbers): Partial<Numbers> {
  const numbers: Record<string, number> = {};
  for (const field of fields) {
    const [, name, number] = /^(\w+)=(\d{1,5})$/.exec(field) ?? [];
    if (name === undefined || !Object.hasOwn(known, name)) {
      throw new ConfigurationError(`profile ${text}: "${field}" is no number of it, expected ${Object.keys(known).join(", ")}`);
    }
    numbers[name] = Number(number);
  }
  return numbers as Partial<Numbers>;
}

function made(text: string, make: () => ResumptionProfile): ResumptionProfile {
  try {
    return make();
  } catch (error) {
    if (error instanceof RangeError) throw new ConfigurationError(`profile ${text}: ${error.message}`);
    throw error;
  }
}
