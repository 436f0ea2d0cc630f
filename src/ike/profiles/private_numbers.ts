/**
 * Numbers for private use, which the drafts' ones have to be (RFC 7296, sections 3.1 and 3.10.1).
 *
 * @module
 */

import { FIRST_PRIVATE_STATUS_TYPE } from "../../wire/constants.ts";

/** Exchange types and notify types for private use, both ends included. */
const EXCHANGES = [240, 255] as const;
const STATUS_TYPES = [FIRST_PRIVATE_STATUS_TYPE, 65_535] as const;

/** @throws {RangeError} one is out of its range, or there twice: which, and what would be right. */
export function checkNumbers(
  profile: string,
  exchanges: Readonly<Record<string, number>>,
  notifies: Readonly<Record<string, number>>,
): void {
  checkRange(profile, exchanges, EXCHANGES);
  checkRange(profile, notifies, STATUS_TYPES);
  const numbers = Object.values(notifies);
  if (new Set(numbers).size < numbers.length) {
    throw new RangeError(`profile ${profile}: two notifies have one number (${numbers.join(", ")}), expected another for each`);
  }
}

function checkRange(
  profile: string,
  numbers: Readonly<Record<string, number>>,
  [least, most]: readonly [number, number],
): void {
  for (const [name, number] of Object.entries(numbers)) {
    if (Number.isInteger(number) && number >= least && number <= most) continue;
    throw new RangeError(`profile ${profile}: ${name} is ${number}, expected ${least} to ${most}`);
  }
}
