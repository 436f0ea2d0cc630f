/**
 * A thread that claims the same tickets as others do, in an order of its own, as fast as it can.
 *
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";
import { RemoteStore } from "../../../src/gateway/workers/remote_store.ts";
import type { ClaimRequest } from "../../../src/ike/steps/step.ts";
import { directStore } from "../../../src/store/shared/direct_store.ts";
import type { SharedTicketMemory } from "../../../src/store/shared/shared_memory_store.ts";
import { SeededRandom } from "../../simulation/seeded_random.ts";
import { shuffled, ticketOf } from "./claimed_tickets.ts";

export interface ClaimingWorkerData {
  readonly memory: SharedTicketMemory;
  readonly worker: number;
  readonly tickets: number;
  readonly mostInBatch: number;
  readonly rounds: number;
}

const { memory, worker, tickets, mostInBatch, rounds } = workerData as ClaimingWorkerData;
const remote = new RemoteStore((calls) => parentPort!.postMessage({ calls }));
parentPort!.on("message", (answers) => remote.answered(answers));
const { claims } = directStore(memory, worker, remote);
const random = new SeededRandom(worker);
const numberBelow = (bound: number) => Math.floor(random.number() * bound);
const claimed: number[] = [];
let asked = 0;
let unanswered = 0;

for (let round = 0; round < rounds; round++) {
  const order = shuffled(tickets, numberBelow);
  for (let at = 0; at < order.length;) {
    const numbers = order.slice(at, at + 1 + numberBelow(mostInBatch));
    const batch: ClaimRequest[] = numbers.map(ticketOf);
    const answer = claims.claim(batch);
    if (answer instanceof Promise) asked++;
    const answers = await answer;
    numbers.forEach((number, index) => {
      if (answers[index] === true) claimed.push(number);
      if (answers[index] === undefined) unanswered++;
    });
    at += numbers.length;
  }
}
parentPort!.postMessage({ done: { claimed, asked, unanswered } });
