/**
 * Gateways of one domain, each in a process of its own and on an address of its own.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { GatewayProcess, type Program } from "../../src/load/gateway_process.ts";
import { toHexadecimal } from "../../src/wire/hexadecimal.ts";

export const GATEWAYS = 3;
export const IKE_PROPOSAL = "aes256gcm16-prfsha256-x25519";
export const ESP_PROPOSAL = "aes256gcm16";

/** How long a gateway that is told to go waits for its clients, and how many of them it sends away each second. */
const DRAIN_SECONDS = 60;
const REDIRECT_RATE = 200;

export interface FleetGatewaysOptions {
  readonly program: Program;
  /** For the shared key and the ticket keys. */
  readonly folder: string;
  readonly store: string;
  readonly presharedKey: Uint8Array;
  /** A form of resumption, as people write it. */
  readonly profile: string;
}

export interface GatewayPlace {
  readonly address: string;
  readonly identity: string;
  readonly port: number;
  readonly natPort: number;
}

export class FleetGateways {
  readonly #options: FleetGatewaysOptions;
  readonly #running: (GatewayProcess | undefined)[] = [];
  #ports = { port: 0, natPort: 0 };
  places: readonly GatewayPlace[] = [];

  static async start(options: FleetGatewaysOptions): Promise<FleetGateways> {
    const gateways = new FleetGateways(options);
    try {
      // The first one makes the ticket keys, and has its ports from the system.
      for (let place = 0; place < GATEWAYS; place++) {
        await gateways.startOne(place);
        const { local, encapsulatedLocal } = gateways.#running[0]!;
        gateways.#ports = { port: local.port, natPort: encapsulatedLocal.port };
      }
    } catch (error) {
      await gateways.kill();
      throw error;
    }
    gateways.places = Array.from({ length: GATEWAYS }, (_, place) => ({
      address: addressOf(place),
      identity: identityOf(place),
      ...gateways.#ports,
    }));
    return gateways;
  }

  private constructor(options: FleetGatewaysOptions) {
    this.#options = options;
    writeFileSync(this.#file("psk"), `0x${toHexadecimal(options.presharedKey)}\n`, { mode: 0o600 });
  }

  async startOne(place: number): Promise<void> {
    const { program, store, profile } = this.#options;
    const { port, natPort } = this.#ports;
    this.#running[place] = await GatewayProcess.start(program, [
      ...["--address", addressOf(place), "--port", `${port}`, "--nat-port", `${natPort}`, "--identity", identityOf(place)],
      ...["--psk-file", this.#file("psk"), "--ticket-keys", this.#file("ticket-keys"), "--store", store],
      ...["--profile", profile],
      ...["--ike", IKE_PROPOSAL, "--esp", ESP_PROPOSAL, "--store-failure", "wait"],
      ...[
        "--drain-to",
        addressOf((place + 1) % GATEWAYS),
        "--drain-seconds",
        `${DRAIN_SECONDS}`,
        "--redirect-rate",
        `${REDIRECT_RATE}`,
      ],
    ]);
  }

  /** SIGKILL. */
  async killOne(place: number): Promise<void> {
    await this.#running[place]?.kill();
    this.#running[place] = undefined;
  }

  /** Tells one to go, and resolves when its process is gone. */
  async stopOne(place: number): Promise<void> {
    await this.#running[place]?.stop();
    this.#running[place] = undefined;
  }

  async kill(): Promise<void> {
    await Promise.all(this.#running.map((gateway) => gateway?.kill()));
  }

  #file(name: string): string {
    return join(this.#options.folder, name);
  }
}

function addressOf(place: number): string {
  return `127.0.0.${place + 1}`;
}

function identityOf(place: number): string {
  return `gateway-${place + 1}.fleet.example`;
}
