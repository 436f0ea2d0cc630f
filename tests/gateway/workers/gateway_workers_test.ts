import assert from "node:assert/strict";
import { test } from "node:test";
import { parseIdentity, parseSelectors } from "../../../src/configuration/mod.ts";
import { systemRandom } from "../../../src/crypto/system_random.ts";
import type { WorkerChange } from "../../../src/gateway/workers/gateway_workers_options.ts";
import { GatewayWorkerError } from "../../../src/gateway/workers/gateway_worker_error.ts";
import { TicketKeyRing } from "../../../src/ticket/ticket_key_ring.ts";
import { tryPortSharing } from "../../../src/transport/shared_port/sharing.ts";
import { sameSpis } from "./same_spis.ts";
import { gatewayOfWorkers, killed, steeredClient, workerOf } from "./gateway_of_workers.ts";

const sharing = await tryPortSharing("127.0.0.1");
for (const steering of "choice" in sharing ? ["main", "kernel"] as const : ["main"] as const) {
  test(`a client is served by the worker that its first message falls to, and all that follows comes to the same, also after either end rekeyed (${steering})`, async () => {
    const { gateway, until, connect, close } = await gatewayOfWorkers({ steering });
    try {
      for (const worker of [0, 1, 1, 0]) {
        const session = await connect(worker);
        assert.equal(workerOf(session), worker);
        const before = session.spis;
        await session.rekey();
        assert.equal(workerOf(session), worker);
        const { spis: offered } = session;
        const rekeyed = until(({ type, spis }) => type === "ike-sa-rekeyed" && sameSpis(spis, offered));
        await gateway.rekeySa(offered);
        assert.equal((await rekeyed).index, worker);
        assert.notEqual(session.spis.responderSpi, before.responderSpi);
        // The gateway is the original initiator now: its SPI is the first.
        const { spis: now } = session;
        const alive = until(({ type, spis }) => type === "peer-alive" && sameSpis(spis, now));
        await gateway.checkLiveness(now);
        await alive;
        await session.close();
      }
      const counters = await gateway.counters();
      const { ike_sas_up_total, ike_sas_down_total, ike_sas_rekeyed_total, ike_sas_established, unknown_sa_messages_total } =
        counters;
      assert.deepEqual([ike_sas_up_total, ike_sas_down_total, ike_sas_rekeyed_total], [4, 4, 8]);
      assert.deepEqual([ike_sas_established, unknown_sa_messages_total], [0, 0]);
      const { received_datagrams_total, handed_over_datagrams_total } = counters;
      assert.equal(handed_over_datagrams_total, steering === "main" ? received_datagrams_total : 0);
      assert.equal(gateway.steering, steering);
    } finally {
      await close();
    }
  });

  test(`[R-4.3.4-1] a client that resumes at another worker than it was at gets in, and its old IKE SA goes there, silently (${steering})`, async () => {
    const { gateway, told, until, connect, close } = await gatewayOfWorkers({ steering });
    try {
      const first = await connect(0);
      const old = first.spis;
      const second = await connect(1, first.abandon());
      assert.deepEqual([second.resumed, workerOf(second)], [true, 1]);
      const down = await until(({ type, spis }) => type === "ike-sa-down" && sameSpis(spis, old));
      assert.deepEqual([down.index, down.reason], [0, "replaced-by-resumption"]);
      // Back again, by the ticket of the second.
      const third = await connect(0, second.abandon());
      assert.deepEqual([third.resumed, workerOf(third)], [true, 0]);
      await until(({ type, reason, index }) => type === "ike-sa-down" && reason === "replaced-by-resumption" && index === 1);
      const counters = await gateway.counters();
      assert.deepEqual([counters.ike_sas_up_total, counters.ike_sas_resumed_total, counters.ike_sas_established], [3, 2, 1]);
      // What was used is not taken back as well.
      assert.equal(told.some(({ type }) => type === "ticket-revoked"), false);
    } finally {
      await close();
    }
  });

  test(`[R-4.3.1-1] a ticket that is presented to two workers at once is accepted once (${steering})`, async () => {
    const one = await gatewayOfWorkers({ steering });
    try {
      for (let round = 0; round < 5; round++) {
        const ticket = (await one.connect(round % 2)).abandon();
        assert.ok(ticket);
        const other = await steeredClient(one.gateway);
        const sessions = await Promise.all([one.connect(0, ticket), other.connect(1, ticket)]);
        assert.deepEqual(sessions.map(workerOf), [0, 1]);
        assert.equal(sessions.filter(({ resumed }) => resumed).length, 1);
        for (const session of sessions) session.abandon();
        await other.client.close();
      }
      const { ike_sas_resumed_total } = await one.gateway.counters();
      assert.equal(ike_sas_resumed_total, 5);
    } finally {
      await one.close();
    }
  });

  test(`[R-9.8-1] what is revoked, by name or by identity, is refused by every worker, and by those started later (${steering})`, async () => {
    const { gateway, until, connect, close } = await gatewayOfWorkers({ steering });
    try {
      const session = await connect(0);
      const { ticketId } = await until(({ type, spis }) => type === "ticket-issued" && sameSpis(spis, session.spis));
      const ticket = session.abandon();
      await gateway.revoke({ ticketId: ticketId! });
      assert.equal((await connect(1, ticket)).resumed, false);
      assert.equal((await gateway.counters()).tickets_revoked_total, 1);

      const [atFirst, atSecond] = [await connect(0), await connect(1)].map((each) => each.abandon());
      await gateway.revoke({ identity: parseIdentity("alice@example.org") });
      assert.equal((await connect(1, atFirst)).resumed, false);
      await killed(gateway, 0);
      assert.equal((await connect(0, atSecond)).resumed, false);
      await assert.rejects(gateway.revoke({ ticketId: "alice" }), RangeError);
    } finally {
      await close();
    }
  });

  test(`the same holds for a list of revoked tickets by Bloom filters (${steering})`, async () => {
    const revocation = { bloom: { expected: 1_000, falsePositiveRate: 0.0001 } };
    const { gateway, until, connect, close } = await gatewayOfWorkers({ steering, revocation });
    try {
      const session = await connect(0);
      const { ticketId } = await until(({ type, spis }) => type === "ticket-issued" && sameSpis(spis, session.spis));
      const ticket = session.abandon();
      await gateway.revoke({ ticketId: ticketId! });
      assert.equal((await connect(1, ticket)).resumed, false);
      const other = await connect(0);
      assert.equal((await connect(1, other.abandon())).resumed, true);
    } finally {
      await close();
    }
  });

  test(`a worker that dies is started again: its clients come back by their tickets, those of others notice nothing, and it is counted and told (${steering})`, async () => {
    const changes: WorkerChange[] = [];
    const { gateway, connect, until, close } = await gatewayOfWorkers({
      steering,
      onWorkerChange: (change) => void changes.push(change),
    });
    try {
      const [lost, kept] = [await connect(0), await connect(1)];
      await killed(gateway, 0);
      assert.deepEqual(changes.map(({ type, index }) => [type, index]), [["worker-died", 0], ["worker-started", 0]]);
      assert.deepEqual(changes.map((change) => "reason" in change ? change.reason : ""), ["told to die", ""]);
      const back = await connect(0, lost.abandon());
      assert.deepEqual([back.resumed, workerOf(back)], [true, 0]);
      const alive = until(({ type, spis }) => type === "peer-alive" && sameSpis(spis, kept.spis));
      await gateway.checkLiveness(kept.spis);
      await alive;
      const counters = await gateway.counters();
      assert.deepEqual([counters.worker_restarts_total, counters.ike_sas_resumed_total], [1, 1]);
      // What the worker had counted that died is among it.
      assert.equal(counters.ike_sas_up_total, 3);
      assert.equal(counters.ike_sas_established, 2);
      // The kernel gives each worker its own, also with its sockets in another order.
      if (steering === "kernel") assert.equal(counters.handed_over_datagrams_total, 0);
    } finally {
      await close();
    }
  });

  test(`[R-5-6] inner addresses are given once over all workers, and those of a worker that died again (${steering})`, async () => {
    const innerAddresses = { ranges: parseSelectors("10.9.0.1-10.9.0.3") };
    const { gateway, connect, close } = await gatewayOfWorkers({ steering }, { options: { innerAddresses } });
    try {
      const wish = { requestInnerAddress: true };
      const sessions = [
        await connect(0, undefined, wish),
        await connect(1, undefined, wish),
        await connect(0, undefined, wish),
      ];
      const addresses = sessions.map(({ innerAddress }) => innerAddress?.address);
      assert.deepEqual(addresses.toSorted(), ["10.9.0.1", "10.9.0.2", "10.9.0.3"]);
      await killed(gateway, 0);
      const wanted = { requestInnerAddress: addresses[2]! };
      const back = await connect(1, sessions[2].abandon(), wanted);
      assert.deepEqual([back.resumed, back.innerAddress?.address], [true, addresses[2]]);
    } finally {
      await close();
    }
  });

  test(`a client has its own inner address at whichever worker it comes up, also while the other one has it (${steering})`, async () => {
    const ownAddress = "10.9.0.2";
    const innerAddresses = { ranges: parseSelectors("10.9.0.1-10.9.0.3") };
    const { connect, until, close } = await gatewayOfWorkers({ steering }, { options: { innerAddresses }, ownAddress });
    try {
      const wish = { requestInnerAddress: true };
      let last = await connect(0, undefined, wish);
      for (const [worker, isResumed] of [[1, false], [0, true], [1, true], [1, false], [0, false]] as const) {
        const { spis: old } = last;
        const ticket = last.abandon();
        last = await connect(worker, isResumed ? ticket : undefined, wish);
        assert.deepEqual([last.resumed, last.innerAddress?.address], [isResumed, ownAddress]);
        await until(({ type, spis }) => type === "ike-sa-down" && sameSpis(spis, old));
      }
    } finally {
      await close();
    }
  });

  test(`a client that takes the place of all others of its identity does so at all workers, and of two at once one stays (${steering})`, async () => {
    const { gateway, connect, told, until, close } = await gatewayOfWorkers({ steering }, {
      options: { uniqueIdentities: "replace" },
    });
    const other = await steeredClient(gateway);
    try {
      const first = await connect(0);
      first.abandon();
      const second = await connect(1, undefined, { initialContact: true });
      const down = await until(({ type, spis }) => type === "ike-sa-down" && sameSpis(spis, first.spis));
      assert.deepEqual([down.index, down.reason], [0, "initial-contact"]);
      for (let round = 0; round < 3; round++) {
        const before = told.filter(({ type }) => type === "ike-sa-down").length;
        await Promise.all([connect(0), other.connect(1)]);
        await until(() => told.filter(({ type }) => type === "ike-sa-down").length === before + 2);
        assert.equal((await gateway.counters()).ike_sas_established, 1);
      }
      assert.equal(await second.closed, "deleted-by-peer");
    } finally {
      await other.client.close();
      await close();
    }
  });

  test(`questions of the program are answered by each worker (${steering})`, async () => {
    const { gateway, close } = await gatewayOfWorkers({ steering });
    try {
      assert.deepEqual(await gateway.ask("who"), ["who 0", "who 1"]);
    } finally {
      await close();
    }
  });

  test(`the keys of tickets stay the same in all workers when the ring gets another (${steering})`, async () => {
    const now = () => Math.floor(Date.now() / 1_000);
    const ticketKeys = TicketKeyRing.generate(systemRandom, now());
    const { connect, close } = await gatewayOfWorkers({ steering, ticketKeys });
    try {
      const before = await connect(0);
      ticketKeys.rotate(systemRandom, now());
      // The ring is looked at four times a second.
      await new Promise((resolve) => setTimeout(resolve, 600));
      const again = await connect(1, before.abandon());
      assert.equal(again.resumed, true);
      const ticket = again.abandon();
      assert.deepEqual(ticket!.ticket.subarray(4, 12), ticketKeys.current.keyId);
      assert.equal((await connect(0, ticket)).resumed, true);
    } finally {
      await close();
    }
  });
}

test("a number of workers out of range, a module that is not there and a worker that refuses are told with their reason, and nothing is left", async () => {
  await assert.rejects(() => gatewayOfWorkers({ workers: 65 }), RangeError);
  await assert.rejects(() => gatewayOfWorkers({ workers: 0 }), RangeError);
  const revocation = { bloom: { expected: -1, falsePositiveRate: 0.0001 } };
  await assert.rejects(() => gatewayOfWorkers({ revocation }), RangeError);
  await assert.rejects(() => gatewayOfWorkers({}, { broken: 1 }), (error: unknown) => {
    assert.ok(error instanceof GatewayWorkerError && /this one is broken/.test(error.message), String(error));
    return true;
  });
  const { gateway, close } = await gatewayOfWorkers();
  await close();
  await assert.rejects(gateway.revoke({ ticketId: "no name" }), RangeError);
});
