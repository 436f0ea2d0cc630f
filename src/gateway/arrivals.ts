/**
 * Datagrams as they come from the sockets: counted, judged, and put in line.
 *
 * @module
 */
import type { Responder } from "../ike/responder.ts";
import { Urgency } from "../ike/responder/urgency.ts";
import type { Datagram } from "../ike/steps/datagram.ts";
import type { WaveScheduler } from "../transport/wave_scheduler.ts";
import { HEADER_LENGTH } from "../wire/header.ts";
import type { zeroCounters } from "./counters.ts";
import type { Work } from "./task.ts";
import type { WaitingDatagrams } from "./waiting_datagrams.ts";

export interface Line {
  readonly responder: Responder;
  readonly scheduler: WaveScheduler<Work>;
  readonly waiting: WaitingDatagrams;
  readonly counters: ReturnType<typeof zeroCounters>;
}

/** Puts a datagram in the line of its urgency, if there is room. */
export function putInLine(datagram: Datagram, { responder, scheduler, waiting, counters }: Line): void {
  counters.received_datagrams_total++;
  if (datagram.octets.length < HEADER_LENGTH) {
    counters.short_datagrams_total++;
    return;
  }
  const urgency = responder.urgencyOf(datagram.octets);
  const entered = waiting.enter(datagram, urgency);
  if (entered && scheduler.submit(entered, "if-room", urgency)) return;
  if (entered) waiting.leave(entered);
  counters.queue_dropped_datagrams_total++;
  if (urgency === Urgency.STRANGER) counters.queue_dropped_first_messages_total++;
}
