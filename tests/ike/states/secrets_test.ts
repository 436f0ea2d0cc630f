import assert from "node:assert/strict";
import { test } from "node:test";
import { ECP_256 } from "../../../src/crypto/registry.ts";
import { defaultIkeProposals } from "../../../src/ike/ike_sa/proposals.ts";
import type { ResponderOptions } from "../../../src/ike/responder.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { ExchangeType } from "../../../src/wire/constants.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { decoded } from "../../simulation/messages.ts";
import { openKeys } from "../../simulation/open_keys.ts";
import { type SimulatedClient, Simulation } from "../../simulation/simulation.ts";
import {
  type WatchedKeyExchange,
  type WatchedProvider,
  watchKeyExchange,
  watchProvider,
} from "../../simulation/watched_cryptography.ts";

interface Watched {
  readonly simulation: Simulation;
  readonly provider: WatchedProvider;
  readonly keyExchange: WatchedKeyExchange;
}

/** How long a gateway gives a key pair to new exchanges (RFC 7296, section 2.12). */
const SHARED_FOR_MS = 2_000;

test("private values of Diffie-Hellman are wiped once there are keys: the gateway's when it has been shared for two seconds", async () => {
  const { simulation, keyExchange } = await watched();
  await simulation.clientWithTicket();
  const wiped = () => keyExchange.pairs.map((pair) => pair.wiped);
  assert.deepEqual(wiped(), [true, false]);
  await simulation.run(simulation.network.nowMs + SHARED_FOR_MS);
  assert.deepEqual(wiped(), [true, true]);
});

test("a private value for a group that the gateway did not want is wiped, and so is that of an attempt that ended", async () => {
  const [proposal] = defaultIkeProposals();
  const { simulation, keyExchange } = await watched({ ikeProposals: [{ ...proposal, groups: [ECP_256] }] });
  const client = simulation.addClient();
  const answered = 4;
  simulation.network.interference = (datagram) => simulation.network.sent.length < answered ? datagram : undefined;
  await simulation.start(client);
  await simulation.run();
  assert.equal(client.initiator.waitsFor, "nothing");
  assert.deepEqual(keyExchange.pairs.slice(0, 2).map(({ wiped }) => wiped), [true, true]);
});

test("no keys are left at either end when IKE_AUTH is refused", async () => {
  const { simulation, provider, keyExchange } = await watched({ presharedKeyOf: () => undefined });
  const client = simulation.addClient();
  await simulation.start(client);
  await simulation.run();
  assert.equal(client.initiator.waitsFor, "nothing");
  await simulation.run(simulation.network.nowMs + SHARED_FOR_MS);
  assertNothingLeft({ provider, keyExchange });
});

test("no keys are left at a client whose IKE_AUTH is never answered, or that closes or is disposed of meanwhile", async () => {
  for (const end of ["timeout", "close", "dispose"]) {
    const { simulation, provider, keyExchange } = await watched();
    const client = await waitingForAuth(simulation);
    if (end === "timeout") await simulation.run();
    else if (end === "close") await simulation.act(client, client.initiator.close(simulation.now));
    else client.initiator.dispose();
    assert.equal(client.initiator.waitsFor, "nothing");
    assert.equal(provider.derived.length, 1);
    simulation.gateway.dispose();
    assertNothingLeft({ provider, keyExchange });
  }
});

test("no keys are left of half-open IKE SAs that expire, or of a gateway that is disposed of", async () => {
  for (const end of ["expiry", "dispose"]) {
    const { simulation, provider, keyExchange } = await watched();
    const handmade = new HandmadeClient(simulation);
    const exchange = await handmade.init();
    // Under the wrong keys: the gateway makes its own only now.
    const stranger = { ...exchange, keys: { ...openKeys(exchange.keys), skEi: new Uint8Array(36) } };
    await handmade.deliver(await handmade.authRequest(stranger));
    if (end === "expiry") await simulation.run(31_000);
    else simulation.gateway.dispose();
    assert.equal(simulation.gateway.halfOpenCount, 0);
    // The handmade client's own are not the gateway's to wipe.
    assert.equal(provider.derived.length, 2);
    assert.equal(isZero(provider.derived[1]), true);
    assert.equal(keyExchange.pairs[1].wiped, true);
  }
});

test("[R-4.3.4-3] a resumption leaves no SK_d of the old IKE SA at either end", async () => {
  const { simulation, provider } = await watched();
  const client = await simulation.clientWithTicket();
  const { ticket } = client;
  const again = simulation.addClient({ identity: ticket.initiatorId }, ticket);
  await simulation.start(again);
  await simulation.run();
  assert.equal(isZero(ticket.skD), true);
  // The gateway's half of the old IKE SA is gone; the client object of the old one knows nothing of the new.
  assert.equal(isZero(provider.derived[1]), true);
});

test("neither an IKE SA nor a gateway shows keys when it is printed", async () => {
  const { simulation } = await watched();
  const client = await simulation.clientWithTicket();
  for (const shown of [JSON.stringify(client.initiator), JSON.stringify(simulation.gateway)]) assert.equal(shown, "{}");
});

async function watched(gateway: Partial<ResponderOptions> = {}): Promise<Watched> {
  const provider = watchProvider(await loadProvider("ts"));
  const keyExchange = watchKeyExchange();
  return { simulation: new Simulation({ provider, keyExchange, gateway }), provider, keyExchange };
}

/** A client that has sent IKE_AUTH, to a gateway that never sees it. */
async function waitingForAuth(simulation: Simulation): Promise<SimulatedClient> {
  const client = simulation.addClient();
  simulation.network.interference = (datagram) =>
    decoded(datagram.octets).header.exchangeType === ExchangeType.IKE_AUTH ? undefined : datagram;
  await simulation.start(client);
  await simulation.run(20);
  assert.equal(client.initiator.waitsFor, "IKE_AUTH response");
  return client;
}

function assertNothingLeft({ provider, keyExchange }: Pick<Watched, "provider" | "keyExchange">): void {
  assert.deepEqual(provider.derived.map(isZero), provider.derived.map(() => true));
  assert.deepEqual(keyExchange.pairs.map(({ wiped }) => wiped), keyExchange.pairs.map(() => true));
}

function isZero(octets: Uint8Array): boolean {
  return octets.every((octet) => octet === 0);
}
