/**
 * Users of a gateway that have something of their own: a secret, networks, rules. Those of its configuration file; they may change while it runs.
 *
 * @module
 */
import { parseIdentity } from "../configuration/mod.ts";
import { identityOfNai } from "../ike/authentication/eap/nai.ts";
import { type Identity, identityKey } from "../ticket/identity.ts";
import { UsageError } from "./exit_status.ts";
import { fromFolderOf } from "./gateway_file/apply_file.ts";
import type { ReadGatewayFile, StatedUser } from "./gateway_file/read_gateway_file.ts";
import type { GroupEntry } from "./gateway_file/users.ts";
import { readEapPassword, readPresharedKey } from "./secret_files.ts";
import { isPattern, keyOfWhom, keysAbout } from "./users/user_pattern.ts";
import { addressesOf, type RulesGround, type StatedRules, type UserRules, userRules } from "./users/user_rules.ts";

interface GatewayUser extends UserRules {
  readonly isEnabled: boolean;
  readonly presharedKey?: Uint8Array;
  readonly eapPassword?: string;
}

interface StatedByOthers extends StatedRules {
  readonly group?: string;
}

/** What a file says of users. */
export type StatedUsers = Pick<ReadGatewayFile, "users" | "groups">;

/** The users of one reading. */
export interface Known {
  readonly stated: StatedUsers;
  /** By `keyOfWhom`. */
  readonly users: ReadonlyMap<string, GatewayUser>;
  readonly groups: ReadonlyMap<string, GroupEntry>;
  /** By the name that a client says in EAP. */
  readonly passwords: ReadonlyMap<string, string>;
  /** Inner addresses that are users' own, in text form. */
  readonly addresses: ReadonlySet<string>;
}

export class GatewayUsers {
  readonly #ground: RulesGround;
  #current: Known;
  /** Whoever is none of them, and whom no hook knows, does not come in. */
  areAll = false;

  /** @throws {UsageError} a secret cannot be read, or what is said of a user does not do */
  constructor(stated: StatedUsers, ground: RulesGround) {
    this.#ground = ground;
    this.#current = this.read(stated);
  }

  get count(): number {
    return this.#current.users.size;
  }

  /** Whether any of them proves itself by EAP. */
  get hasPasswords(): boolean {
    return this.#current.passwords.size > 0;
  }

  /** What they were read of. */
  get stated(): StatedUsers {
    return this.#current.stated;
  }

  /**
   * Puts others in the place of those that are there: at their next proof, and when they present a ticket, clients are judged by what stands here then.
   *
   * @param known what {@link read} made of them
   * @returns those that were there
   */
  replace(known: Known): Known {
    // Keys of before are not wiped: a proof that is being checked may still read one, and must not read zeros.
    const before = this.#current;
    this.#current = known;
    return before;
  }

  /** Whether an identity is that of a user here, or matches the pattern of one. */
  knows(identity: Identity): boolean {
    return this.#find(identity) !== undefined;
  }

  /** Whether nothing here keeps an identity out. */
  mayCome(identity: Identity): boolean {
    return this.#find(identity)?.isEnabled !== false;
  }

  /** What holds for an identity; `undefined`: nothing here is about it. */
  rulesOf(identity: Identity): UserRules | undefined {
    return this.#find(identity);
  }

