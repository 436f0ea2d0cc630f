/**
 * strongSwan's IKE daemon as the other end: written configuration, own /run, own control socket, in a network namespace.
 *
 * @module
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BackgroundProgram } from "./background.ts";
import { attempt, eventually, type Outcome } from "./command.ts";
import type { CharonCertificates } from "./certificate_files.ts";
import { charonPath, strongSwan6Folder } from "./environment.ts";
import { makeTemporaryFolder, removeTemporaryFolder } from "./temporary_folder.ts";

export interface CharonOptions {
  readonly namespace: string;
  readonly localAddress: string;
  readonly remoteAddress: string;
  readonly localIdentity: string;
  readonly remoteIdentity: string;
  readonly presharedKey: string;
  readonly localNetwork: string;
  readonly remoteNetwork: string;
  /** strongSwan's proposal words, such as `aes256gcm16-prfsha256-x25519`. */
  readonly ikeProposal: string;
  readonly espProposal: string;
  /** strongSwan 6, which has ML-KEM, in the place of the one that is installed. */
  readonly isVersion6?: boolean;
  /**
   * `libipsec` carries ESP in user space over a tun device and always makes the other end believe in a NAT, since it can send
   * ESP only in UDP. `netlink` leaves ESP to the kernel; where that has none, the Child SA cannot be installed.
   */
  readonly kernel?: "libipsec" | "netlink";
  /** Seconds between checks for a dead peer; 0 = none. */
  readonly livenessSeconds?: number;
  /** Seconds until it sends a request again; four times in all, with longer and longer waits. Default 1. */
  readonly retransmitSeconds?: number;
  /** Seconds after which it rekeys a Child SA, and an IKE SA; 0 or not given: never. */
  readonly childRekeySeconds?: number;
  readonly ikeRekeySeconds?: number;
  /** Octets of the IP packets that longer messages are cut into (RFC 7383). */
  readonly fragmentSize?: number;
  /** Both ends prove themselves by certificates, in the place of the shared key. */
  readonly certificates?: CharonCertificates;
  /** The client proves itself by EAP, to a gateway with a certificate; who of the two charon is. */
  readonly eap?: CharonEap;
  /** Whether anyone who knows the shared key is a client, however many at a time: `remoteIdentity` is not looked at, and little is logged. */
  readonly isForMany?: boolean;
  /** Whether it moves and lets others move. Default false. */
  readonly mobike?: boolean;
  /** Inner addresses that it asks for: 0.0.0.0 and :: for any. */
  readonly virtualAddresses?: string;
  /** Ranges of inner addresses that it gives out. */
  readonly pools?: readonly string[];
  /** Whether it comes up without a Child SA, or lets others. */
  readonly childless?: "allow" | "force";
  /** Whether it knows RFC 7427. Default true. */
  readonly signatureAuthentication?: boolean;
  /** The text of swanctl.conf, in the place of what all other options would make. */
  readonly connections?: string;
}

/**
 * EAP-MSCHAPv2, EAP-TLS, or EAP-TTLS with EAP-MD5 inside; or whatever a server of RADIUS speaks. `isAlone`: nothing else proves either end (RFC
 * 5998). `upTo`: the highest version of TLS; default 1.2.
 */
export type CharonEap =
  & { readonly role: "client" | "gateway" }
  & (
    | { readonly user: string; readonly password: string }
    | { readonly tls: true; readonly isAlone?: boolean; readonly upTo?: "1.3" }
    | { readonly ttls: true; readonly user: string; readonly password: string }
    | { readonly radius: { readonly host: string; readonly secret: string } }
  );

export const CONNECTION = "peer";
export const CHILD = "net";

/** One IKE SA with its Child SAs as `swanctl --list-sas --raw` tells it: key=value words, unchanged. */
export interface CharonSa {
  readonly ike: ReadonlyMap<string, string>;
  readonly children: readonly ReadonlyMap<string, string>[];
}

export class Charon {
  readonly #folder: string;
  readonly #daemon: BackgroundProgram;

