/**
 * What a gateway is to be, from its command line: for one in the program's own thread, and for each of several workers.
 *
 * @module
 */
import { type ResponderConfiguration, responderConfiguration } from "../ike/responder.ts";
import { type Identity, identityKey } from "../ticket/identity.ts";
import type { TicketKeyRing } from "../ticket/ticket_key_ring.ts";
import type { TransportName } from "../transport/open_transport.ts";
import { ownIdentity, type Proofs, readProofs } from "./certificate_options.ts";
import { type CommonOptions, statedConfiguration } from "./common_options.ts";
import type { TicketKeyOptions } from "./gateway_ticket_keys.ts";
import { type GatewayEapOptions, statedGatewayEap } from "./eap_options.ts";
import { type FineOptions, statedFineOptions } from "./fine_options.ts";
import type { ReadGatewayFile } from "./gateway_file/read_gateway_file.ts";
import type { GatewayUsers } from "./gateway_users.ts";
import { type GatewayAddressOptions, statedInnerAddresses } from "./inner_address_options.ts";
import { type ChildSaOptions, statedChildSaOptions } from "./child_sa_options.ts";
import type { ControlOptions } from "./control/control_options.ts";
import type { LogOptions } from "./log/log_options.ts";
import type { HttpOptions } from "./http/gateway_http.ts";
import { type LifeOptions, statedLifeOptions } from "./life_options.ts";
import type { EspOptions } from "./esp_options.ts";
import { type GatewayPathOptions, statedGatewayPath } from "./path_options.ts";
import { type PeerOptions, statedPeerOptions } from "./peer_options.ts";
import type { StoreOptions } from "./store_option.ts";
import { statedTicketOptions, type TicketOptions } from "./ticket_options.ts";
import type { PolicyHook } from "./users/policy_hook.ts";
import { checkPolicyOptions, type PolicyOptions } from "./users/policy_options.ts";
import { reservedFor, userPolicy } from "./users/user_policy.ts";

export interface GatewayCommandOptions
  extends
    TicketKeyOptions,
    TicketOptions,
    CommonOptions,
    StoreOptions,
    GatewayAddressOptions,
    PeerOptions,
    LifeOptions,
    GatewayEapOptions,
    ChildSaOptions,
    GatewayPathOptions,
    HttpOptions,
    ControlOptions,
    LogOptions,
    PolicyOptions,
    FineOptions,
    EspOptions {
  readonly address: readonly string[];
  readonly port: number;
  readonly natPort: number;
  readonly user?: string;
  readonly control?: boolean;
  readonly lane: boolean;
  readonly transport: TransportName;
  readonly workers?: number;
  readonly steering: "auto" | "kernel" | "main";
  /** The configuration file, if there is one, as it was read. */
  readonly file?: ReadGatewayFile;
  /** Those of the configuration file. */
  readonly users?: GatewayUsers;
}

/**
 * What the gateway and its clients prove themselves with.
 *
 * @param hasPasswords whether users prove themselves by EAP: not given, those that there are
 * @throws {UsageError} a file cannot be read or used.
 */
export async function readGatewayProofs(
  options: GatewayCommandOptions,
  hasPasswords: boolean = options.users?.hasPasswords === true,
): Promise<Proofs> {
  const proofs = await readProofs(options);
  return { ...proofs, ...await statedGatewayEap(options, proofs.certificates, options.users, hasPasswords) };
}

/**
 * Whether options go together, as far as they alone tell: before anything is read or said.
 *
 * @throws {UsageError} which do not
 */
export function checkTogether(options: GatewayCommandOptions): void {
  statedInnerAddresses(options);
  statedFineOptions(options);
  checkPolicyOptions(options);
}

/** @param policy who keeps users elsewhere, if somebody does */
export function statedGateway(
  options: GatewayCommandOptions,
  proofs: Proofs,
  ticketKeys: TicketKeyRing,
  policy?: PolicyHook,
): ResponderConfiguration {
  const { users } = options;
  const peers = statedPeerOptions(options);
  return responderConfiguration({
    ...statedConfiguration(options),
    ...statedInnerAddresses(options, users && reservedFor(users)),
    ...peers,
    ...(users && userPolicy(users, policy, peers.remoteSelectorsOf)),
    ...statedGatewayPath(options),
    ...statedLifeOptions(options),
    ...statedFineOptions(options),
    childSas: { ...statedChildSaOptions(options), ...(options.childRenewal && { renewal: options.childRenewal }) },
    ...statedTicketOptions(options),
    identity: ownIdentity(options.identity, proofs.certificates),
    presharedKeyOf: (identity) => {
      const everybodys = isEapUser(identity, proofs) ? undefined : proofs.presharedKey;
      return users ? users.presharedKeyOf(identity, everybodys) : everybodys;
    },
    certificates: proofs.certificates,
    eap: proofs.eap,
    ticketKeys,
    waitForStore: options.storeFailure === "wait",
    exposeKeys: options.keyLog !== undefined,
  });
}

function isEapUser(identity: Identity, { eapUsers }: Proofs): boolean {
  return eapUsers !== undefined && eapUsers.size > 0 && eapUsers.has(identityKey(identity));
}
