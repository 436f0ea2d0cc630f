/**
 * Users of a gateway as its configuration file names them: `[[user]]`, in the file itself or in those that it includes.
 *
 * @module
 */
import * as v from "valibot";
import { ConfigurationError, parseIdentity, parseSelectors } from "../../configuration/mod.ts";

/** A user as written down. */
export interface UserEntry {
  readonly id: string;
  readonly psk_file?: string;
  readonly eap_password_file?: string;
  readonly remote?: string;
}

const ENTRIES = {
  id: v.pipe(
    v.string(),
    configured(parseIdentity),
    v.description("Who the user is: user@host, a host name, an IP address, or keyid:…, as in --identity"),
  ),
  psk_file: v.optional(v.pipe(
    v.string(),
    v.description("The shared key of this user, in a file of mode 0600"),
  )),
  eap_password_file: v.optional(v.pipe(
    v.string(),
    v.description("The password of this user for EAP-MSCHAPv2, in a file of mode 0600: one line, without its end"),
  )),
  remote: v.optional(v.pipe(
    v.string(),
    configured(parseSelectors),
    v.description("Networks behind this user, which no other has, with commas between"),
  )),
};

export const USER_SCHEMA: v.GenericSchema<unknown, UserEntry> = v.strictObject(ENTRIES) as v.GenericSchema<unknown, UserEntry>;

export const USER_KEYS: readonly string[] = Object.keys(ENTRIES);

function configured(parse: (text: string) => unknown): v.RawCheckAction<string> {
  return v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    try {
      parse(dataset.value);
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      addIssue({ message: error.message });
    }
  });
}
