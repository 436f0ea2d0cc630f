/**
 * Where a Redis or Valkey store is, as a URL says it: one server, a primary that Sentinels name, or a cluster.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { StoreError } from "./store_error.ts";

const DEFAULT_KEY_PREFIX = "ike-resume:";
const REDIS_PORT = 6379;
const SENTINEL_PORT = 26379;
const MOST_REPLICAS = 16;

export interface Host {
  readonly host: string;
  readonly port: number;
}

export interface Credentials {
  readonly username?: string;
  readonly password?: string;
}

/** What a server is believed by, and what this end proves itself with. PEM. */
export interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface RedisAddress {
  /** For logs: without user, password and parameters. */
  readonly name: string;
  readonly kind: "server" | "sentinel" | "cluster";
  /** The server, the Sentinels, or some nodes of the cluster. */
  readonly hosts: readonly Host[];
  readonly credentials: Credentials;
  /** How Sentinels call the primary. */
  readonly primaryName?: string;
  /** At the Sentinels, where they ask for some. */
  readonly sentinelCredentials: Credentials;
  readonly database: number;
  /** Not given: TCP in clear. */
  readonly tls?: TlsFiles;
  /** Stands before every key. */
  readonly keyPrefix: string;
  /** How many replicas have to have a write before it counts. */
  readonly replicas: number;
}

const FORM =
  "redis: the URL makes no sense; expected redis://[user:password@]host[:port][/database], redis+sentinel://[user:password@]host[:port],…/primary-name[/database] or redis+cluster://[user:password@]host[:port],…, or the same with rediss for TLS";
const PARAMETERS = ["prefix", "replicas", "ca", "cert", "key", "sentinel-user", "sentinel-password"];

/** @throws {StoreError} "configuration": what makes no sense, or a file that cannot be read. The text may hold a password, and is not repeated. */
export function parseRedisAddress(text: string): RedisAddress {
  const match = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/?#]*)@)?([^@/?#]+)(\/[^?#]*)?(?:\?([^#]*))?$/.exec(text);
  if (match === null) throw new StoreError("configuration", FORM);
  const [, scheme, form = "server", userInfo, hostList, path = "", query = ""] = match;
  const kind = form as RedisAddress["kind"];
  const hosts = hostList.split(",").map((one) => hostOf(one, kind === "sentinel" ? SENTINEL_PORT : REDIS_PORT));
  if (kind === "server" && hosts.length > 1) throw new StoreError("configuration", FORM);
  const parameters = new URLSearchParams(query);
  for (const name of parameters.keys()) {
    if (PARAMETERS.includes(name)) continue;
    throw new StoreError("configuration", `redis: unknown parameter ${name}; expected ${PARAMETERS.join(", ")}`);
  }
  const secure = scheme === "rediss";
  return {
    name: `${scheme}${kind === "server" ? "" : `+${kind}`}://${hostList}${path}`,
    kind,
    hosts,
    credentials: credentialsOf(userInfo),
    ...pathOf(path, kind),
    sentinelCredentials: givenOf({
      username: parameters.get("sentinel-user"),
      password: parameters.get("sentinel-password"),
    }),
    ...tlsOf(parameters, secure),
    keyPrefix: parameters.get("prefix") ?? DEFAULT_KEY_PREFIX,
    replicas: replicasOf(parameters),
  };
}

/** Whether a store's name is such a URL. */
export function isRedisUrl(name: string): boolean {
  return /^rediss?(\+(sentinel|cluster))?:\/\//.test(name);
}

function hostOf(text: string, defaultPort: number): Host {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = digits === undefined ? defaultPort : Number(digits);
  if (host === undefined || port < 1 || port > 65_535) throw new StoreError("configuration", FORM);
  return { host, port };
}

function credentialsOf(userInfo: string | undefined): Credentials {
  if (userInfo === undefined || userInfo === "") return {};
  const at = userInfo.indexOf(":");
  const [user, password] = at < 0 ? [userInfo, undefined] : [userInfo.slice(0, at), userInfo.slice(at + 1)];
  return givenOf({ username: decoded(user), password: password === undefined ? undefined : decoded(password) });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new StoreError("configuration", FORM);
  }
}

function givenOf({ username, password }: { username?: string | null; password?: string | null }): Credentials {
  return { ...(username && { username }), ...(password && { password }) };
}

/** A cluster has one database, 0. */
function pathOf(path: string, kind: RedisAddress["kind"]): Pick<RedisAddress, "primaryName" | "database"> {
  const form = kind === "server" ? /^(?:\/(\d*))?$/ : kind === "cluster" ? /^\/?()$/ : /^\/[^/]+(?:\/(\d+))?$/;
  const found = form.exec(path);
  if (found === null) throw new StoreError("configuration", FORM);
  const database = Number(found[1] || 0);
  return kind === "sentinel" ? { primaryName: decoded(path.split("/")[1]), database } : { database };
}

function tlsOf(parameters: URLSearchParams, secure: boolean): { readonly tls?: TlsFiles } {
  const files: { ca?: string; cert?: string; key?: string } = {};
  for (const name of ["ca", "cert", "key"] as const) {
    const path = parameters.get(name);
    if (path === null) continue;
    if (!secure) throw new StoreError("configuration", `redis: ${name} without TLS; expected rediss://…`);
    files[name] = readPem(name, path);
  }
  if ((files.cert === undefined) !== (files.key === undefined)) {
    throw new StoreError("configuration", "redis: expected both cert and key, or none of them");
  }
  return secure ? { tls: files } : {};
}

function readPem(name: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StoreError("configuration", `redis: ${name}: ${reason}; expected a file in PEM form`);
  }
}

function replicasOf(parameters: URLSearchParams): number {
  const text = parameters.get("replicas") ?? "0";
  const replicas = Number(text);
  if (/^\d+$/.test(text) && replicas <= MOST_REPLICAS) return replicas;
  throw new StoreError("configuration", `redis: replicas is no whole number from 0 to ${MOST_REPLICAS}`);
}
