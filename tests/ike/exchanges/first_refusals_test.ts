import assert from "node:assert/strict";
import { test } from "node:test";
import { notify } from "../../../src/ike/message/notify.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { ExchangeType, NotifyType } from "../../../src/wire/constants.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { effectsOf, Simulation } from "../../simulation/simulation.ts";

async function scene() {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const { ticket } = await simulation.clientWithTicket();
  const handmade = new HandmadeClient(simulation);
  const requests = {
    init: await handmade.initRequest({ extra: [{ type: "V", vendorId: new Uint8Array(8) }] }),
    resume: handmade.resumeRequest(ticket.ticket, new Uint8Array(32).fill(7), [{ type: "V", vendorId: new Uint8Array(8) }]),
  };
  return { simulation, handmade, requests };
}

/** A copy in which the last payload, a vendor ID of 8 octets, is of a type that is not known, and critical. */
function withCriticalPayload(request: Uint8Array, type = 99): Uint8Array {
  const octets = request.slice();
  for (let at = 28, typeAt = 16; at < octets.length; typeAt = at, at += octets[at + 2] << 8 | octets[at + 3]) {
    if (octets[typeAt] !== 43) continue;
    octets[typeAt] = type;
    octets[at + 1] = 0x80;
  }
  return octets;
}

function changed(original: Uint8Array, at: number, octet: number): Uint8Array {
  const octets = original.slice();
  octets[at] = octet;
  return octets;
}

const VERSION = 17;
const FLAGS = 19;

test("[R-4.3.2-8] [C-7.7] a first message with an unknown critical payload gets UNSUPPORTED_CRITICAL_PAYLOAD, for IKE_SESSION_RESUME as for IKE_SA_INIT", async () => {
  const { simulation, handmade, requests } = await scene();
  for (const [name, told] of [["init", "init-refused"], ["resume", "ticket-refused"]] as const) {
    const request = withCriticalPayload(requests[name]);
    const { replies: [reply], effects } = await handmade.deliver(request);
    assert.deepEqual(reply.payloads, [notify(NotifyType.UNSUPPORTED_CRITICAL_PAYLOAD, Uint8Array.of(99))]);
    const { header } = reply;
    assert.deepEqual(
      [
        header.initiatorSpi,
        header.responderSpi,
        header.exchangeType,
        header.messageId,
        header.isResponse,
        header.fromInitiator,
      ],
      [new DataView(request.buffer).getBigUint64(0), 0n, request[18], 0, true, false],
    );
    assert.ok(reply.octets.length <= request.length);
    const profile = name === "resume" ? { profile: "rfc5723" } : {};
    assert.deepEqual(effects.slice(1), [{ type: told, reason: "critical-payload", ...profile }]);
  }
  assert.equal(simulation.gateway.halfOpenCount, 0);
});

test("[C-7.7] a first message of a later major version gets INVALID_MAJOR_VERSION in a message of this one, an earlier one nothing", async () => {
  const { simulation, handmade, requests } = await scene();
  for (const request of [requests.init, requests.resume]) {
    const { replies: [reply] } = await handmade.deliver(changed(request, VERSION, 0x30));
    assert.deepEqual(reply.payloads, [notify(NotifyType.INVALID_MAJOR_VERSION)]);
    assert.equal(reply.octets[VERSION], 0x20);
    assert.equal(reply.header.initiatorSpi, new DataView(request.buffer).getBigUint64(0));
    assert.ok(reply.octets.length <= request.length);
    assert.deepEqual((await handmade.deliver(changed(request, VERSION, 0x10))).replies, []);
  }
  assert.equal(simulation.gateway.halfOpenCount, 0);
});

test("neither is ever an answer to a response, to who is no initiator, to a message on an IKE SA, or to what is shorter", async () => {
  const { handmade, requests } = await scene();
  const bare = changed(changed(requests.init.slice(0, 32), 27, 32), 16, 99);
  new DataView(bare.buffer).setUint32(28, 0x00800004);
  const silent = [
    changed(requests.init, FLAGS, 0x28),
    changed(requests.init, FLAGS, 0x20),
    changed(requests.init, FLAGS, 0x00),
    changed(requests.init, 15, 1),
    bare,
  ];
  for (const request of silent) {
    for (const octets of [withCriticalPayload(request), changed(request, VERSION, 0x30)]) {
      assert.deepEqual(effectsOf((await handmade.deliver(octets)).effects, "send"), []);
    }
  }
  const noSpi = requests.init.slice().fill(0, 0, 8);
  for (const octets of [withCriticalPayload(noSpi), changed(noSpi, VERSION, 0x30)]) {
    assert.deepEqual(effectsOf((await handmade.deliver(octets)).effects, "send"), []);
  }
});

test("a hundred such answers go out in a second; beyond them a request to resume still gets TICKET_NACK", async () => {
  const { simulation, handmade, requests } = await scene();
  const strange = changed(requests.init, VERSION, 0x30);
  let answers = 0;
  for (let count = 0; count < 150; count++) answers += (await handmade.deliver(strange)).replies.length;
  assert.equal(answers, 100);
  assert.deepEqual((await handmade.deliver(withCriticalPayload(requests.init))).replies, []);
  const { replies: [refusal] } = await handmade.deliver(withCriticalPayload(requests.resume));
  assert.deepEqual(refusal.payloads, [notify(NotifyType.TICKET_NACK)]);
  assert.equal(refusal.header.exchangeType, ExchangeType.IKE_SESSION_RESUME);
  simulation.network.nowMs += 1_000;
  assert.equal((await handmade.deliver(strange)).replies.length, 1);
});
