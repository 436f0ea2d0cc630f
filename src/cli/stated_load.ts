/**
 * What a load is to do, from its command line.
 *
 * @module
 */
import { initiatorConfiguration } from "../ike/initiator.ts";
import type { Endpoint } from "../ike/steps/datagram.ts";
import { isPattern } from "../load/generator/client_names.ts";
import type { LoadOptions } from "../load/generator/load.ts";
import { type Portion, WHOLE } from "../load/generator/portion.ts";
import { loadKeyExchange, loadProvider } from "../providers/mod.ts";
import { localAddressTowards } from "../transport/local_address.ts";
import { UsageError } from "./exit_status.ts";
import { loadIdentities } from "./load_identities.ts";
import { type LoadCommandOptions, SOCKETS } from "./load_options.ts";
import { retransmissionFor, shapeOf } from "./load_shape_options.ts";

export interface StatedLoad {
  readonly load: Omit<LoadOptions, "signal">;
  /** How many clients the whole load has. */
  readonly allClients: number;
}

/**
 * @param portion Which part of it is done here.
 * @throws {UsageError} options do not fit together, or a file cannot be read
 */
export async function statedLoad(
  gateway: Endpoint,
  options: LoadCommandOptions,
  portion: Portion = WHOLE,
): Promise<StatedLoad> {
  const { all, first, clients } = await loadIdentities(options, portion);
  const isRoaming = options.scenario === "roam" || options.mix?.roam !== undefined;
  if (options.mix !== undefined && options.scenario !== "churn") {
    throw new UsageError("--mix: expected --scenario churn with it");
  }
  const shape = shapeOf(options);
  const addresses = options.source?.flat() ?? [await localAddressTowards(gateway.address, gateway.port)];
  const isEach = options.sockets === "each";
  const sockets = options.sockets === "each" ? clients.length : options.sockets ?? Math.max(SOCKETS, addresses.length);
  const load: StatedLoad["load"] = {
    gateway,
    encapsulatedGateway: { address: gateway.address, port: options.natPort },
    addresses,
    sockets,
    firstSocket: isEach ? first : sockets * Math.floor(portion.first / (portion.end - portion.first)),
    ...(options.sourcePort && { ports: options.sourcePort }),
    isBehindNat: options.nat ?? false,
    clients: clients.length,
    firstClient: first,
    portion,
    ...(options.mix && { mix: options.mix }),
    scenario: options.scenario,
    shape,
    holdMs: 1_000 * options.hold,
    seed: options.seed,
    loss: options.loss,
    jitter: options.jitter,
    ticketExpected: options.ticket && options.scenario !== "full",
    thresholds: options.failIf ?? [],
    provider: await loadProvider(options.provider),
    keyExchange: await loadKeyExchange(),
    configurationOf: (client) =>
      initiatorConfiguration({
        ...clients[client - first],
        profile: options.profile,
        mobike: isRoaming,
        ...(options.peerIdentity && { peerIdentity: options.peerIdentity }),
        ...(options.ike && { ikeProposals: options.ike }),
        ...(options.esp && { espProposals: options.esp }),
        ...(options.localTs && { localSelectors: options.localTs }),
        ...(options.remoteTs && { remoteSelectors: options.remoteTs }),
        requestTicket: options.ticket,
        keepTicketFresh: false,
        livenessSeconds: 0,
        natKeepaliveSeconds: 0,
        initialContact: options.clientsFile !== undefined || isPattern(options.identity),
        retransmission: retransmissionFor(options),
      }),
  };
  return { load, allClients: all };
}
