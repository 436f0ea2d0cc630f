/**
 * A gateway and a client that prove themselves by certificates of one authority.
 *
 * @module
 */
import { loadCertificates } from "../../src/certificates/options.ts";
import type { CertificateOptions } from "../../src/certificates/options.ts";
import type { CertificateAuthentication } from "../../src/ike/authentication/certificate_authentication.ts";
import type { InitiatorOptions } from "../../src/ike/initiator.ts";
import type { ResponderOptions } from "../../src/ike/responder.ts";
import { createTsProvider } from "../../src/crypto/ts/provider.ts";
import { type SimulatedClient, Simulation, type SimulationOptions } from "../simulation/simulation.ts";
import { authorityOf, credentialOf, issue, type Issued, type KeyName, type Wanted } from "./authority.ts";

/** The names that the simulation gives the ends. */
export const GATEWAY_NAME = "gateway.example";
export const CLIENT_NAME = "client1.example";

export interface CertificateScene {
  readonly simulation: Simulation;
  readonly client: SimulatedClient;
  /** The client's. */
  readonly certificates: CertificateAuthentication;
}

export interface SceneOptions {
  readonly authority?: Issued;
  readonly gatewayKey?: KeyName;
  readonly clientKey?: KeyName;
  readonly clientCertificate?: Partial<Wanted>;
  /** Changes what an end is given. */
  readonly ofGateway?: Partial<CertificateOptions>;
  readonly ofClient?: Partial<CertificateOptions>;
  readonly gateway?: Partial<ResponderOptions>;
  readonly clientOptions?: Partial<InitiatorOptions>;
  readonly simulation?: Partial<Pick<SimulationOptions, "provider" | "lane">>;
}

/** Not started yet. */
export async function certificateScene(options: SceneOptions = {}): Promise<CertificateScene> {
  const { authority = authorityOf(), gatewayKey = "P-256", clientKey = "P-256" } = options;
  const gatewayCertificate = issue({ subject: "Gateway", key: gatewayKey, names: [{ dNSName: GATEWAY_NAME }] }, authority);
  const clientCertificate = issue(
    { subject: "Client", key: clientKey, names: [{ dNSName: CLIENT_NAME }], ...options.clientCertificate },
    authority,
  );
  const ofGateway = await loadCertificates({
    authorities: [authority.der],
    credentials: [credentialOf(gatewayCertificate)],
    ...options.ofGateway,
  });
  const ofClient = await loadCertificates({
    authorities: [authority.der],
    credentials: [credentialOf(clientCertificate)],
    ...options.ofClient,
  });
  const simulation = new Simulation({
    provider: createTsProvider(),
    ...options.simulation,
    gateway: { presharedKeyOf: () => undefined, certificates: ofGateway, ...options.gateway },
  });
  const client = simulation.addClient({ presharedKey: undefined, certificates: ofClient, ...options.clientOptions });
  return { simulation, client, certificates: ofClient };
}

/** The client has tried, to whatever end. */
export async function tried(scene: CertificateScene): Promise<CertificateScene> {
  await scene.simulation.start(scene.client);
  await scene.simulation.run(60_000);
  return scene;
}
