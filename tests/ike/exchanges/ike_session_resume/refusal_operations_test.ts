/**
 * What a gateway does for a ticket that it refuses: asked for, step by step, so that the time of an answer cannot tell what was wrong with it.
 * The times themselves are measured by bench/refusal_time.ts.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openTicket, prf, type Step, type StepRequest } from "../../../../src/ike/steps/step.ts";
import { runWave } from "../../../../src/ike/steps/wave.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { encodeReferencePart, joinTicket, macRequest } from "../../../../src/ticket/ticket_by_reference.ts";
import { openTicketRequest } from "../../../../src/ticket/ticket_by_value.ts";
import { TicketKeyRing } from "../../../../src/ticket/ticket_key_ring.ts";
import { HandmadeClient } from "../../../simulation/handmade_client.ts";
import { effectsOf, Simulation, START_EPOCH_SECONDS } from "../../../simulation/simulation.ts";
import { testEveryProvider } from "../../every_provider.ts";

const KEY_ID_OFFSET = 4;
const KEY_ID_LENGTH = 8;
const IV_OFFSET = 12;
const IV_LENGTH = 12;
const TAG_LENGTH = 16;

/** Every way in which a ticket of the right form and length can fail to be authentic, and for the last one a gateway with other keys. */
function failures(ticket: Uint8Array): Record<string, Uint8Array> {
  const changed = (at: number, length = 1) => {
    const copy = ticket.slice();
    for (let index = at; index < at + length; index++) copy[index] ^= 0xff;
    return copy;
  };
  return {
    "the first octet of the IV altered": changed(IV_OFFSET),
    "the first octet of the state altered": changed(IV_OFFSET + IV_LENGTH),
    "an octet in the middle altered": changed(ticket.length >> 1),
    "the last octet of the state altered": changed(ticket.length - TAG_LENGTH - 1),
    "the first octet of the tag altered": changed(ticket.length - TAG_LENGTH),
    "the last octet of the tag altered": changed(ticket.length - 1),
    "all of the tag altered": changed(ticket.length - TAG_LENGTH, TAG_LENGTH),
    "everything but version and key identity altered": changed(IV_OFFSET, ticket.length - IV_OFFSET),
    "a key identity that is not known": changed(KEY_ID_OFFSET, KEY_ID_LENGTH),
    "a key identity that is not known, in its last octet alone": changed(IV_OFFSET - 1),
    "a key identity of zeros": ticket.map((octet, index) => index >= KEY_ID_OFFSET && index < IV_OFFSET ? 0 : octet),
  };
}

testEveryProvider(
  "[R-9.2-1] a ticket that is not authentic costs the same operations on as many octets, and the same answer, whatever is wrong",
  async (provider) => {
    const simulation = new Simulation({ provider });
    const { ticket } = (await simulation.clientWithTicket()).ticket;
    const handmade = new HandmadeClient(simulation);
    const nonce = simulation.random.octets(32);

    const refusals = new Map<string, Refusal>();
    for (const [what, octets] of Object.entries(failures(ticket))) {
      assert.equal(octets.length, ticket.length);
      refusals.set(what, await refusal(simulation, handmade.datagram(handmade.resumeRequest(octets, nonce, [], 0x99n))));
    }
    const ring = TicketKeyRing.generate(simulation.random.octets, START_EPOCH_SECONDS);
    simulation.restartGateway({ ticketKeys: ring });
    refusals.set(
      "a gateway with other keys",
      await refusal(simulation, handmade.datagram(handmade.resumeRequest(ticket, nonce, [], 0x99n))),
    );

    const [first, ...others] = refusals;
    assert.equal(first[1].asked.length, 1, "one ticket is opened, and nothing else");
    assert.match(first[1].asked[0], /^openTickets /);
    for (const [what, other] of others) assert.deepEqual(other, first[1], what);
    assert.equal(simulation.gateway.halfOpenCount, 0);
  },
);

