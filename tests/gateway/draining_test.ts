/**
 * A gateway that leaves: its clients go to another one of the domain, by their tickets, and new ones do not come.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, type ConnectOptions } from "../../src/client/client.ts";
import { type Domain, withDomain } from "../client/domain_scene.ts";
import { clientConfiguration } from "../client/gateway_scene.ts";

/** 10 s: only where a gateway is gone, or takes nobody, does a client wait so long. */
const PATIENCE = { initialMs: 100, factor: 1, maximumMs: 100, attempts: 100, jitter: 0 };

function optionsFor({ addresses: [gateway, ...otherGateways] }: Domain, follows: boolean): ConnectOptions {
  return {
    configuration: clientConfiguration({
      peerIdentity: undefined,
      followRedirects: follows,
      initialContact: false,
      retransmission: PATIENCE,
    }),
    gateway,
    otherGateways,
    reconnect: true,
  };
}

test("[B-5-1] a gateway that is drained has its clients resume at another one before it ends, and sends new ones there", async () => {
  await withDomain({}, async (domain) => {
    const told: string[] = [];
    const backs = Array.from({ length: 3 }, () => Promise.withResolvers<void>());
    const sessions = await Promise.all(
      backs.map(({ resolve }) => {
        const onReconnection = ({ type }: { readonly type: string }) => {
          told.push(type);
          resolve();
        };
        return connect({ ...optionsFor(domain, true), onReconnection });
      }),
    );
    const left = await domain.gateways[0].drain({ to: "127.0.0.2", seconds: 20 });
    assert.equal(left, 0);
    // The other gateway tells this one of a client before the client has its answer.
    const isBack = Promise.all(backs.map(({ promise }) => promise));
    const isOver = Promise.race(sessions.map(({ closed }) => closed));
    assert.equal(await Promise.race([isBack.then(() => "back"), isOver]), "back");
    assert.deepEqual(told, ["redirected", "redirected", "redirected"]);
    assert.equal(domain.gateways[1].counters.ike_sas_resumed_total, 3);
    assert.equal(domain.gateways[1].establishedCount, 3);
    for (const session of sessions) assert.equal(await session.checkLiveness(), true);

    const ticket = sessions[0].ticket!;
    const copy = { ...ticket, ticket: ticket.ticket.slice(), skD: ticket.skD.slice() };
    sessions[0].abandon();
    const again = await connect({ ...optionsFor(domain, true), ticket: copy });
    assert.equal(again.resumed, true);
    const newcomer = await connect(optionsFor(domain, true));
    assert.equal(newcomer.resumed, false);
    assert.equal(domain.gateways[0].establishedCount, 0);
    assert.equal(domain.gateways[1].establishedCount, 4);
    await Promise.all([again, newcomer, ...sessions.slice(1)].map((session) => session.close()));
  });
});

test("of a gateway that is drained, clients that do not follow stay until it ends, and new ones find the next of their list", async () => {
  await withDomain({}, async (domain) => {
    const stays = await connect(optionsFor(domain, false));
    assert.equal(await domain.gateways[0].drain({ to: "127.0.0.2", seconds: 0.1 }), 1);
    assert.equal(await stays.checkLiveness(), true);
    const newcomer = await connect(optionsFor(domain, false));
    assert.equal(domain.gateways[0].establishedCount, 1);
    assert.equal(domain.gateways[1].establishedCount, 1);
    // Its ticket was not taken from it: it comes back by it once the gateway is gone.
    const ticket = stays.abandon()!;
    await domain.kill(0);
    const back = await connect({ ...optionsFor(domain, false), ticket });
    assert.equal(back.resumed, true);
    await Promise.all([newcomer.close(), back.close()]);
  });
});

test("draining to what is no gateway, or for no time that makes sense, is refused, and nothing has happened", async () => {
  await withDomain({}, async (domain) => {
    await assert.rejects(domain.gateways[0].drain({ to: "not a name", seconds: 1 }), RangeError);
    await assert.rejects(domain.gateways[0].drain({ to: "127.0.0.2", seconds: -1 }), RangeError);
    const session = await connect(optionsFor(domain, true));
    assert.equal(domain.gateways[0].establishedCount, 1);
    await session.close();
  });
});
