import assert from "node:assert/strict";
import { test } from "node:test";
import { addressRangeSelector } from "../../../../src/ike/child_sa/traffic_selectors.ts";
import { defaultIkeProposals } from "../../../../src/ike/ike_sa/proposals.ts";
import { notify } from "../../../../src/ike/message/notify.ts";
import type { ResponderOptions } from "../../../../src/ike/responder.ts";
import { TicketKeyRing } from "../../../../src/ticket/ticket_key_ring.ts";
import { ExchangeType, NotifyType } from "../../../../src/wire/constants.ts";
import { encodeMessage } from "../../../../src/wire/message.ts";
import type { Payload } from "../../../../src/wire/payload.ts";
import { assertSameKeys, copyOf, gatewayChildSa, resumptions, upAndTicket } from "../../../simulation/coming_back.ts";
import { decoded } from "../../../simulation/messages.ts";
import {
  effectsOf,
  endpoint,
  GATEWAY_ADDRESS,
  type SimulatedClient,
  Simulation,
  START_EPOCH_SECONDS,
} from "../../../simulation/simulation.ts";
import { testEveryProvider } from "../../every_provider.ts";

const NACK = notify(NotifyType.TICKET_NACK);

testEveryProvider(
  "[R-4.3.2-3] after TICKET_NACK a client makes one full exchange with the same configuration",
  async (provider) => {
    const simulation = new Simulation({ provider });
    const client = await simulation.clientWithTicket({ refusalPatienceMs: 700 });
    simulation.restartGateway(otherKeys(simulation));
    const selectors = [addressRangeSelector(new Uint8Array(4), Uint8Array.of(9, 9, 9, 9))];
    const again = simulation.addClient(
      { identity: client.ticket.initiatorId, localSelectors: selectors, refusalPatienceMs: 700 },
      client.ticket,
    );
    const before = simulation.network.sent.length;
    const startedAt = simulation.network.nowMs;
    await simulation.start(again);
    const resumingSpi = again.initiator.initiatorSpi;
    await simulation.run();

    assert.deepEqual(effectsOf(again.effects, "resumption-failed").map(({ reason }) => reason), ["nack"]);
    assert.deepEqual(resumptions(again), [false]);
    assert.notEqual(again.initiator.initiatorSpi, resumingSpi);
    assert.deepEqual(again.childSa.localSelectors, selectors);
    assert.deepEqual(effectsOf(simulation.gatewayEffects, "ike-sa-up").at(-1)?.initiatorId, client.ticket.initiatorId);
    assertSameKeys(again.childSa, gatewayChildSa(simulation));
    // TICKET_NACK is unsigned: it alone decides only after the time for a better answer is over.
    const { atMs } = again.happenings.find(({ effect }) => effect.type === "resumption-failed")!;
    assert.ok(atMs >= startedAt + 700 && atMs < startedAt + 800, `fell back after ${atMs - startedAt} ms`);
    const types = simulation.network.sent.slice(before).map(({ octets }) => decoded(octets).header.exchangeType);
    assert.equal(types.filter((type) => type === ExchangeType.IKE_SA_INIT).length, 2);
    assert.equal(types.lastIndexOf(ExchangeType.IKE_SESSION_RESUME) < types.indexOf(ExchangeType.IKE_SA_INIT), true);
    assert.equal(effectsOf(again.effects, "ticket-received").length, 1);
  },
);

test("[R-4.3.2-3] a forged TICKET_NACK before the real answer does not keep a client from resuming", async () => {
  for (const forgery of [[NACK], [notify(NotifyType.NO_PROPOSAL_CHOSEN)], [notify(NotifyType.INVALID_SYNTAX), NACK]]) {
    const { simulation, client } = await upAndTicket();
    const again = simulation.addClient({ identity: client.ticket.initiatorId }, client.ticket);
    await simulation.start(again);
    for (let times = 0; times < 10; times++) injectAnswer(simulation, again, forgery);
    await simulation.run();
    assert.deepEqual(resumptions(again), [true]);
    assert.deepEqual(effectsOf(again.effects, "resumption-failed"), []);
  }
});

test("[R-4.3.2-3] a forged TICKET_NACK while the real answer is lost: the request is sent again within patience, and resumes", async () => {
  const { simulation, client } = await upAndTicket();
  const again = simulation.addClient({ identity: client.ticket.initiatorId }, client.ticket);
  let lost = 0;
  simulation.network.interference = (datagram) => lost++ === 0 ? undefined : datagram;
  await simulation.start(again);
  injectAnswer(simulation, again, [NACK]);
  await simulation.run();
  assert.deepEqual(resumptions(again), [true]);
});

test("[R-4.3.2-3] the fall-back happens once: when the full exchange fails too, it is over", async () => {
  const { simulation, client } = await upAndTicket();
  simulation.restartGateway({ ...otherKeys(simulation), presharedKeyOf: () => undefined });
  const again = simulation.addClient({ identity: client.ticket.initiatorId }, client.ticket);
  await simulation.start(again);
  await simulation.run();
  assert.equal(effectsOf(again.effects, "resumption-failed").length, 1);
  assert.deepEqual(effectsOf(again.effects, "ike-sa-down").map(({ reason }) => reason), ["authentication-failed"]);
  assert.equal(again.initiator.waitsFor, "nothing");
  assert.equal(again.initiator.deadline, undefined);
});

