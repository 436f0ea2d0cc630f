/**
 * A gateway under control of a load test: commands on standard input, answers on standard output.
 *
 * @module
 */
import process from "node:process";
import { ConfigurationError, parseIdentity } from "../configuration/mod.ts";
import type { GatewayCounters } from "../gateway/counters.ts";
import type { ChildSa } from "../ike/child_sa/child_sa.ts";
import { GatewayWorkerError } from "../gateway/workers/gateway_worker_error.ts";
import type { SpiPair } from "../ike/ike_sa/spi.ts";
import type { Effect } from "../ike/states/effect.ts";
import { childSaFingerprint, type Fingerprints, ikeSaName } from "../load/child_sa_fingerprint.ts";
import { commandOf, type ControlAnswers, type ControlCommand, readJsonLines } from "../load/control_protocol.ts";
import type { Identity } from "../ticket/identity.ts";
import { kindOfTicketId } from "../ticket/issued_ticket.ts";

type Awaitable<T> = T | Promise<T>;

/** The gateway that is asked: one, or one of several workers. */
export interface ControlledGateway {
  counters(): Awaitable<GatewayCounters>;
  fingerprints(): Awaitable<Fingerprints>;
  revoke(what: { readonly ticketId: string } | { readonly identity: Identity }): Promise<void>;
}

/**
 * The Child SAs that are up. A load test asks for fingerprints only after its last measurement: until then they are just kept, at as little cost as can
 * be, since it counts as the gateway's.
 */
export class RememberedChildSas {
  /** By the responder's SPI, which is this end's own, unless it rekeyed the IKE SA: then it is the client's, as good as unique. */
  readonly #bySpi = new Map<bigint, { readonly spis: SpiPair; readonly childSa: ChildSa }>();

  take(effect: Effect): void {
    if (effect.type === "child-sa-up") this.#bySpi.set(effect.spis.responderSpi, effect);
    else if (effect.type === "ike-sa-down") this.#bySpi.delete(effect.spis.responderSpi);
  }

  fingerprints(): Fingerprints {
    const each = Array.from(this.#bySpi.values());
    return Object.fromEntries(each.map(({ spis, childSa }) => [ikeSaName(spis), childSaFingerprint(childSa, "responder")]));
  }
}

/**
 * Answers commands until standard input ends.
 *
 * @param outputCounters What the program itself counts.
 */
export function serveControl(
  gateway: ControlledGateway,
  outputCounters: () => Awaitable<{ readonly [name: string]: number }>,
  tell: (answer: string) => Promise<void>,
  stop: () => void,
): void {
  const answers: {
    readonly [Command in ControlCommand]: (line: object) => ControlAnswers[Command] | Promise<ControlAnswers[Command]>;
  } = {
    cpu: () => {
      const { user, system } = process.cpuUsage();
      return { cpu_us: user + system };
    },
    memory: () => ({ rss_bytes: process.memoryUsage().rss }),
    fingerprints: async () => ({ fingerprints: await gateway.fingerprints() }),
    counters: async () => ({ counters: { ...await gateway.counters(), ...await outputCounters() } }),
    revoke: async (line) => {
      const what = revokedBy(line);
      if (what === undefined) return { error: "revoke: expected ticket_id, the name of a ticket, or identity" };
      const { tickets_not_revoked_total: before } = await gateway.counters();
      try {
        await gateway.revoke(what);
      } catch (error) {
        // No worker serves at this moment.
        if (error instanceof GatewayWorkerError) return { revoked: false };
        throw error;
      }
      return { revoked: (await gateway.counters()).tickets_not_revoked_total === before };
    },
  };
  const answer = async (line: unknown) => {
    const command = commandOf(line);
    const allowed = Object.keys(answers).join(", ");
    await tell(JSON.stringify(
      command === undefined ? { error: `unknown command, allowed are ${allowed}` } : await answers[command](line as object),
    ));
  };
  // Answers stand in the order of their commands.
  let last = Promise.resolve();
  readJsonLines(process.stdin, (line) => {
    last = last.then(() => answer(line));
  }, stop);
}

/** What the command `revoke` names; `undefined`: nothing that can be revoked. */
function revokedBy(line: object): { readonly ticketId: string } | { readonly identity: Identity } | undefined {
  if ("ticket_id" in line && typeof line.ticket_id === "string") {
    return kindOfTicketId(line.ticket_id) === undefined ? undefined : { ticketId: line.ticket_id };
  }
  if (!("identity" in line) || typeof line.identity !== "string") return undefined;
  try {
    return { identity: parseIdentity(line.identity) };
  } catch (error) {
    if (error instanceof ConfigurationError) return undefined;
    throw error;
  }
}
