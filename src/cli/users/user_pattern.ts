/**
 * Whom an entry of a configuration file is about: one identity, or all that match a pattern.
 *
 * @module
 */
import { ConfigurationError, parseIdentity } from "../../configuration/mod.ts";
import { type Identity, identityKey } from "../../ticket/identity.ts";
import { IdType } from "../../wire/constants.ts";

const MAIL = "*@";
const HOSTS = "*.";
const ANYBODY = "*";
const DOMAIN = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i;

/** Whether it is one for several: `*@example.org`, `*.example.org`, or `*`. */
export function isPattern(id: string): boolean {
  return id.startsWith(ANYBODY);
}

/**
 * What names an identity or a pattern: two that mean the same have the same.
 *
 * @throws {ConfigurationError} it is neither.
 */
export function keyOfWhom(id: string): string {
  if (!isPattern(id)) return identityKey(parseIdentity(id));
  const isKnown = id === ANYBODY || (id.startsWith(MAIL) || id.startsWith(HOSTS)) && DOMAIN.test(id.slice(MAIL.length));
  if (!isKnown) {
    throw new ConfigurationError(`pattern "${id}", expected *@domain for mailboxes, *.domain for hosts, or * for all`);
  }
  return id.toLowerCase();
}

/** The names of all that may be about an identity, what is about it alone first, then the longer patterns before the shorter ones. */
export function* keysAbout(identity: Identity): Generator<string, void, undefined> {
  yield identityKey(identity);
  const text = new TextDecoder().decode(identity.identification).toLowerCase();
  if (identity.idType === IdType.ID_RFC822_ADDR) {
    const at = text.lastIndexOf("@");
    if (at >= 0) yield `${MAIL}${text.slice(at + 1)}`;
  }
  if (identity.idType === IdType.ID_FQDN) {
    for (let dot = text.indexOf("."), count = 0; dot >= 0 && count < MOST_LABELS; dot = text.indexOf(".", dot + 1), count++) {
      yield `${HOSTS}${text.slice(dot + 1)}`;
    }
  }
  yield ANYBODY;
}

/** A host name has no more (RFC 1035, section 2.3.4); what a client says may have. */
const MOST_LABELS = 127;