testEveryProvider(
  "[R-9.2-1] a ticket by reference that is not authentic costs the same operations too, and no store is asked",
  async (provider) => {
    const ring = TicketKeyRing.generate((length) => new Uint8Array(length).fill(7), START_EPOCH_SECONDS);
    const simulation = new Simulation({ provider, gateway: { ticketKeys: ring } });
    const [key] = ring.keys;
    const run = <T>(step: Step<T>): Promise<T> => runWave([step], simulation.services).then(([result]) => result);
    const reference = { reference: simulation.random.octets(16), expiresAtEpochSeconds: START_EPOCH_SECONDS + 60 };
    const part = encodeReferencePart(reference, key.keyId);
    const ticket = joinTicket(part, await run(prf(macRequest(part, key))));
    const changed = (...places: number[]) => ticket.map((octet, index) => places.includes(index) ? octet ^ 1 : octet);
    const handmade = new HandmadeClient(simulation);
    const nonce = simulation.random.octets(32);
    const seen: Refusal[] = [];
    for (const octets of [12, 20, 30, 32, 47, 63, 4, 11].map((at) => changed(at % ticket.length))) {
      seen.push(await refusal(simulation, handmade.datagram(handmade.resumeRequest(octets, nonce, [], 0x99n))));
    }
    assert.ok(seen[0].asked.length > 0);
    assert.ok(seen[0].asked.every((asked) => /^verifyMac /.test(asked)), seen[0].asked.join());
    for (const other of seen) assert.deepEqual(other, seen[0]);
  },
);

test("[R-9.2-1] a gateway that gave up early for an unknown key identity would be found out", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const { ticket } = (await simulation.clientWithTicket()).ticket;
  const ring = TicketKeyRing.generate(simulation.random.octets, START_EPOCH_SECONDS);
  function* leaky(octets: Uint8Array): Step<Uint8Array | undefined> {
    const keyId = octets.subarray(KEY_ID_OFFSET, IV_OFFSET);
    const request = ring.find(keyId) && openTicketRequest(octets, ring);
    return request && (yield* openTicket(request));
  }
  const known = ticket.slice();
  known.set(ring.keys[0].keyId, KEY_ID_OFFSET);
  const asked: string[][] = [];
  for (const octets of [known, ticket]) {
    const requests: string[] = [];
    await runWave([watched(leaky(octets), requests)], simulation.services);
    asked.push(requests);
  }
  assert.notDeepEqual(asked[0], asked[1]);
});

test("[R-9.2-1] a gateway that looked at a ticket in pieces, and stopped at the first wrong one, would be found out", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const { ticket } = (await simulation.clientWithTicket()).ticket;
  const ring = TicketKeyRing.generate(simulation.random.octets, START_EPOCH_SECONDS);
  function* leaky(octets: Uint8Array): Step<boolean> {
    for (let at = IV_OFFSET; at < octets.length; at += 32) {
      const request = openTicketRequest(octets, ring)!;
      yield* openTicket(request);
      if (octets.subarray(at, at + 32).some((octet, index) => octet !== ticket[at + index])) return false;
    }
    return true;
  }
  const asked: string[][] = [];
  for (const what of ["the first octet of the IV altered", "the last octet of the tag altered"]) {
    const requests: string[] = [];
    await runWave([watched(leaky(failures(ticket)[what]), requests)], simulation.services);
    asked.push(requests);
  }
  assert.notDeepEqual(asked[0], asked[1]);
});

interface Refusal {
  /** What the gateway asked for, in order: operation, and the lengths of everything that it gave along. */
  readonly asked: readonly string[];
  readonly answer: Uint8Array;
  readonly reason: string;
}

async function refusal(simulation: Simulation, datagram: Parameters<Simulation["gateway"]["receive"]>[0]): Promise<Refusal> {
  const asked: string[] = [];
  const [effects] = await runWave([watched(simulation.gateway.receive(datagram, simulation.now), asked)], simulation.services);
  const [{ datagram: answer }] = effectsOf(effects, "send");
  const [{ reason }] = effectsOf(effects, "ticket-refused");
  return { asked, answer: answer.octets, reason };
}

/** The step as it is, with what it asks for written down. */
function* watched<T>(step: Step<T>, asked: string[]): Step<T> {
  let state = step.next();
  while (!state.done) {
    asked.push(shapeOf(state.value));
    state = step.next(yield state.value);
  }
  return state.value;
}

function shapeOf({ operation, request }: StepRequest): string {
  const shape = JSON.stringify(request, (_, value) => value instanceof Uint8Array ? `${value.length} octets` : value);
  return `${operation} ${shape}`;
}
