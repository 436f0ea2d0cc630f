/**
 * A store of one's own: used tickets, states of tickets by reference, and revoked tickets in a key-value service that several gateways share.
 */
import type { ClaimRequest, GatewayStore, LoadedState, StoredTicket, TicketName } from "../../mod.ts"; // or from "ike-resume"
import type { KeyValueService } from "./key_value_service.ts";

/** A clock may be set back, or two machines' clocks differ, by so much, and no used ticket becomes good again. */
const MARGIN_SECONDS = 7_200;

/** What is kept of revoked tickets: of a series all below a serial, else the one. */
interface Revoked {
  readonly below?: number;
  readonly expiresAtEpochSeconds: number;
}

/** A batch is a wave's: a service that takes many keys in one call is better asked in one. */
export function keyValueStore(service: KeyValueService): GatewayStore {
  return {
    name: "key-value service",
    claims: {
      claim: (batch) => each(batch, (request) => claim(service, request)),
      isClaimed: (batch) => each(batch, async ({ ticketId }) => await service.get(`used:${ticketId}`) !== undefined),
    },
    ticketStates: {
      put: (batch) => each(batch, (stored) => put(service, stored)),
      get: (batch) => each(batch, (reference): Promise<LoadedState> => service.get(`state:${reference}`)),
      delete: (batch) => each(batch, (reference) => service.remove(`state:${reference}`)),
    },
    revocations: {
      add: async (batch) => {
        // One after the other: two of a batch may be of one series.
        for (const name of batch) await revoke(service, name);
      },
      has: (batch) => each(batch, (name) => isRevoked(service, name)),
    },
    close: () => Promise.resolve(),
  };
}

function each<T, R>(batch: readonly T[], ask: (member: T) => Promise<R>): Promise<R[]> {
  return Promise.all(batch.map(ask));
}

/** One gateway alone gets `true` of a ticket, and gets it again if its first answer was lost. */
async function claim(service: KeyValueService, { ticketId, expiresAtEpochSeconds, claimant }: ClaimRequest): Promise<boolean> {
  const value = octetsOf(`${claimant ?? ""}`);
  if (await service.swap(`used:${ticketId}`, undefined, value, expiresAtEpochSeconds + MARGIN_SECONDS)) return true;
  return claimant !== undefined && textOf(await service.get(`used:${ticketId}`)) === `${claimant}`;
}

/** References are random: what stands there already is this state. States are secret: who reads the service reads sessions. */
async function put(service: KeyValueService, { reference, state, expiresAtEpochSeconds }: StoredTicket): Promise<boolean> {
  await service.swap(`state:${reference}`, undefined, state, expiresAtEpochSeconds);
  return true;
}

async function revoke(service: KeyValueService, name: TicketName): Promise<void> {
  const key = revokedKey(name);
  while (true) {
    const before = await service.get(key);
    const known: Partial<Revoked> = before === undefined ? {} : JSON.parse(textOf(before) ?? "{}");
    const below = name.series === undefined ? undefined : Math.max(known.below ?? 0, (name.serial ?? 0) + 1);
    const expiresAtEpochSeconds = Math.max(known.expiresAtEpochSeconds ?? 0, name.expiresAtEpochSeconds + MARGIN_SECONDS);
    const revoked: Revoked = { ...(below !== undefined && { below }), expiresAtEpochSeconds };
    if (await service.swap(key, before, octetsOf(JSON.stringify(revoked)), expiresAtEpochSeconds)) return;
  }
}

/** By its own name, or with its series. */
async function isRevoked(service: KeyValueService, name: TicketName): Promise<boolean> {
  if (await service.get(revokedKey({ ...name, series: undefined })) !== undefined) return true;
  if (name.series === undefined) return false;
  const text = textOf(await service.get(revokedKey(name)));
  const { below = 0 }: Partial<Revoked> = text === undefined ? {} : JSON.parse(text);
  return (name.serial ?? 0) < below;
}

function revokedKey({ series, ticketId }: Pick<TicketName, "ticketId"> & { readonly series?: string | undefined }): string {
  return series === undefined ? `revoked:${ticketId}` : `revoked-series:${series}`;
}

function octetsOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function textOf(octets: Uint8Array | undefined): string | undefined {
  return octets && new TextDecoder().decode(octets);
}
