/**
 * What a gateway answers on its control socket: lines of JSON, the last of which says that it is done, or what was wrong.
 *
 * @module
 */
import process from "node:process";
import type { Draining } from "../../gateway/draining.ts";
import type { IkeSaAdministration } from "../../gateway/ike_sa_administration.ts";
import type { RevokedTickets } from "../../gateway/gateway_options.ts";
import type { Endpoint } from "../../ike/steps/datagram.ts";
import { messageOf } from "../../store/owners_file.ts";
import type { EventObject } from "../effect_event.ts";
import type { Reload } from "../gateway_reload.ts";
import type { LogThreshold } from "../log/log_levels.ts";
import { VERSION } from "../version.ts";
import { type ControlRequest, controlRequest, revokedBy, whichOf } from "./control_request.ts";
import { ikeSaJson } from "./ike_sa_json.ts";
import type { Reply } from "./line_server.ts";

/** What the commands of the socket reach: a gateway in one thread or several, and the program around it. */
export interface ControlledService {
  readonly gateway: Pick<IkeSaAdministration, "ikeSas" | "terminate" | "rekey"> & {
    readonly local: readonly Endpoint[];
    readonly encapsulatedLocal: readonly Endpoint[];
    revoke(what: RevokedTickets): Promise<void>;
  };
  readonly provider: string;
  readonly workers: number;
  /** By name, with the counts of IKE SAs among them. */
  counters(): Promise<object>;
  isStoreUp(): boolean;
  /** Ticket keys by phase. */
  ticketKeys(): { readonly staged: number; readonly previous: number; readonly currentAgeSeconds: number };
  /** @throws {Error} they are not made here: one line for people. @returns the name of the key that seals now. */
  rotateTicketKeys(): string;
  readonly reload: Reload;
  /** Where clients go if `drain` names no other gateway. */
  readonly drainTo: string | undefined;
  /** See `Gateway.drain`. */
  drain(draining: Draining): Promise<number>;
  /** Which lines of the log are written; `undefined`: there is no log. */
  readonly log: LogThreshold | undefined;
  /** What was done by command stands among the events. */
  readonly tell: (event: EventObject) => void;
}

/** The last line of an answer. */
type Done = { readonly done: true; readonly [name: string]: unknown };

/** @returns what answers a request, and never rejects. */
export function controlAnswers(service: ControlledService): (request: string, reply: Reply) => Promise<void> {
  const startedAtMs = performance.now();
  return async (line, reply) => {
    try {
      const request = controlRequest(line);
      const done = await answer(request, service, reply, startedAtMs);
      if (done !== undefined) await reply(JSON.stringify(done));
    } catch (error) {
      await reply(errorLine(messageOf(error)));
    }
  };
}

/** The last line of an answer that says what was wrong. */
export function errorLine(words: string): string {
  return JSON.stringify({ error: words.replaceAll("\n", " ") });
}

/** `undefined`: nobody reads the answer any more. */
async function answer(
  request: ControlRequest,
  service: ControlledService,
  reply: Reply,
  startedAtMs: number,
): Promise<Done | undefined> {
  const { gateway, tell } = service;
  switch (request.command) {
    case "status":
      return { done: true, status: await statusOf(service, startedAtMs) };
    case "list":
    case "show": {
      let count = 0;
      for await (const page of gateway.ikeSas(whichOf(request))) {
        for (const described of page) if (!await reply(JSON.stringify({ ike_sa: ikeSaJson(described) }))) return undefined;
        count += page.length;
      }
      return { done: true, count };
    }
    case "terminate":
    case "rekey": {
      const count = await gateway[request.command](whichOf(request));
      tell({ event: "control-command", command: request.command, count });
      return { done: true, count };
    }
    case "revoke":
      await gateway.revoke(revokedBy(request));
      tell({ event: "control-command", command: request.command });
      return { done: true };
    case "keys-rotate": {
      const current = service.rotateTicketKeys();
      tell({ event: "control-command", command: request.command, current });
      return { done: true, current };
    }
    case "drain": {
      const to = request.to ?? service.drainTo;
      if (to === undefined) throw new Error("drain: no gateway to go to, expected to, or --drain-to of the gateway");
      tell({ event: "draining", to });
      const left = await service.drain({ to, seconds: request.seconds ?? 0 });
      tell({ event: "drained", left });
      return { done: true, to, left };
    }
    case "log-level": {
      const { log } = service;
      if (log === undefined) throw new Error("log-level: the gateway has no log, see --log-format");
      log.level = request.level;
      return { done: true, level: log.level };
    }
    case "reload": {
      const { users, needRestart, ended = 0 } = await service.reload();
      return { done: true, users, need_restart: needRestart, ended };
    }
  }
}

async function statusOf(service: ControlledService, startedAtMs: number): Promise<object> {
  const { gateway, provider, workers } = service;
  return {
    version: VERSION,
    pid: process.pid,
    up_s: Math.floor((performance.now() - startedAtMs) / 1_000),
    provider,
    workers,
    listening: gateway.local.map(({ address, port }, place) => ({
      address,
      port,
      nat_port: gateway.encapsulatedLocal[place].port,
    })),
    store: service.isStoreUp() ? "up" : "down",
    ticket_keys: keysOf(service.ticketKeys()),
    rss_bytes: process.memoryUsage().rss,
    counters: await service.counters(),
  };
}

function keysOf({ staged, previous, currentAgeSeconds }: ReturnType<ControlledService["ticketKeys"]>): object {
  return { staged, previous, current_age_s: Math.floor(currentAgeSeconds) };
}
