/**
 * Shared keys and passphrases as people keep them in files: octets, with what editors and other daemons put around them.
 *
 * @module
 */
import { fromHexadecimal } from "../wire/hexadecimal.ts";
import { ConfigurationError } from "./configuration_error.ts";

/**
 * The shared key that a file's octets stand for:
 *
 * - `0x…`: octets in hexadecimal; `0s…`: octets in base64 (both as strongSwan and Libreswan write them, with x and s of either case);
 * - any other text: its octets, without a UTF-8 byte order mark before it and one line end (LF or CR LF) behind it;
 * - octets that are no UTF-8 text: as they are, without one line end.
 *
 * Refused is what would silently be another key than the one that was meant: nothing but blanks, blanks at either end, several lines,
 * quotes around it, a line of `ipsec.secrets`, UTF-16, digits that are none. Octets of any kind can be written after `0x`.
 *
 * @throws {ConfigurationError} what is wrong. No octet of the key is shown.
 */
export function parsePresharedKey(octets: Uint8Array): Uint8Array {
  const secret = parseSecret(octets);
  const text = textOf(secret);
  if (text === undefined) return secret;
  if (/^0x/i.test(text)) {
    return digitsOf(fromHexadecimal(text.slice(2)), "0x, expected an even number of hexadecimal digits");
  }
  if (/^0s/i.test(text)) return digitsOf(fromBase64(text.slice(2)), "0s, expected base64");
  if (/^(["']).*\1$/s.test(text)) {
    throw new ConfigurationError(
      "quotes around it, which would be part of the key; expected the key alone, or 0x and its octets",
    );
  }
  if (/(^|\s):\s*PSK\s/.test(text)) throw new ConfigurationError("a line of ipsec.secrets, expected the key alone");
  return secret;
}

/**
 * The passphrase that a file's octets stand for: as {@link parsePresharedKey}, but always as it stands there.
 *
 * @throws {ConfigurationError} what is wrong, likewise.
 */
export function parseSecret(octets: Uint8Array): Uint8Array {
  if (isUtf16(octets)) throw new ConfigurationError("UTF-16 text, expected UTF-8");
  const unmarked = textOf(octets) !== undefined && startsWith(octets, BYTE_ORDER_MARK) ? octets.subarray(3) : octets;
  const secret = withoutLineEnd(unmarked);
  if (secret.every((octet) => octet === 0)) {
    throw new ConfigurationError(`${secret.length === 0 ? "nothing" : "only zero octets"}, expected a secret`);
  }
  const text = textOf(secret);
  if (text?.trim() === "") throw new ConfigurationError("only blanks and line ends, expected a secret");
  if (text !== undefined && /[\r\n]/.test(text)) throw new ConfigurationError("several lines, expected one");
  if (text !== undefined && text.trim() !== text) {
    throw new ConfigurationError("a blank at its beginning or end, expected none");
  }
  return secret.slice();
}

const BYTE_ORDER_MARK = Uint8Array.of(0xef, 0xbb, 0xbf);
const [LINE_FEED, CARRIAGE_RETURN] = [0x0a, 0x0d];

function withoutLineEnd(octets: Uint8Array): Uint8Array {
  if (octets.at(-1) !== LINE_FEED) return octets;
  return octets.subarray(0, octets.length - (octets.at(-2) === CARRIAGE_RETURN ? 2 : 1));
}

/** `undefined`: the octets are no UTF-8. */
function textOf(octets: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    return undefined;
  }
}

/** Western text as UTF-16 with its byte order mark: every other octet is zero. */
function isUtf16(octets: Uint8Array): boolean {
  const zeros = octets[0] === 0xff && octets[1] === 0xfe ? 1 : octets[0] === 0xfe && octets[1] === 0xff ? 0 : undefined;
  if (zeros === undefined || octets.length < 4 || octets.length % 2 !== 0) return false;
  return octets.every((octet, index) => index < 2 || index % 2 !== zeros || octet === 0);
}

function digitsOf(octets: Uint8Array | undefined, expected: string): Uint8Array {
  if (octets === undefined || octets.length === 0) {
    throw new ConfigurationError(`something else than digits behind ${expected}`);
  }
  return octets;
}

/** Strict: no blanks, padded or not, and no bits that mean nothing. */
function fromBase64(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  try {
    const octets = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const again = btoa(String.fromCharCode(...octets));
    return again.replace(/=+$/, "") === text.replace(/=+$/, "") ? octets : undefined;
  } catch {
    return undefined;
  }
}

function startsWith(octets: Uint8Array, prefix: Uint8Array): boolean {
  return prefix.every((octet, index) => octets[index] === octet);
}