  private constructor(folder: string, daemon: BackgroundProgram) {
    this.#folder = folder;
    this.#daemon = daemon;
  }

  static async start(options: CharonOptions): Promise<Charon> {
    const folder = makeTemporaryFolder("charon");
    writeFileSync(join(folder, "strongswan.conf"), daemonConfiguration(folder, options));
    if (options.certificates) writeCertificates(folder, options.certificates);
    writeFileSync(join(folder, "swanctl.conf"), options.connections ?? connectionConfiguration(options), { mode: 0o600 });
    const daemon = new BackgroundProgram(
      "charon",
      options.namespace,
      ["unshare", "--mount", "--propagation", "private", "sh", "-c", startScript(folder, options)],
      { environment: { STRONGSWAN_CONF: join(folder, "strongswan.conf") } },
    );
    const charon = new Charon(folder, daemon);
    try {
      await eventually("charon takes its configuration", async () => {
        if (daemon.ended) throw new Error(`charon did not start\n${daemon}`);
        const load = await charon.#swanctl(["--load-all", "--noprompt", "--file", join(folder, "swanctl.conf")]);
        return load.status === 0 ? true : undefined;
      });
    } catch (error) {
      await charon.stop();
      throw error;
    }
    return charon;
  }

  /** Brings the IKE SA and its Child SA up as initiator. The outcome's text is the daemon's log of it. */
  up(timeoutSeconds = 15): Promise<Outcome> {
    return this.#swanctl(["--initiate", "--ike", CONNECTION, "--child", CHILD, "--timeout", `${timeoutSeconds}`]);
  }

  /** Brings a Child SA up, of whatever connection has it, as `swanctl --initiate --child` does. */
  initiate(child: string, timeoutSeconds = 15): Promise<Outcome> {
    return this.#swanctl(["--initiate", "--child", child, "--timeout", `${timeoutSeconds}`]);
  }

  /** Brings the IKE SA up alone. */
  upWithoutChild(timeoutSeconds = 15): Promise<Outcome> {
    return this.#swanctl(["--initiate", "--ike", CONNECTION, "--timeout", `${timeoutSeconds}`]);
  }

  /** Deletes the IKE SA, and waits for the other end's answer. */
  down(timeoutSeconds = 5): Promise<Outcome> {
    return this.#swanctl(["--terminate", "--ike", CONNECTION, "--timeout", `${timeoutSeconds}`]);
  }

  /** Offers the other end a new IKE SA; does not wait for what comes of it. */
  rekey(): Promise<Outcome> {
    return this.#swanctl(["--rekey", "--ike", CONNECTION]);
  }

  /** The same of the Child SA. */
  rekeyChild(): Promise<Outcome> {
    return this.#swanctl(["--rekey", "--child", CHILD]);
  }

  /** Deletes the Child SA. */
  deleteChild(timeoutSeconds = 5): Promise<Outcome> {
    return this.#swanctl(["--terminate", "--child", CHILD, "--timeout", `${timeoutSeconds}`]);
  }

