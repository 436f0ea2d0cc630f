/**
 * FreeRADIUS as the server that speaks EAP: written configuration, in a network namespace.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { BackgroundProgram } from "./background.ts";
import type { CharonCertificates } from "./certificate_files.ts";
import { eventually } from "./command.ts";
import { makeTemporaryFolder, removeTemporaryFolder } from "./temporary_folder.ts";

export interface FreeradiusOptions {
  readonly namespace: string;
  readonly address: string;
  readonly secret: string;
  /** The one user of EAP-MSCHAPv2, and of EAP-TTLS with EAP-MD5 inside. */
  readonly user: string;
  readonly password: string;
  /** The method that it asks for first. */
  readonly method: "mschapv2" | "tls" | "ttls";
  readonly certificates: CharonCertificates;
  /** Default 1.2. */
  readonly tlsVersion?: "1.2" | "1.3";
}

export const RADIUS_PORT = 1_812;

export class Freeradius {
  readonly #folder: string;
  readonly #program: BackgroundProgram;

  private constructor(folder: string, program: BackgroundProgram) {
    this.#folder = folder;
    this.#program = program;
  }

  static async start(options: FreeradiusOptions): Promise<Freeradius> {
    const folder = makeTemporaryFolder("freeradius");
    const { authority, certificate, privateKey } = options.certificates;
    for (
      const [name, text] of [
        ["ca.pem", authority],
        ["cert.pem", certificate],
        ["cert.key", privateKey],
        ["users", `${options.user} Cleartext-Password := "${options.password}"\n`],
        ["dictionary", ""],
        ["radiusd.conf", configurationOf(folder, options)],
      ]
    ) writeFileSync(join(folder, name), text, { mode: 0o600 });
    const program = new BackgroundProgram("freeradius", options.namespace, [
      "freeradius",
      "-fxx",
      "-l",
      "stdout",
      "-d",
      folder,
    ]);
    const server = new Freeradius(folder, program);
    try {
      await eventually("FreeRADIUS listens", () => {
        if (program.ended) throw new Error(`FreeRADIUS did not start\n${program}`);
        return Promise.resolve(program.output.includes("Ready to process requests") ? true : undefined);
      });
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** What it has told of requests. */
  get log(): string {
    return this.#program.output;
  }

  async stop(): Promise<void> {
    await this.#program.stop();
    removeTemporaryFolder(this.#folder);
  }

  toString(): string {
    return this.#program.toString();
  }
}

function configurationOf(folder: string, { address, secret, method, tlsVersion = "1.2" }: FreeradiusOptions): string {
  return `
raddbdir = ${folder}
logdir = ${folder}
run_dir = ${folder}
libdir = /usr/lib/freeradius
pidfile = ${folder}/pid
max_requests = 1024
log {
  destination = stdout
}
security {
  reject_delay = 0
  status_server = no
}
client gateway {
  ipaddr = 10.99.0.0/24
  secret = "${secret}"
  require_message_authenticator = yes
}
modules {
  files {
    usersfile = ${folder}/users
  }
  mschap {
  }
  eap {
    default_eap_type = ${method}
    tls-config common {
      private_key_file = ${folder}/cert.key
      certificate_file = ${folder}/cert.pem
      ca_file = ${folder}/ca.pem
      tls_min_version = "${tlsVersion}"
      tls_max_version = "${tlsVersion}"
      cache {
        enable = no
      }
    }
    tls {
      tls = common
    }
    ttls {
      tls = common
      default_eap_type = md5
      virtual_server = inner
    }
    md5 {
    }
    mschapv2 {
    }
  }
}
server default {
  listen {
    type = auth
    ipaddr = ${address}
    port = ${RADIUS_PORT}
  }
  authorize {
    files
    eap
  }
  authenticate {
    Auth-Type MS-CHAP {
      mschap
    }
    eap
  }
  post-auth {
    update reply {
      &User-Name := "%{User-Name}"
    }
  }
}
server inner {
  authorize {
    files
    eap
  }
  authenticate {
    eap
  }
}
`;
}
