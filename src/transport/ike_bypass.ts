/**
 * IKE past the policies of Linux's IPsec: where a Child SA is for the very addresses that IKE goes between, IKE does not go by it (RFC 4301, section
 * 4.4.1). Otherwise a peer that has lost its keys could never come back.
 *
 * @module
 */
import { loadLibc } from "./libc/libc.ts";
import { descriptorsOnPort } from "./own_descriptors.ts";

/** Level, option and address family of both kinds of sockets: linux/in.h, linux/in6.h. */
const KINDS = [
  { level: 0, option: 17, family: 2 },
  { level: 41, option: 35, family: 10 },
] as const;
/** Octets of `struct xfrm_userpolicy_info`, and where in it the selector's family and the direction stand; the action "allow" is 0. */
const POLICY_LENGTH = 168;
const FAMILY_OFFSET = 40;
const DIRECTION_OFFSET = 160;
const DIRECTIONS = [0, 1] as const;

/** Says so of all sockets of this process on a port. What is wrong, in one line for people; `undefined`: all is well. */
export function letIkePassPolicies(port: number): string | undefined {
  const choice = loadLibc();
  if ("unavailable" in choice) return `IKE on port ${port} goes by policies: ${choice.unavailable}`;
  try {
    const { libc } = choice;
    const descriptors = descriptorsOnPort(port);
    if (descriptors.length === 0) return `IKE on port ${port} goes by policies: no socket has that port`;
    const isPassing = (descriptor: number) =>
      // A socket takes the option of its own family.
      KINDS.some(({ level, option, family }) =>
        DIRECTIONS.every((direction) =>
          libc.setsockopt(descriptor, level, option, allowAll(family, direction), POLICY_LENGTH) === 0
        )
      );
    return descriptors.every(isPassing)
      ? undefined
      : `IKE on port ${port} goes by policies: Linux refuses a policy of the socket`;
  } catch (error) {
    return `IKE on port ${port} goes by policies: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function allowAll(family: number, direction: number): Uint8Array<ArrayBuffer> {
  const policy = new Uint8Array(POLICY_LENGTH);
  // In the machine's order: a family is less than 256, and every machine that runs this is little-endian.
  policy[FAMILY_OFFSET] = family;
  policy[DIRECTION_OFFSET] = direction;
  return policy;
}
