/**
 * Users of a gateway as its configuration file names them: `[[user]]` and `[[group]]`, in the file itself or in those that it includes.
 *
 * @module
 */
import * as v from "valibot";
import { keyOfWhom } from "../users/user_pattern.ts";
import { configured, RULE_ENTRIES, type StatedRules } from "../users/user_rules.ts";

/** A user as written down. */
export interface UserEntry extends StatedRules {
  readonly id: string;
  readonly psk_file?: string;
  readonly eap_password_file?: string;
  readonly group?: string;
  readonly enabled?: boolean;
}

/** A group of users: what holds for each of them that says nothing else. */
export interface GroupEntry extends Omit<StatedRules, "remote" | "address"> {
  readonly name: string;
  readonly enabled?: boolean;
}

const { remote, address, ...OF_ALL } = RULE_ENTRIES;

const ENABLED = v.optional(v.pipe(
  v.boolean(),
  v.description("false: refused, by secret and by ticket, and ended where up"),
));

const ENTRIES = {
  id: v.pipe(
    v.string(),
    configured(keyOfWhom),
    v.description(
      "Who the user is: user@host, a host name, an IP address, or keyid:…, as in --identity; or who all are: *@domain, *.domain, or *",
    ),
  ),
  psk_file: v.optional(v.pipe(
    v.string(),
    v.description("The shared key of this user, in a file of mode 0600"),
  )),
  eap_password_file: v.optional(v.pipe(
    v.string(),
    v.description("The password of this user for EAP-MSCHAPv2, in a file of mode 0600: one line, without its end"),
  )),
  group: v.optional(v.pipe(v.string(), v.description("The group whose fields hold where this user has none of its own"))),
  enabled: ENABLED,
  remote,
  address,
  ...OF_ALL,
};

const GROUP_ENTRIES = {
  name: v.pipe(v.string(), v.description("By which users name it")),
  enabled: ENABLED,
  ...OF_ALL,
};

/** What a user may say. */
export const USER_SCHEMA: v.GenericSchema<unknown, UserEntry> = v.strictObject(ENTRIES) as v.GenericSchema<unknown, UserEntry>;

/** What a group may say. */
export const GROUP_SCHEMA: v.GenericSchema<unknown, GroupEntry> = v.strictObject(GROUP_ENTRIES) as v.GenericSchema<
  unknown,
  GroupEntry
>;

/** Keys of such entries, by the array of tables that they stand in. */
export const ENTRY_KEYS: { readonly [array: string]: readonly string[] } = {
  user: Object.keys(ENTRIES),
  group: Object.keys(GROUP_ENTRIES),
};
