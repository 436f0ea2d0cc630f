/**
 * Which hostile datagrams go along with a load, and how many: `forged-tickets=100/s,garbage=50/s`.
 *
 * @module
 */
import { BlockList, isIP, isIPv6 } from "node:net";
import { CURVE25519 } from "../../crypto/registry.ts";
import type { AttackKind } from "./attack.ts";
import { initMessage } from "./first_messages.ts";
import { garbage } from "./garbage.ts";
import { leftHalfOpen } from "./left_half_open.ts";
import { FORGED_TICKETS, ticketsUnderManySpis, USED_TICKETS } from "./tickets.ts";

export const HOSTILE_KINDS = ["forged-tickets", "replayed-tickets", "garbage", "half-open"] as const;
export type HostileKind = typeof HOSTILE_KINDS[number];

/** Datagrams a second, by kind. */
export type HostileMix = { readonly [Kind in HostileKind]?: number };

const HIGHEST_RATE = 100_000;
const PUBLIC_VALUES = 16;
/** One each in as many networks, none of them that of clients. */
const NETWORKS = 64;

/** @throws {RangeError} what is allowed */
export function parseHostileMix(text: string): HostileMix {
  const parts = text.split(",").map((part) => /^\s*([a-z-]+)\s*=\s*(\d{1,6})(?:\/s)?\s*$/.exec(part));
  const rates = parts.map((part) => [part?.[1] ?? "", Number(part?.[2])] as const);
  const areKnown = rates.every(([kind, rate]) =>
    (HOSTILE_KINDS as readonly string[]).includes(kind) && rate >= 1 && rate <= HIGHEST_RATE
  );
  if (!areKnown || new Set(rates.map(([kind]) => kind)).size !== rates.length) {
    throw new RangeError(
      `Allowed are ${HOSTILE_KINDS.join(", ")}, each once, with 1/s to ${HIGHEST_RATE}/s: forged-tickets=100/s,garbage=50/s.`,
    );
  }
  return Object.fromEntries(rates);
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** Whether nobody but this machine gets what is sent there: only then is anything hostile sent. */
export function isLoopback(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && LOOPBACK.check(address, version === 6 ? "ipv6" : "ipv4");
}

export function needsTickets(mix: HostileMix): boolean {
  return mix["forged-tickets"] !== undefined || mix["replayed-tickets"] !== undefined;
}

/** @param target on loopback */
export function attackKindOf(kind: HostileKind, target: string): AttackKind {
  const addresses = isIPv6(target) ? ["::1"] : Array.from({ length: NETWORKS }, (_, index) => `127.66.${index + 1}.1`);
  switch (kind) {
    case "forged-tickets":
      return ticketsUnderManySpis(kind, "altered tickets", FORGED_TICKETS, addresses);
    case "replayed-tickets":
      return ticketsUnderManySpis(kind, "tickets that were used", USED_TICKETS, addresses);
    case "garbage":
      return garbage(addresses);
    case "half-open":
      return leftHalfOpen(
        kind,
        "IKE_SA_INIT, cookies answered, IKE_AUTH never sent",
        addresses,
        ({ keyExchange }) => Array.from({ length: PUBLIC_VALUES }, () => initMessage(CURVE25519, keyExchange)),
      );
  }
}