  /**
   * Rules that somebody else states, who may name a group of these.
   *
   * @returns `undefined`: the group is switched off.
   * @throws {UsageError} they do not do
   */
  rulesOfStated(stated: StatedByOthers, whose: string): UserRules | undefined {
    const { enabled = true, ...rules } = withGroup<StatedByOthers & { readonly enabled?: boolean }>(
      stated,
      this.#current.groups,
      whose,
    );
    if (this.#ground.workers > 1 && addressesOf(rules).length > 0) {
      const { workers } = this.#ground;
      throw new UsageError(
        `${whose}: address: is kept at one worker alone, and there are ${workers}: expected a pool, or 1 worker`,
      );
    }
    return enabled ? userRules(rules, whose, this.#ground) : undefined;
  }

  /**
   * The user's own key, or that of the pattern that the user matches. Whoever has no secret of its own has the one that everybody knows: a user with a
   * password must not be impersonated by it.
   *
   * @param everybodys if there is one
   */
  presharedKeyOf(identity: Identity, everybodys?: Uint8Array): Uint8Array | undefined {
    const { presharedKey, eapPassword } = this.#findWithSecret(identity) ?? {};
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

  /** Whether an inner address, in text form, is some user's own. */
  isReserved(address: string): boolean {
    return this.#current.addresses.has(address);
  }

  /**
   * Whom a change of users has put out: whoever is switched off now, and whoever is no user any more and proved itself by a secret of its own, or may
   * not come as anybody else. `undefined`: nobody.
   */
  putOutSince(before: Known): ((identity: Identity) => boolean) | undefined {
    const { users } = this.#current;
    const isOff = [...users.values()].some(({ isEnabled }) => !isEnabled);
    const isFewer = [...before.users.keys()].some((key) => !users.has(key));
    if (!isOff && !isFewer) return undefined;
    return (identity) => {
      const now = this.#find(identity);
      if (now !== undefined) return !now.isEnabled;
      const keys = [...keysAbout(identity)];
      return keys.some((key) => hasSecret(before.users.get(key)) || this.areAll && before.users.has(key));
    };
  }

  /** The entry that is most about an identity: it alone counts. */
  #find(identity: Identity): GatewayUser | undefined {
    const { users } = this.#current;
    if (users.size === 0) return undefined;
    for (const key of keysAbout(identity)) {
      const user = users.get(key);
      if (user !== undefined) return user;
    }
    return undefined;
  }

  #findWithSecret(identity: Identity): GatewayUser | undefined {
    const { users } = this.#current;
    for (const key of keysAbout(identity)) {
      const user = users.get(key);
      if (hasSecret(user)) return user;
    }
    return undefined;
  }

  /**
   * What users would be there, who count once {@link replace} has put them in the place of others.
   *
   * @throws {UsageError} a secret cannot be read, or what is said of a user does not do
   */
  read(stated: StatedUsers): Known {
    const groups = new Map(stated.groups.map((group) => [group.name, group]));
    // Those too that nobody names yet.
    for (const group of stated.groups) userRules(group, `group "${group.name}"`, this.#ground);
    const users = new Map<string, GatewayUser>();
    const passwords = new Map<string, string>();
    const addresses = new Set<string>();
    for (const entry of stated.users) {
      const user = userOf(entry, groups, this.#ground);
      users.set(keyOfWhom(entry.id), user);
      if (user.eapPassword !== undefined) passwords.set(eapNameOf(entry.id), user.eapPassword);
      for (const address of addressesOf(entry)) {
        if (addresses.has(address)) throw new UsageError(`user "${entry.id}": address: ${address} is another user's`);
        addresses.add(address);
      }
    }
    return { stated: { users: stated.users, groups: stated.groups }, users, groups, passwords, addresses };
  }
}

function hasSecret(user: GatewayUser | undefined): boolean {
  return user?.presharedKey !== undefined || user?.eapPassword !== undefined;
}

/** A user's own fields go before those of the group. */
function withGroup<Stated extends StatedRules & { readonly group?: string; readonly enabled?: boolean }>(
  stated: Stated,
  groups: ReadonlyMap<string, GroupEntry>,
  whose: string,
): Stated {
  if (stated.group === undefined) return stated;
  const group = groups.get(stated.group);
  if (group !== undefined) return { ...group, ...stated };
  throw new UsageError(
    `${whose}: group: there is no "${stated.group}"${groups.size === 0 ? "" : `, of ${[...groups.keys()].join(", ")}`}`,
  );
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

function userOf(entry: StatedUser, groups: ReadonlyMap<string, GroupEntry>, ground: RulesGround): GatewayUser {
  const { id, psk_file, eap_password_file, folder } = entry;
  const whose = `user "${id}"`;
  if (isPattern(id)) {
    for (const field of ["eap_password_file", "address", "remote"] as const) {
      if (entry[field] !== undefined) throw new UsageError(`${whose}: ${field}: is for one user alone, and this is a pattern`);
    }
  }
  const inFolder = (path: string) => fromFolderOf(`${folder}/file`, path);
  const whole = withGroup(entry, groups, whose);
  return {
    ...userRules(whole, whose, ground),
    isEnabled: whole.enabled ?? true,
    ...(psk_file !== undefined && { presharedKey: readPresharedKey(inFolder(psk_file), `${whose}: psk_file`) }),
    ...(eap_password_file !== undefined && {
      eapPassword: readEapPassword(inFolder(eap_password_file), `${whose}: eap_password_file`),
    }),
  };
}
