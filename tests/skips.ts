/**
 * Whether a test may be left out for want of what a machine need not have: programs, vectors, rights.
 *
 * @module
 */
import process from "node:process";

/** With this variable everything has to be there: a skip would hide a broken machine. `.ci/run` sets it; `CI` alone, which every forge sets, asks for nothing. */
export const NO_SKIPS_VARIABLE = "IKE_RESUME_NO_SKIPS";

/** True: a test whose needs are missing has to fail. */
export function skipIsFailure(environment: Readonly<Record<string, string | undefined>> = process.env): boolean {
  return (environment[NO_SKIPS_VARIABLE] ?? "") !== "";
}
