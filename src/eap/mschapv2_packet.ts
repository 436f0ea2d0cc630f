/**
 * The Type-Data of EAP-MSCHAPv2 (draft-kamath-pppext-eap-mschapv2-02, section 2): an operation, an identifier, a length over both, and what
 * belongs to it.
 *
 * @module
 */
import { CHALLENGE_LENGTH, RESPONSE_LENGTH } from "./mschapv2_keys.ts";

export const MSCHAPV2_TYPE = 26;
export const Operation = { CHALLENGE: 1, RESPONSE: 2, SUCCESS: 3, FAILURE: 4 } as const;

const HEADER_LENGTH = 4;
const RESERVED_LENGTH = 8;
/** Peer's challenge, reserved octets, response, flags. */
const RESPONSE_VALUE_LENGTH = CHALLENGE_LENGTH + RESERVED_LENGTH + RESPONSE_LENGTH + 1;
/** Octets of a name: what is longer is nobody's. */
const LONGEST_NAME = 255;

export function challengePacket(identifier: number, challenge: Uint8Array, name: Uint8Array): Uint8Array {
  return packet(Operation.CHALLENGE, identifier, [CHALLENGE_LENGTH], challenge, name);
}

export function readChallenge(
  typeData: Uint8Array,
): { readonly identifier: number; readonly challenge: Uint8Array } | undefined {
  const content = contentOf(typeData, Operation.CHALLENGE);
  if (content === undefined || content[0] !== CHALLENGE_LENGTH || content.length < 1 + CHALLENGE_LENGTH) return undefined;
  return { identifier: typeData[1], challenge: content.slice(1, 1 + CHALLENGE_LENGTH) };
}

export function responsePacket(identifier: number, challenge: Uint8Array, response: Uint8Array, name: Uint8Array): Uint8Array {
  const value = new Uint8Array(RESPONSE_VALUE_LENGTH);
  value.set(challenge);
  value.set(response, CHALLENGE_LENGTH + RESERVED_LENGTH);
  return packet(Operation.RESPONSE, identifier, [RESPONSE_VALUE_LENGTH], value, name);
}

/** What a peer answers a challenge with; hostile. */
export interface ReceivedResponse {
  readonly challenge: Uint8Array;
  readonly response: Uint8Array;
  readonly name: Uint8Array;
}

export function readResponse(typeData: Uint8Array, identifier: number): ReceivedResponse | undefined {
  const content = contentOf(typeData, Operation.RESPONSE);
  if (content === undefined || typeData[1] !== identifier || content[0] !== RESPONSE_VALUE_LENGTH) return undefined;
  const name = content.subarray(1 + RESPONSE_VALUE_LENGTH);
  if (content.length < 1 + RESPONSE_VALUE_LENGTH || name.length === 0 || name.length > LONGEST_NAME) return undefined;
  const start = 1 + CHALLENGE_LENGTH + RESERVED_LENGTH;
  return {
    challenge: content.slice(1, 1 + CHALLENGE_LENGTH),
    response: content.slice(start, start + RESPONSE_LENGTH),
    name: name.slice(),
  };
}

/** "S=", 40 digits, and a word for people. */
export function successPacket(identifier: number, authenticator: Uint8Array): Uint8Array {
  const digits = Array.from(authenticator, (octet) => octet.toString(16).padStart(2, "0")).join("").toUpperCase();
  return packet(Operation.SUCCESS, identifier, new TextEncoder().encode(`S=${digits} M=OK`));
}

/** The 20 octets behind "S="; `undefined`: it is no Success. */
export function readSuccess(typeData: Uint8Array): Uint8Array | undefined {
  const content = contentOf(typeData, Operation.SUCCESS);
  const digits = content && /^S=([0-9A-Fa-f]{40})( |$)/.exec(String.fromCharCode(...content.subarray(0, 43)))?.[1];
  return digits === undefined ? undefined : Uint8Array.from(digits.match(/../g)!, (pair) => parseInt(pair, 16));
}

/** The peer's word that it has seen Success or Failure: the operation alone. */
export function acknowledgement(operation: number): Uint8Array {
  return Uint8Array.of(operation);
}

export function isAcknowledgement(typeData: Uint8Array): boolean {
  return typeData[0] === Operation.SUCCESS;
}

function packet(operation: number, identifier: number, ...parts: readonly ArrayLike<number>[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, HEADER_LENGTH);
  const octets = new Uint8Array(length);
  octets.set([operation, identifier, length >> 8, length & 0xff]);
  let at = HEADER_LENGTH;
  for (const part of parts) {
    octets.set(part, at);
    at += part.length;
  }
  return octets;
}

/** `undefined`: another operation, or a length that is not the packet's. */
function contentOf(typeData: Uint8Array, operation: number): Uint8Array | undefined {
  if (typeData.length < HEADER_LENGTH || typeData[0] !== operation) return undefined;
  return (typeData[2] << 8 | typeData[3]) === typeData.length ? typeData.subarray(HEADER_LENGTH) : undefined;
}