  async sas(): Promise<CharonSa[]> {
    return parseSas((await this.#swanctl(["--list-sas", "--raw"])).stdout);
  }

  log(): string {
    try {
      return readFileSync(join(this.#folder, "charon.log"), "utf8");
    } catch {
      return "";
    }
  }

  /** The keys of the Child SA that was made last, as its log tells them: hexadecimal text, empty for a key that is not used. */
  childKeys(): Record<string, string> {
    const keys: Record<string, string> = {};
    for (const name of ["encryption initiator", "encryption responder", "integrity initiator", "integrity responder"]) {
      const dumps = [...this.log().matchAll(new RegExp(`${name} key => \\d+ bytes.*\n((?:.*\\[CHD\\] +\\d+: .*\n)+)`, "g"))];
      keys[name] = hexOfDump(dumps.at(-1)?.[1] ?? "");
    }
    return keys;
  }

  /** The daemon's process. */
  get pid(): number | undefined {
    return this.#daemon.pid;
  }

  /** It goes without a word. */
  kill(): void {
    this.#daemon.kill();
  }

  async stop(): Promise<void> {
    await this.#daemon.stop();
    removeTemporaryFolder(this.#folder);
  }

  toString(): string {
    return `${this.#daemon}\n--- charon's log\n${this.log()}`;
  }

  #swanctl(args: readonly string[]): Promise<Outcome> {
    return attempt("swanctl", [...args, "--uri", `unix://${this.#folder}/vici`], {
      environment: { STRONGSWAN_CONF: join(this.#folder, "strongswan.conf"), SWANCTL_DIR: this.#folder },
    });
  }
}

/** The path of its process-id file is compiled in: a /run of its own lets several daemons live on one machine. */
function startScript(folder: string, { isVersion6 }: CharonOptions): string {
  if (!isVersion6) return `mount -t tmpfs none /run && exec ${charonPath() ?? "charon"}`;
  // With libraries of its own, libc among them, and nothing else of its own: all mounts are of this process alone.
  const root = strongSwan6Folder();
  return [
    `mount -t tmpfs none ${root}/run`,
    ...["dev", "proc", "sys"].map((name) => `mount --rbind /${name} ${root}/${name}`),
    `mount -t tmpfs none ${root}/tmp`,
    `mkdir -p ${root}${folder}`,
    `mount --bind ${folder} ${root}${folder}`,
    `exec chroot ${root} /usr/lib/ipsec/charon`,
  ].join(" && ");
}

/** How an end proves itself: charon's own, where it is the `role` of EAP that is asked about. */
function proofOf({ certificates, eap }: CharonOptions, role: "client" | "gateway"): string {
  if (eap && "tls" in eap) return eap.role === role || eap.isAlone ? `auth = eap-tls` : "auth = pubkey";
  if (eap && eap.role === role && "radius" in eap) return "auth = eap-radius\n      eap_id = %any";
  if (eap && eap.role === role && "ttls" in eap) return `auth = eap-ttls\n      eap_id = ${eap.user}`;
  if (eap?.role === role && "user" in eap) {
    return `auth = eap-mschapv2\n      eap_id = ${eap.role === "client" ? eap.user : "%any"}`;
  }
  return `auth = ${certificates ? "pubkey" : "psk"}`;
}

/** Where swanctl looks for them. */
function writeCertificates(folder: string, { authority, certificate, privateKey }: CharonCertificates): void {
  for (const [place, text] of [["x509ca", authority], ["x509", certificate], ["private", privateKey]]) {
    mkdirSync(join(folder, place));
    writeFileSync(join(folder, place, "own.pem"), text, { mode: 0o600 });
  }
}

function daemonConfiguration(folder: string, options: CharonOptions): string {
  const kernel = options.kernel === "netlink" ? "kernel-netlink" : "kernel-libipsec kernel-netlink";
  return `
charon {
  load = random nonce openssl hmac kdf pem x509 pubkey pkcs1 pkcs8 eap-identity eap-mschapv2 eap-tls eap-ttls eap-md5 eap-radius socket-default ${kernel} vici updown
  install_virtual_ip = ${options.connections ? "yes" : "no"}
  ${options.eap && "tls" in options.eap && options.eap.upTo ? `tls { version_max = ${options.eap.upTo} }` : ""}
  retransmit_tries = 3
  # An old Child SA goes as soon as another has taken its place.
  delete_rekeyed_delay = 0
  ${options.isForMany ? "dos_protection = no" : ""}
  retransmit_timeout = ${options.retransmitSeconds ?? 1}
  signature_authentication = ${options.signatureAuthentication === false ? "no" : "yes"}
  fragment_size = ${options.fragmentSize ?? 1280}
  filelog {
    main {
      path = ${folder}/charon.log
      default = ${options.isForMany ? 0 : 1}
      ike = ${options.isForMany ? 0 : 2}
      tls = 1
      # level 4 tells the keys of Child SAs, to be compared with ours
      chd = ${options.isForMany ? 0 : 4}
      flush_line = yes
      time_format = %H:%M:%S
    }
  }
  plugins {
    vici { socket = unix://${folder}/vici }
    kernel-libipsec { allow_peer_ts = yes }
    ${options.eap && "radius" in options.eap ? radiusServer(options.eap.radius) : ""}
  }
}
swanctl {
  load = random openssl pem pkcs1 pkcs8 x509 pubkey
}
`;
}

function connectionConfiguration(options: CharonOptions): string {
  return `
connections {
  ${CONNECTION} {
    version = 2
    local_addrs = ${options.localAddress}
    remote_addrs = ${options.remoteAddress}
    proposals = ${options.ikeProposal}
    mobike = ${options.mobike ? "yes" : "no"}
    ${options.childless ? `childless = ${options.childless}` : ""}
    ${options.virtualAddresses ? `vips = ${options.virtualAddresses}` : ""}
    ${options.pools ? `pools = ${options.pools.map((_, index) => `pool${index}`).join(", ")}` : ""}
    rekey_time = ${options.ikeRekeySeconds ?? 0}s
    over_time = 60s
    rand_time = 1s
    dpd_delay = ${options.livenessSeconds ?? 0}s
    local {
      ${proofOf(options, "client")}
      ${options.certificates && !(options.eap?.role === "client" && "user" in options.eap) ? "certs = own.pem" : ""}
      id = ${options.localIdentity}
    }
    remote {
      ${proofOf(options, "gateway")}
      id = ${options.isForMany ? "%any" : options.remoteIdentity}
    }
    children {
      ${CHILD} {
        ${options.virtualAddresses ? "" : `local_ts = ${options.localNetwork}`}
        ${options.pools ? "" : `remote_ts = ${options.remoteNetwork}`}
        esp_proposals = ${options.espProposal}
        updown =
        rekey_time = ${options.childRekeySeconds ?? 0}s
        life_time = ${options.childRekeySeconds ? options.childRekeySeconds + 60 : 0}s
        rand_time = 1s
        start_action = none
      }
    }
  }
}
${options.pools ? `pools {\n${options.pools.map((range, index) => `  pool${index} { addrs = ${range} }`).join("\n")}\n}` : ""}
secrets {
  ike-1 { secret = "${options.presharedKey}" }
  ${options.eap && "user" in options.eap ? `eap-1 { id = ${options.eap.user}\n secret = "${options.eap.password}" }` : ""}
}
`;
}

/**
 * Reads lines of the form `list-sa event {peer {uniqueid=1 … child-sas {net-1 {name=net …}}}}`. Values are words; traffic
 * selectors stand in brackets and are not needed here.
 */
export function parseSas(raw: string): CharonSa[] {
  const sas: CharonSa[] = [];
  for (const line of raw.split("\n").filter((text) => text.includes("list-sa event"))) {
    const [ike, ...children] = line.split(/(?:child-sas \{| )[\w-]+ \{name=/);
    sas.push({ ike: wordsOf(ike), children: children.map((child) => wordsOf(`name=${child}`)) });
  }
  return sas;
}

function wordsOf(text: string): Map<string, string> {
  return new Map([...text.matchAll(/([\w-]+)=([^\s{}[\]]+)/g)].map(([, key, value]) => [key, value]));
}

/** Lines of the form `10:46:40 14[CHD]   16: 36 7E 24 EF …  6~$.`: 16 octets and what they look like as text. */
function hexOfDump(dump: string): string {
  const lines = dump.split("\n").map((line) => /\[CHD\] +\d+: ((?:[0-9A-F]{2} ){1,16})/.exec(line)?.[1] ?? "");
  return lines.join("").replaceAll(" ", "").toLowerCase();
}

function radiusServer({ host, secret }: { readonly host: string; readonly secret: string }): string {
  return `eap-radius { servers { one { address = ${host}\n secret = "${secret}"\n auth_port = 1812 } } }`;
}
