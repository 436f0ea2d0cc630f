/**
 * Clients come back to a measured gateway, each by both exchanges, and none counts before its keys are the gateway's.
 *
 * @module
 */
import type { ClientTicket } from "../../src/ticket/client_ticket.ts";
import { answeredBy, type Attempt, type Clients, WrongResumption } from "./clients.ts";
import type { CpuReading } from "./cpu_clock.ts";
import type { GatewayProcess } from "./gateway_process.ts";
import type { ServeAnswer } from "./protocol.ts";
import { childSaTexts, type ClientMessage, packMessages, unpackMessages } from "./records.ts";

/** Clients under way at a time, unless more of their messages are to arrive together. */
const UNDER_WAY = 64;

/** Processor time of the gateway, in microseconds. */
export interface Cost {
  readonly threadUs: number;
  /** All threads. What the process did to talk to the bench is left out. */
  readonly processUs: number;
}

/** A client that can come back. The ticket that it gets takes the place of the one that it had. */
export interface TicketHolder {
  readonly client: number;
  ticket: ClientTicket;
}

export interface PassOptions {
  readonly clients: Clients;
  readonly gateway: Pick<GatewayProcess, "tell">;
  readonly holders: readonly TicketHolder[];
  /** How many messages arrive together. */
  readonly burst: number;
  /** Clients under way at a time. Default: 64, or `burst` where that is more. */
  readonly underWay?: number;
  /** Counts of clients after which to tell the cost so far, in ascending order. */
  readonly marks?: readonly number[];
}

/** @returns the cost of all, and, by mark, of so many of the first. @throws {WrongResumption} */
export async function resumeAll(
  options: PassOptions,
): Promise<{ readonly cost: Cost; readonly marked: ReadonlyMap<number, Cost> }> {
  const { clients, gateway, holders, burst, underWay = Math.max(UNDER_WAY, burst), marks = [] } = options;
  const meter = new Meter();
  const marked = new Map<number, Cost>();
  const attempts = await clients.begin(holders);
  for (let done = 0; done < attempts.length;) {
    const mark = marks.find((mark) => mark > done) ?? Infinity;
    const some = attempts.slice(done, Math.min(done + underWay, mark));
    const upAtGateway = new Map<string, string>();
    // Request and answer of both exchanges.
    for (let exchange = 0; exchange < 2; exchange++) {
      const { header, octets } = await gateway.tell<ServeAnswer>({ command: "serve", burst }, packMessages(messagesOf(some)));
      meter.take(header);
      await clients.receive(some, unpackMessages(octets.subarray(0, header.answersLength)));
      for (const [name, keys] of childSaTexts(octets.subarray(header.answersLength), "responder")) upAtGateway.set(name, keys);
    }
    for (const attempt of some) holders[done++].ticket = nextTicketOf(attempt, upAtGateway);
    if (marks.includes(done)) marked.set(done, meter.cost);
  }
  return { cost: meter.cost, marked };
}

function messagesOf(attempts: readonly Attempt[]): ClientMessage[] {
  return attempts.map((attempt) => {
    const { client, message } = attempt;
    if (message === undefined) throw new WrongResumption(`client ${client}: it has no message to send, ${answeredBy(attempt)}`);
    return { client, octets: message };
  });
}

/** By the client's own word, and the gateway's. */
function nextTicketOf(attempt: Attempt, upAtGateway: ReadonlyMap<string, string>): ClientTicket {
  const { client, resumed, childSa, ticket, initiator } = attempt;
  initiator.dispose();
  if (resumed !== true) {
    throw new WrongResumption(`client ${client}: its IKE SA is not up by its ticket, ${answeredBy(attempt)}`);
  }
  if (ticket === undefined) throw new WrongResumption(`client ${client}: it got no next ticket`);
  if (childSa === undefined) throw new WrongResumption(`client ${client}: it has no Child SA`);
  const [name, keys] = childSa;
  if (upAtGateway.get(name) !== keys) {
    throw new WrongResumption(`client ${client}: the keys of its Child SA are not the gateway's`);
  }
  return ticket;
}

/** Sums up what serving cost: between two times, other threads may still work on what it left behind, and this one works for the bench. */
class Meter {
  #first: CpuReading | undefined;
  #last: CpuReading | undefined;
  #threadUs = 0;
  #ownUs = 0;

  take({ before, after }: ServeAnswer): void {
    this.#first ??= before;
    if (this.#last) this.#ownUs += before.threadUs - this.#last.threadUs;
    this.#threadUs += after.threadUs - before.threadUs;
    this.#last = after;
  }

  get cost(): Cost {
    const processUs = (this.#last?.processUs ?? 0) - (this.#first?.processUs ?? 0);
    return { threadUs: this.#threadUs, processUs: processUs - this.#ownUs };
  }
}
