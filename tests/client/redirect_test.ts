import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, connect } from "../../src/client/client.ts";
import { ConnectionError } from "../../src/client/connection_error.ts";
import { followRedirects, MOST_REDIRECTS } from "../../src/client/redirection.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import type { ResponderOptions } from "../../src/ike/responder.ts";
import { responderConfiguration } from "../../src/ike/responder.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import { MemoryClientTickets } from "../../src/store/memory_client_tickets.ts";
import { parseIdentity } from "../../src/configuration/mod.ts";
import { systemClock } from "../../src/transport/system_clock.ts";
import { clientConfiguration, SECRET } from "./gateway_scene.ts";

const FIRST = "127.0.0.1";
const SECOND = "127.0.0.2";

test("a client goes on to the gateway that it is sent to, by either message, over sockets of its own and of a client's", async () => {
  for (const rule of ["redirectFirst", "redirectClient"] as const) {
    await withTwoGateways({ [rule]: () => SECOND }, {}, async (ports, [first, second]) => {
      const configuration = clientConfiguration({ followRedirects: true, initialContact: false });
      const session = await connect({ configuration, gateway: { address: FIRST, ...ports } });
      assert.equal(await session.checkLiveness(), true);
      const client = await Client.open({ address: FIRST });
      const other = await client.connect({ configuration, gateway: { address: FIRST, ...ports } });
      assert.equal(second.establishedCount, 2);
      assert.equal(first.establishedCount, 0);
      assert.equal(first.counters.clients_redirected_total, 2);
      await Promise.all([session.close(), other.close()]);
      await client.close();
    });
  }
});

test("a session that watches its address looks for the way to the gateway that it was sent to", async () => {
  const second = "::1";
  const body = async (ports: { port: number; natPort: number }, gateways: readonly Gateway[]) => {
    const session = await connect({
      configuration: clientConfiguration({ followRedirects: true, mobike: true }),
      gateway: { address: FIRST, ...ports },
      watchAddressSeconds: 0.01,
    });
    assert.equal(session.isMobile, true);
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(session.localAddress, second);
    assert.equal(await session.checkLiveness(), true);
    assert.equal(gateways[1].counters.peers_moved_total, 0);
    await session.close();
  };
  await withTwoGateways({ redirectFirst: () => second }, {}, body, second);
});

test("a client resumes at the gateway that it is sent to, where its ticket is for both", async () => {
  let isFull = false;
  await withTwoGateways({ redirectFirst: () => isFull ? SECOND : undefined }, {}, async (ports, [, second]) => {
    const tickets = new MemoryClientTickets();
    const options = {
      configuration: clientConfiguration({ followRedirects: true }),
      gateway: { address: FIRST, ...ports },
      tickets,
    };
    (await connect(options)).abandon();
    isFull = true;
    const again = await connect(options);
    assert.equal(again.resumed, true);
    assert.equal(second.counters.ike_sas_resumed_total, 1);
    await again.close();
  });
});

test("gateways that send a client to each other are left after a few times, and the error says so", async () => {
  await withTwoGateways({ redirectFirst: () => SECOND }, { redirectFirst: () => FIRST }, async (ports, gateways) => {
    const configuration = clientConfiguration({ followRedirects: true });
    const failed = connect({ configuration, gateway: { address: FIRST, ...ports } });
    await assert.rejects(failed, { name: "ConnectionError", reason: "redirected", message: /redirected 6 times/ });
    const sum = gateways.reduce((total, { counters }) => total + counters.clients_redirected_total, 0);
    assert.equal(sum, MOST_REDIRECTS + 1);
  });
});

test("a client that is not to follow is told where it would have been sent only if it says that it follows", async () => {
  await withTwoGateways({ redirectFirst: () => SECOND }, {}, async (ports, [first]) => {
    const session = await connect({ configuration: clientConfiguration(), gateway: { address: FIRST, ...ports } });
    assert.equal(first.establishedCount, 1);
    await session.close();
  });
});

test("a host name is looked up in the family of the gateway before, and one without an address ends the attempt", async () => {
  const asked: unknown[] = [];
  const goesTo = (to: string) => (gateway: { address: string }, from: string | undefined) =>
    from === undefined
      ? Promise.reject(new ConnectionError("redirected", "elsewhere", to))
      : Promise.resolve({ address: gateway.address, from });
  const addressOf = (host: string, family: 4 | 6) => {
    asked.push([host, family]);
    return host === "gone.example" ? Promise.reject(new Error("ENOTFOUND")) : Promise.resolve("2001:db8::2");
  };
  const reached = await followRedirects({ address: "2001:db8::1", port: 500 }, goesTo("gw2.example"), undefined, addressOf);
  assert.deepEqual(reached, { address: "2001:db8::2", from: "2001:db8::1" });
  assert.deepEqual(asked, [["gw2.example", 6]]);
  await assert.rejects(followRedirects({ address: "192.0.2.1" }, goesTo("gone.example"), undefined, addressOf), {
    reason: "redirected",
    message: /redirected to gone\.example, which has no address: ENOTFOUND/,
  });
});

test("a session without a Child SA is connected, and makes one later", async () => {
  await withTwoGateways({}, {}, async (ports) => {
    const configuration = clientConfiguration({ childless: true });
    const session = await connect({ configuration, gateway: { address: FIRST, ...ports } });
    assert.throws(() => session.childSa, /no|none/);
    const { localSelectors, remoteSelectors } = configuration;
    const childSa = await session.createChildSa({ localSelectors, remoteSelectors });
    assert.ok(childSa);
    await session.close();
  });
});

async function withTwoGateways(
  one: Partial<ResponderOptions>,
  other: Partial<ResponderOptions>,
  body: (ports: { port: number; natPort: number }, gateways: readonly Gateway[]) => Promise<void>,
  elsewhere: string = SECOND,
): Promise<void> {
  const ticketKeys = TicketKeyRing.generate(systemRandom, systemClock().epochSeconds);
  const listen = (address: string, change: Partial<ResponderOptions>, ports = { port: 0, natPort: 0 }) =>
    Gateway.listen({
      configuration: responderConfiguration({
        identity: parseIdentity("gateway.example"),
        presharedKeyOf: () => SECRET,
        ticketKeys,
        ...change,
      }),
      addresses: [address],
      ...ports,
    });
  const first = await listen(FIRST, one);
  const ports = { port: first.local[0].port, natPort: first.encapsulatedLocal[0].port };
  const second = await listen(elsewhere, other, ports);
  try {
    await body(ports, [first, second]);
  } finally {
    await Promise.all([first.close(), second.close()]);
  }
}