test("[R-4.3.2-3] a gateway of old that never answers IKE_SESSION_RESUME gets a full exchange in the end", async () => {
  const { simulation, client } = await upAndTicket();
  const again = simulation.addClient({ identity: client.ticket.initiatorId }, client.ticket);
  const requests: Uint8Array[] = [];
  simulation.network.interference = (datagram) => {
    if (decoded(datagram.octets).header.exchangeType !== ExchangeType.IKE_SESSION_RESUME) return datagram;
    requests.push(datagram.octets);
    return undefined;
  };
  await simulation.start(again);
  await simulation.run();
  assert.equal(requests.length, 7);
  for (const request of requests) assert.deepEqual(request, requests[0]);
  assert.deepEqual(effectsOf(again.effects, "resumption-failed").map(({ reason }) => reason), ["no-answer"]);
  assert.deepEqual(resumptions(again), [false]);
});

test("[R-4.3.2-3] IKE_AUTH refused by an authentic answer after IKE_SESSION_RESUME leads to a full exchange as well", async () => {
  const { simulation, client } = await upAndTicket();
  // Both present one ticket before either has used it; the slower one is refused under protection.
  const rival = simulation.addClient({ identity: client.ticket.initiatorId }, copyOf(client.ticket));
  const again = simulation.addClient({ identity: client.ticket.initiatorId }, copyOf(client.ticket));
  await simulation.start(rival, again);
  await simulation.run();
  assert.deepEqual([...resumptions(rival), ...resumptions(again)].sort(), [false, true]);
  const [refused] = [rival, again].filter((candidate) => !resumptions(candidate)[0]);
  assert.deepEqual(effectsOf(refused.effects, "resumption-failed").map(({ reason }) => reason), ["refused"]);
});

test("[R-4.3.2-3] a gateway that never answers at all: the client gives up once, after both exchanges", async () => {
  const { simulation, client } = await upAndTicket();
  simulation.network.interference = () => undefined;
  const again = simulation.addClient({ identity: client.ticket.initiatorId }, client.ticket);
  const before = simulation.network.sent.length;
  await simulation.start(again);
  await simulation.run();
  const types = simulation.network.sent.slice(before).map(({ octets }) => decoded(octets).header.exchangeType);
  assert.deepEqual(types, [...new Array(7).fill(38), ...new Array(7).fill(34)]);
  assert.deepEqual(effectsOf(again.effects, "ike-sa-down").map(({ reason }) => reason), ["no-answer"]);
});

test("[R-4.3.1-1] a ticket for another identity, or of another gateway than the one wanted, is not presented", async () => {
  const { simulation, client } = await upAndTicket();
  const elsewhere = { idType: 2, identification: new TextEncoder().encode("elsewhere.example") };
  const unfit = [
    { configuration: { identity: elsewhere }, ticket: copyOf(client.ticket) },
    { configuration: {}, ticket: { ...copyOf(client.ticket), responderId: elsewhere } },
    { configuration: {}, ticket: { ...copyOf(client.ticket), proposal: { ...client.ticket.proposal, transforms: [] } } },
    { configuration: {}, ticket: { ...copyOf(client.ticket), expiresAtEpochSeconds: START_EPOCH_SECONDS } },
  ];
  for (const { configuration, ticket } of unfit) {
    const again = simulation.addClient({ identity: client.ticket.initiatorId, ...configuration }, ticket);
    await simulation.start(again);
    assert.equal(decoded(simulation.network.sent.at(-1)!.octets).header.exchangeType, ExchangeType.IKE_SA_INIT);
  }
});

test("[R-5-8] a ticket with algorithms that the configuration no longer names is not presented, whichever it is", async () => {
  const { simulation, client } = await upAndTicket();
  const now = defaultIkeProposals();
  const [{ encryption: [{ algorithm }], prfs: [prf], groups: [group] }] = now;
  const without = [
    now.map((proposal) => ({
      ...proposal,
      encryption: proposal.encryption.filter((choice) => choice.algorithm !== algorithm),
    })),
    now.map((proposal) => ({ ...proposal, prfs: proposal.prfs.filter((other) => other !== prf) })),
    now.map((proposal) => ({ ...proposal, groups: proposal.groups.filter((other) => other !== group) })),
  ];
  for (const proposals of [now, ...without]) {
    const ikeProposals = proposals.filter(({ encryption }) => encryption.length > 0);
    const again = simulation.addClient({ identity: client.ticket.initiatorId, ikeProposals }, copyOf(client.ticket));
    await simulation.start(again);
    const { exchangeType } = decoded(simulation.network.sent.at(-1)!.octets).header;
    assert.equal(exchangeType, proposals === now ? ExchangeType.IKE_SESSION_RESUME : ExchangeType.IKE_SA_INIT);
  }
});

/** What a gateway has that lost its ticket keys. */
function otherKeys(simulation: Simulation): Partial<ResponderOptions> {
  return { ticketKeys: TicketKeyRing.generate(simulation.random.octets, START_EPOCH_SECONDS) };
}

/** An unprotected answer in the gateway's name, on its way to the client. */
function injectAnswer(simulation: Simulation, client: SimulatedClient, payloads: readonly Payload[]): void {
  const header = {
    initiatorSpi: client.initiator.initiatorSpi,
    responderSpi: 0n,
    exchangeType: ExchangeType.IKE_SESSION_RESUME,
    fromInitiator: false,
    isResponse: true,
    messageId: 0,
  };
  simulation.network.inject(encodeMessage(header, payloads), endpoint(GATEWAY_ADDRESS, 500), endpoint(client.address, 500));
}
