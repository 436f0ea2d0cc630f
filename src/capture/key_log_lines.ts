/**
 * The lines of a key log, which is Wireshark's `ikev2_decryption_table`: SPIi, SPIr, SK_ei, SK_er, cipher, SK_ai, SK_ar, integrity algorithm.
 *
 * @module
 */
import { integrityKeyLength, type Protection } from "../crypto/algorithms.ts";
import { protectionOfNames } from "../crypto/decryption_table_names.ts";
import { fromHexadecimal } from "../wire/hexadecimal.ts";

/** Keys of one IKE SA. All of them are secret. */
export interface LoggedKeys {
  /** The algorithms that they are for. */
  readonly protection: Protection;
  /** SK_ei and SK_er, each with its salt behind it. */
  readonly encryption: { readonly initiator: Uint8Array; readonly responder: Uint8Array };
  /** SK_ai and SK_ar; empty with an AEAD. */
  readonly integrity: { readonly initiator: Uint8Array; readonly responder: Uint8Array };
}

/** What a key log holds. */
export interface LoggedKeysFound {
  /** Keys by {@link spisName}; several for one pair of SPIs, where more than one line has it. */
  readonly keys: ReadonlyMap<string, readonly LoggedKeys[]>;
  /** A line for each line of the log that says nothing useful. No key stands in it. */
  readonly faults: readonly string[];
}

const FIELDS = 8;
/** Lines of one pair of SPIs that are tried: the last ones count. */
const MOST_FOR_ONE = 8;
const MOST_FAULTS = 100;
/** Nothing in a line is longer: keys of 64 octets, and names. */
const LONGEST_LINE = 1_024;

/** Names an IKE SA: both SPIs, 16 lower-case digits each, with a comma between. */
export function spisName(initiatorSpi: string, responderSpi: string): string {
  return `${initiatorSpi},${responderSpi}`.toLowerCase();
}

/** Reads a key log. Never throws: what is wrong with a line is told, and the others count. */
export function parseKeyLog(text: string): LoggedKeysFound {
  const keys = new Map<string, LoggedKeys[]>();
  const faults: string[] = [];
  let number = 0;
  for (const line of linesOf(text)) {
    number++;
    if (line.trim() === "" || line.startsWith("#")) continue;
    const found = line.length > LONGEST_LINE ? `longer than ${LONGEST_LINE} characters` : readLine(line);
    if (typeof found === "string") {
      if (faults.length < MOST_FAULTS) faults.push(`line ${number}: ${found}`);
      continue;
    }
    const ofSpis = keys.get(found.name) ?? [];
    keys.set(found.name, [...ofSpis, found.keys].slice(-MOST_FOR_ONE));
  }
  return { keys, faults };
}

function* linesOf(text: string): Generator<string> {
  for (let from = 0; from < text.length;) {
    const end = text.indexOf("\n", from);
    yield text.slice(from, end < 0 ? text.length : end).replace(/\r$/, "");
    from = end < 0 ? text.length : end + 1;
  }
}

/** A text: what is wrong with the line. */
function readLine(line: string): { readonly name: string; readonly keys: LoggedKeys } | string {
  const fields = line.split(",").map((field) => field.trim().replace(/^"(.*)"$/, "$1"));
  if (fields.length !== FIELDS) return `${fields.length} fields, expected ${FIELDS} with commas between`;
  const [initiatorSpi, responderSpi, ei, er, encryption, ai, ar, integrity] = fields;
  if (![initiatorSpi, responderSpi].every((spi) => /^[0-9a-f]{16}$/i.test(spi))) return "an SPI is not 16 hexadecimal digits";
  const protection = protectionOfNames({ encryption, integrity });
  if (protection === undefined) return `"${encryption}" with "${integrity}" is not known here`;
  const encryptionLength = protection.keyLength + protection.encryption.saltLength;
  const integrityLength = integrityKeyLength(protection);
  const [skEi, skEr] = [ei, er].map((digits) => octetsOf(digits, encryptionLength));
  const [skAi, skAr] = [ai, ar].map((digits) => octetsOf(digits, integrityLength));
  if (!skEi || !skEr) return `an encryption key is not ${encryptionLength} octets in hexadecimal, its salt included`;
  if (!skAi || !skAr) return `an integrity key is not ${integrityLength} octets in hexadecimal`;
  return {
    name: spisName(initiatorSpi, responderSpi),
    keys: {
      protection,
      encryption: { initiator: skEi, responder: skEr },
      integrity: { initiator: skAi, responder: skAr },
    },
  };
}

/** `undefined`: not so many octets. */
function octetsOf(digits: string, length: number): Uint8Array | undefined {
  // As Wireshark writes it, and as it may be left empty.
  const plain = digits.replace(/^0x/i, "");
  if (length === 0) return plain === "" ? new Uint8Array() : undefined;
  const octets = fromHexadecimal(plain);
  return octets?.length === length ? octets : undefined;
}
