import assert from "node:assert/strict";
import { test } from "node:test";
import type { CryptoProvider } from "../../../src/crypto/provider.ts";
import { keysFromTicket } from "../../../src/ike/ike_sa/ike_sa_keys.ts";
import { noncePair } from "../../../src/ike/ike_sa/nonces.ts";
import { ikeSuiteOf } from "../../../src/ike/ike_sa/suite.ts";
import { findPayload } from "../../../src/ike/message/notify.ts";
import { openMessage } from "../../../src/ike/message/protected_message.ts";
import type { Effect } from "../../../src/ike/states/effect.ts";
import { runWave } from "../../../src/ike/steps/wave.ts";
import { ExchangeType } from "../../../src/wire/constants.ts";
import { encodeMessage } from "../../../src/wire/message.ts";
import { comeBack, upAndTicket } from "../../simulation/coming_back.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { decoded } from "../../simulation/messages.ts";
import { effectsOf, endpoint, GATEWAY_ADDRESS, Simulation } from "../../simulation/simulation.ts";
import { testEveryProvider } from "../every_provider.ts";

test("[R-4.3.1-2] a client that is handed a used ticket once more makes a full exchange: its SK_d is wiped, and known to everyone", async () => {
  const { simulation, client } = await upAndTicket();
  const { ticket } = client;
  const again = simulation.addClient({ identity: ticket.initiatorId }, ticket);
  await simulation.start(again);
  await simulation.run();
  assert.deepEqual(effectsOf(again.effects, "ike-sa-up").map(({ resumed }) => resumed), [true]);
  assert.deepEqual(ticket.skD, new Uint8Array(ticket.skD.length));

  const before = simulation.network.sent.length;
  const third = simulation.addClient({ identity: ticket.initiatorId }, ticket);
  await simulation.start(third);
  assert.equal(decoded(simulation.network.sent[before].octets).header.exchangeType, ExchangeType.IKE_SA_INIT);
});

testEveryProvider(
  "nothing is left of what a refused ticket holds: it was opened to see that it is used or expired",
  async (provider) => {
    const opened: Uint8Array[] = [];
    const watched: CryptoProvider = {
      name: provider.name,
      prf: (batch) => provider.prf(batch),
      prfPlus: (batch) => provider.prfPlus(batch),
      deriveKeys: (batch) => provider.deriveKeys(batch),
      verifyMac: (batch) => provider.verifyMac(batch),
      seal: (batch) => provider.seal(batch),
      open: (batch) => provider.open(batch),
      openTickets: (batch) => {
        const results = provider.openTickets(batch);
        opened.push(...results.filter((plaintext) => plaintext !== undefined));
        return results;
      },
      deriveAndOpen: (batch) => provider.deriveAndOpen(batch),
      authenticate: (batch) => provider.authenticate(batch),
      sealWithTicket: (batch) => provider.sealWithTicket(batch),
      forgetTicketKeys: () => provider.forgetTicketKeys(),
    };
    const simulation = new Simulation({ provider: watched });
    const used = await simulation.clientWithTicket();
    const expired = await simulation.clientWithTicket();
    const usedTicket = used.ticket.ticket.slice();
    await comeBack(simulation, used);
    opened.splice(0);
    const handmade = new HandmadeClient(simulation);
    const present = (ticket: Uint8Array) => handmade.deliver(handmade.resumeRequest(ticket, simulation.random.octets(32)));
    const reasonsOf = ({ effects }: { effects: Effect[] }) => effectsOf(effects, "ticket-refused").map(({ reason }) => reason);
    assert.deepEqual(reasonsOf(await present(usedTicket)), ["used"]);
    simulation.wallClockOffsetSeconds = 3_600;
    assert.deepEqual(reasonsOf(await present(expired.ticket.ticket)), ["expired"]);
    assert.equal(opened.length, 2);
    assert.ok(opened.every((plaintext) => plaintext.every((octet) => octet === 0)));
  },
);

test("[R-4.3.1-2] of two attempts with one ticket the slower one makes no keys of the SK_d that the faster one wiped", async () => {
  const { simulation, client } = await upAndTicket();
  const { ticket } = client;
  const slow = simulation.addClient({ identity: ticket.initiatorId }, ticket);
  simulation.network.interference = () => undefined;
  await simulation.start(slow);
  const request = decoded(simulation.network.sent.at(-1)!.octets);
  simulation.network.interference = (datagram) => datagram;
  const fast = simulation.addClient({ identity: ticket.initiatorId }, ticket);
  await simulation.start(fast);
  await simulation.run(simulation.network.nowMs + 100);
  assert.equal(effectsOf(fast.effects, "ike-sa-up").length, 1);

  const spis = { initiatorSpi: request.header.initiatorSpi, responderSpi: 7n };
  const nonces = noncePair(findPayload(request.payloads, "Nonce")!.nonce, simulation.random.octets(32));
  const forged = encodeMessage(
    { ...spis, exchangeType: ExchangeType.IKE_SESSION_RESUME, fromInitiator: false, isResponse: true, messageId: 0 },
    [{ type: "Nonce", nonce: nonces.responderNonce }],
  );
  await simulation.act(
    slow,
    slow.initiator.receive({
      octets: forged,
      local: endpoint(slow.address, 500),
      remote: endpoint(GATEWAY_ADDRESS, 500),
      encapsulated: false,
    }, simulation.now),
  );
  const auth = decoded(simulation.network.sent.at(-1)!.octets);
  assert.equal(auth.header.exchangeType, ExchangeType.IKE_AUTH);
  const suite = ikeSuiteOf(ticket.proposal)!;
  const zeros = new Uint8Array(ticket.skD.length);
  const [keys] = await runWave([keysFromTicket(suite, zeros, nonces, spis)], simulation.services);
  const context = { suite, keys, role: "responder", sealed: { next: 0n }, random: simulation.random.octets } as const;
  const [opened] = await runWave([openMessage(context, auth)], simulation.services);
  assert.equal(opened, undefined);
});
