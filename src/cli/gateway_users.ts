/**
 * Users of a gateway that have something of their own: a shared key, a password, networks. Those of its configuration file; they may change while it runs.
 *
 * @module
 */
import { parseIdentity, parseSelectors } from "../configuration/mod.ts";
import { identityOfNai } from "../ike/authentication/eap/nai.ts";
import { type Identity, identityKey } from "../ticket/identity.ts";
import type { TrafficSelector } from "../wire/payload.ts";
import { UsageError } from "./exit_status.ts";
import { fromFolderOf } from "./gateway_file/apply_file.ts";
import type { StatedUser } from "./gateway_file/read_gateway_file.ts";
import { readEapPassword, readPresharedKey } from "./secret_files.ts";

interface GatewayUser {
  readonly presharedKey?: Uint8Array;
  readonly eapPassword?: string;
  readonly remote?: readonly TrafficSelector[];
}

/** The users of one reading. */
export interface Known {
  /** By `identityKey`. */
  readonly users: ReadonlyMap<string, GatewayUser>;
  /** By the name that a client says in EAP. */
  readonly passwords: ReadonlyMap<string, string>;
}

export class GatewayUsers {
  #current: Known = { users: new Map(), passwords: new Map() };

  /** @throws {UsageError} a secret cannot be read: then nothing has changed */
  constructor(stated: readonly StatedUser[]) {
    this.replace(stated);
  }

  get count(): number {
    return this.#current.users.size;
  }

  /** Whether any of them proves itself by EAP. */
  get hasPasswords(): boolean {
    return this.#current.passwords.size > 0;
  }

  /**
   * Puts others in the place of those that are there. Clients that are up stay up; at their next proof, and when they present a ticket, they are
   * judged by what stands here then.
   *
   * @returns those that were there, for {@link restore}
   * @throws {UsageError} a secret cannot be read: then nothing has changed
   */
  replace(stated: readonly StatedUser[]): Known {
    const users = new Map<string, GatewayUser>();
    const passwords = new Map<string, string>();
    for (const entry of stated) {
      const user = userOf(entry);
      users.set(identityKey(parseIdentity(entry.id)), user);
      if (user.eapPassword !== undefined) passwords.set(eapNameOf(entry.id), user.eapPassword);
    }
    // Keys of before are not wiped: a proof that is being checked may still read one, and must not read zeros.
    const before = this.#current;
    this.#current = { users, passwords };
    return before;
  }

  restore(known: Known): void {
    this.#current = known;
  }

  /**
   * The user's own key. Whoever has no secret of its own has the one that everybody knows: a user with a password must not be impersonated by it.
   *
   * @param everybodys if there is one
   */
  presharedKeyOf(identity: Identity, everybodys?: Uint8Array): Uint8Array | undefined {
    const { presharedKey, eapPassword } = this.#current.users.get(identityKey(identity)) ?? {};
    return presharedKey ?? (eapPassword === undefined ? everybodys : undefined);
  }

  passwordOf(name: string): string | undefined {
    return this.#current.passwords.get(name);
  }

  /** Whether this identity, proven by EAP, is that of a user here who has a password. */
  admits(identity: Identity): boolean {
    return this.#current.users.get(identityKey(identity))?.eapPassword !== undefined;
  }

  /** Whether any of them has networks of its own: then nobody may have any but those, and the address that he comes from. */
  get haveNetworks(): boolean {
    return [...this.#current.users.values()].some(({ remote }) => remote !== undefined);
  }

  networksOf(identity: Identity): readonly TrafficSelector[] | undefined {
    return this.#current.users.get(identityKey(identity))?.remote;
  }
}

/**
 * What a user says in EAP, of which the identity is made that policy goes by there.
 *
 * @throws {UsageError} there is no such name: it would be another identity.
 */
function eapNameOf(id: string): string {
  const identity = parseIdentity(id);
  const name = new TextDecoder().decode(identity.identification);
  if (identityKey(identityOfNai(name)) === identityKey(identity)) return name;
  throw new UsageError(`user "${id}": eap_password_file: expected user@realm or keyid:name, as EAP has no other names`);
}

function userOf({ id, psk_file, eap_password_file, remote, folder }: StatedUser): GatewayUser {
  const inFolder = (path: string) => fromFolderOf(`${folder}/file`, path);
  return {
    ...(psk_file !== undefined && { presharedKey: readPresharedKey(inFolder(psk_file), `user "${id}": psk_file`) }),
    ...(eap_password_file !== undefined && {
      eapPassword: readEapPassword(inFolder(eap_password_file), `user "${id}": eap_password_file`),
    }),
    ...(remote !== undefined && { remote: parseSelectors(remote) }),
  };
}
