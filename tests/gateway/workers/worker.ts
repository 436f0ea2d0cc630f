/**
 * The module that the workers of these tests run.
 *
 * @module
 */
import { parseIdentity } from "../../../src/configuration/mod.ts";
import { formatAddress } from "../../../src/ike/message/address.ts";
import type { Effect } from "../../../src/ike/states/effect.ts";
import { responderConfiguration, type ResponderOptions } from "../../../src/ike/policy/responder_configuration.ts";
import { serveGatewayWorker } from "../../../src/gateway/workers/serve_gateway_worker.ts";

/** What the tests give as `data`. */
export interface WorkerData {
  readonly secret: Uint8Array;
  readonly options?: Partial<ResponderOptions>;
  /** The inner address that is the clients' own: one may have it, for whom all others make room. */
  readonly ownAddress?: string;
  /** The worker of this index refuses to start. */
  readonly broken?: number;
}

/** What a worker tells of an effect. */
export interface Told {
  readonly type: Effect["type"];
  readonly index: number;
  readonly reason?: string;
  readonly spis?: { readonly initiatorSpi: bigint; readonly responderSpi: bigint };
  readonly ticketId?: string;
  readonly address?: string;
}

function owned(address: string, options: WorkerData["options"]): Partial<ResponderOptions> {
  const isReserved = (octets: Uint8Array) => formatAddress(octets) === address;
  return {
    rulesOf: () => ({ uniqueIdentities: "replace", innerAddress: { addresses: [address] } }),
    ...(options?.innerAddresses && { innerAddresses: { ...options.innerAddresses, isReserved } }),
  };
}

await serveGatewayWorker(({ data, index, ticketKeys, tell }) => {
  const { secret, options, ownAddress, broken } = data as WorkerData;
  if (ticketKeys === undefined) throw new Error("expected ticket keys");
  if (broken === index) throw new Error("this one is broken");
  return {
    configuration: responderConfiguration({
      identity: parseIdentity("gateway.example"),
      presharedKeyOf: () => secret,
      ticketKeys,
      ...options,
      ...(ownAddress !== undefined && owned(ownAddress, options)),
    }),
    onEffect: (effect) => {
      const told: Told = {
        type: effect.type,
        index,
        ...("reason" in effect && { reason: String(effect.reason) }),
        ...("spis" in effect && { spis: effect.spis }),
        ...(effect.type === "ticket-issued" && { ticketId: effect.ticket.ticketId }),
        ...(effect.type === "inner-address-assigned" && { address: effect.address }),
      };
      tell(told);
    },
    answer: (question) => {
      if (question === `die ${index}`) setTimeout(() => Promise.reject(new Error("told to die")), 0);
      return `${question} ${index}`;
    },
  };
});
