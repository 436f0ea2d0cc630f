/**
 * What the responder asks of a provider while clients come back, and what becomes of keys that were made ahead of a decision.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CryptoProvider } from "../../../../src/crypto/provider.ts";
import { addressRangeSelector } from "../../../../src/ike/child_sa/traffic_selectors.ts";
import { defaultEspProposals, offerEsp } from "../../../../src/ike/ike_sa/proposals.ts";
import { notify } from "../../../../src/ike/message/notify.ts";
import type { ResponderOptions } from "../../../../src/ike/responder.ts";
import { runWave } from "../../../../src/ike/steps/wave.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { NotifyType } from "../../../../src/wire/constants.ts";
import { copyOf } from "../../../simulation/coming_back.ts";
import {
  type AuthChanges,
  HANDMADE_ESP_SPI,
  HandmadeClient,
  type HandmadeExchange,
} from "../../../simulation/handmade_client.ts";
import { effectsOf, fqdn, PRESHARED_KEY, Simulation, type SimulationOptions } from "../../../simulation/simulation.ts";
import { type WatchedProvider, watchProvider } from "../../../simulation/watched_cryptography.ts";
import { testEveryProvider } from "../../every_provider.ts";

const CROWD = 7;
const ASK: AuthChanges = { add: [notify(NotifyType.TICKET_REQUEST)] };

testEveryProvider(
  "a wave of resumptions makes four provider calls: tickets, keys with messages, AUTHs with KEYMAT, tickets with messages",
  async (plain) => {
    const { provider, simulation, handmade } = watched(plain);
    const clients = Array.from({ length: CROWD }, () => simulation.addClient());
    await simulation.start(...clients);
    await simulation.run();
    const tickets = clients.map(({ ticket }) => copyOf(ticket));
    const together = async (requests: readonly Uint8Array[]) => {
      provider.calls.length = 0;
      const steps = requests.map((octets) => simulation.gateway.receive(handmade.datagram(octets), simulation.now));
      const effects = (await runWave(steps, simulation.services)).flat();
      return { effects, calls: [...provider.calls] };
    };

    const nonce = simulation.random.octets(32);
    const first = await together(tickets.map(({ ticket }) => handmade.resumeRequest(ticket, nonce)));
    assert.deepEqual(first.calls, [{ operation: "openTickets", size: CROWD }]);

    const requests: Uint8Array[] = [];
    for (const ticket of tickets) requests.push(await handmade.authRequest(await handmade.resume(ticket), ticket, ASK));
    const second = await together(requests);
    assert.deepEqual(second.calls, [
      { operation: "deriveAndOpen", size: CROWD },
      { operation: "authenticate", size: CROWD },
      { operation: "sealWithTicket", size: CROWD },
    ]);
    assert.deepEqual(effectsOf(second.effects, "ike-sa-up").map(({ resumed }) => resumed), tickets.map(() => true));
    assert.equal(effectsOf(second.effects, "ticket-issued").length, CROWD);
    assert.equal(effectsOf(second.effects, "child-sa-up").length, CROWD);
  },
);

testEveryProvider(
  "a message that does not open costs the keys once; the right one, when it comes, is opened with them",
  async (plain) => {
    const { provider, simulation, handmade } = watched(plain);
    const { ticket, exchange } = await resumed(simulation, handmade);
    const right = await handmade.authRequest(exchange, ticket);
    provider.calls.length = 0;
    for (const octet of [40, right.length - 1]) {
      const { effects } = await handmade.deliver(right.with(octet, right[octet] ^ 1));
      assert.deepEqual(effectsOf(effects, "dropped").map(({ reason }) => reason), ["not-authentic"]);
    }
    const { effects } = await handmade.deliver(right);
    assert.equal(effectsOf(effects, "ike-sa-up").length, 1);
    assert.deepEqual(operationsOf(provider), ["deriveAndOpen", "open", "open", "authenticate", "seal"]);
  },
);

testEveryProvider("the keys of a ticket that is presented and not followed up are never derived", async (plain) => {
  const { provider, simulation, handmade } = watched(plain);
  const { ticket } = await simulation.clientWithTicket();
  provider.calls.length = 0;
  await handmade.deliver(handmade.resumeRequest(ticket.ticket, simulation.random.octets(32)));
  assert.equal(simulation.gateway.halfOpenCount, 1);
  await simulation.run(simulation.network.nowMs + 60_000);
  assert.equal(simulation.gateway.halfOpenCount, 0);
  assert.deepEqual(operationsOf(provider), ["openTickets"]);
});

test("a ticket by reference is made before the message is sealed, and AUTH of the message alone one by one", async () => {
  const byReference = await callsOfAuth({ ticketKind: "reference" }, ASK);
  assert.deepEqual(byReference, ["deriveAndOpen", "authenticate", "prf", "seal"]);
  const messageOnly = { kind: "resumption", form: "message-only" } as const;
  const alone = await callsOfAuth({ resumptionAuthenticationOf: () => "message-only" }, ASK, { credential: messageOnly });
  assert.deepEqual(alone, ["deriveAndOpen", "verifyMac", "prf", "prfPlus", "sealWithTicket"]);
});

test("an AUTH that is wrong ends a resumption before anything is made in return", async () => {
  const changes = { realMessage: new Uint8Array(4) };
  assert.deepEqual(await callsOfAuth({}, changes), ["deriveAndOpen", "authenticate", "seal"]);
  assert.deepEqual((await afterAuth({}, changes)).expanded, []);
});

test("KEYMAT is made for the proposal that is chosen, and none where no Child SA is asked for or can be had", async () => {
  for (const espProposals of [defaultEspProposals(), defaultEspProposals().slice(1)]) {
    const { keymats, effects } = await afterAuth({ espProposals });
    const [{ childSa: { inbound, outbound } }] = effectsOf(effects, "child-sa-up");
    const keys = [inbound, outbound].flatMap(({ encryptionKey, integrityKey }) => [...encryptionKey, ...integrityKey]);
    assert.deepEqual(keymats.map((keymat) => [...keymat]), [keys]);
    assert.ok(keys.some((octet) => octet !== 0));
  }
  const notAsked = await afterAuth({}, { omit: ["SA", "TSi", "TSr"] });
  assert.deepEqual(notAsked.expanded, [new Uint8Array(0)]);
  assert.equal(effectsOf(notAsked.effects, "ike-sa-up").length, 1);
  assert.equal(effectsOf(notAsked.effects, "child-sa-failed").length, 0);
  const aeads = offerEsp(defaultEspProposals().slice(0, 1), HANDMADE_ESP_SPI);
  const notHad = await afterAuth({ espProposals: defaultEspProposals().slice(1) }, {
    replace: [{ type: "SA", proposals: aeads }],
  });
  assert.deepEqual(notHad.expanded, [new Uint8Array(0)]);
  assert.deepEqual(effectsOf(notHad.effects, "child-sa-failed").map(({ notifyType }) => notifyType), [
    NotifyType.NO_PROPOSAL_CHOSEN,
  ]);
});

test("nothing is left of KEYMAT where the selectors leave nothing, the client may not come in, or another took the ticket first", async () => {
  const nowhere = addressRangeSelector(Uint8Array.of(10, 0, 0, 1), Uint8Array.of(10, 0, 0, 1));
  const elsewhere = addressRangeSelector(Uint8Array.of(10, 0, 0, 2), Uint8Array.of(10, 0, 0, 2));
  const failed = await afterAuth({ localSelectors: [nowhere] }, { replace: [{ type: "TSr", selectors: [elsewhere] }] });
  assert.equal(effectsOf(failed.effects, "child-sa-failed").length, 1);
  assertWiped(failed.expanded);

  const stranger = await afterAuth({}, { add: [{ type: "IDr", ...fqdn("other.example") }] });
  assert.equal(effectsOf(stranger.effects, "ike-sa-down").length, 1);
  assertWiped(stranger.expanded);

  let isWelcome = true;
  const unwelcome = await afterAuth({ authorizeResumption: () => isWelcome }, {}, {}, () => isWelcome = false);
  assert.equal(effectsOf(unwelcome.effects, "ike-sa-down").length, 1);
  assertWiped(unwelcome.expanded);

  const { provider, simulation, handmade } = watched(await loadProvider("ts"));
  const { ticket, exchange } = await resumed(simulation, handmade);
  const again = await handmade.resume(ticket);
  assert.equal(
    effectsOf((await handmade.deliver(await handmade.authRequest(exchange, ticket))).effects, "ike-sa-up").length,
    1,
  );
  provider.expanded.length = 0;
  const { effects } = await handmade.deliver(await handmade.authRequest(again, ticket));
  assert.equal(effectsOf(effects, "ike-sa-down").length, 1);
  assertWiped(provider.expanded);
});

test("nothing is left of KEYMAT where the store of used tickets fails, or policy does", async () => {
  const claims = { claim: () => Promise.reject(new Error("no store")), isClaimed: () => [false] };
  const noStore = watched(await loadProvider("ts"), {}, { claims });
  const { ticket, exchange } = await resumed(noStore.simulation, noStore.handmade);
  noStore.provider.expanded.length = 0;
  await noStore.handmade.deliver(await noStore.handmade.authRequest(exchange, ticket)).catch(() => {});
  assertWiped(noStore.provider.expanded);

  let isBroken = false;
  const authorizeResumption = () => {
    if (isBroken) throw new Error("no policy");
    return true;
  };
  const noPolicy = await afterAuth({ authorizeResumption }, {}, {}, () => isBroken = true);
  assertWiped(noPolicy.expanded);
});

test("nothing is left of what a ticket holds once it is sealed, in IKE_AUTH and by INFORMATIONAL", async () => {
  const plain = await loadProvider("ts");
  const sealed: Uint8Array[] = [];
  const provider: CryptoProvider = {
    ...plain,
    sealWithTicket: (batch) => {
      sealed.push(...batch.map(({ ticket }) => ticket.plaintext));
      assert.ok(sealed.at(-1)!.some((octet) => octet !== 0));
      return plain.sealWithTicket(batch);
    },
  };
  const simulation = new Simulation({ provider });
  const client = await simulation.clientWithTicket();
  await simulation.act(client, client.initiator.requestTicket(simulation.now));
  await simulation.run(simulation.network.nowMs + 1_000);
  assert.equal(effectsOf(client.effects, "ticket-received").length, 2);
  assert.deepEqual(sealed.map((plaintext) => plaintext.every((octet) => octet === 0)), [true, true]);
});

test("with a shared key nothing is made ahead of policy: the time it takes would tell which identities there are", async () => {
  const callsOf = async (gateway: Partial<ResponderOptions>, presharedKey: Uint8Array) => {
    const { provider, handmade } = watched(await loadProvider("ts"), gateway);
    const request = await handmade.authRequest(await handmade.init({}, presharedKey));
    provider.calls.length = 0;
    const { effects } = await handmade.deliver(request);
    assert.equal(effectsOf(effects, "ike-sa-down").length, 1);
    return operationsOf(provider);
  };
  // Everyone knows what an identity that is not known is checked against.
  const unknown = await callsOf({ presharedKeyOf: () => undefined }, new Uint8Array(32));
  const known = await callsOf({ presharedKeyOf: () => PRESHARED_KEY }, new Uint8Array(32));
  const forbidden = await callsOf({ presharedKeyOf: () => PRESHARED_KEY, authorize: () => undefined }, PRESHARED_KEY);
  assert.deepEqual(unknown, ["deriveKeys", "open", "prf", "prf", "verifyMac", "seal"]);
  assert.deepEqual([known, forbidden], [unknown, unknown]);
});

interface Scene {
  readonly provider: WatchedProvider;
  readonly simulation: Simulation;
  readonly handmade: HandmadeClient;
}

function watched(
  plain: CryptoProvider,
  gateway: Partial<ResponderOptions> = {},
  services: SimulationOptions["services"] = {},
): Scene {
  const provider = watchProvider(plain);
  // The lane asks for the same, but what goes back from it to the steps is opened again.
  const simulation = new Simulation({ provider, gateway: { livenessSeconds: 0, ...gateway }, services, lane: false });
  return { provider, simulation, handmade: new HandmadeClient(simulation) };
}

/** A client that came up by a full exchange, and presents its ticket by hand. */
async function resumed(simulation: Simulation, handmade: HandmadeClient) {
  const ticket = copyOf((await simulation.clientWithTicket()).ticket);
  return { ticket, exchange: await handmade.resume(ticket) };
}

/** What becomes of IKE_AUTH after a resumption; `between` the two exchanges something may change. */
async function afterAuth(
  gateway: Partial<ResponderOptions> = {},
  changes: AuthChanges = {},
  exchangeChanges: Partial<HandmadeExchange> = {},
  between: () => void = () => {},
) {
  const { provider, simulation, handmade } = watched(await loadProvider("ts"), gateway);
  const { ticket, exchange } = await resumed(simulation, handmade);
  const request = await handmade.authRequest({ ...exchange, ...exchangeChanges }, ticket, changes);
  between();
  provider.calls.length = 0;
  provider.expanded.length = 0;
  provider.keymats.length = 0;
  const effects = await handmade.deliver(request).then(({ effects }) => effects, () => []);
  return { effects, operations: operationsOf(provider), expanded: provider.expanded, keymats: provider.keymats };
}

async function callsOfAuth(
  gateway: Partial<ResponderOptions>,
  changes: AuthChanges,
  exchangeChanges: Partial<HandmadeExchange> = {},
): Promise<string[]> {
  return (await afterAuth(gateway, changes, exchangeChanges)).operations;
}

function operationsOf({ calls }: WatchedProvider): string[] {
  return calls.map(({ operation }) => operation);
}

/** It was made, and it is zeros. */
function assertWiped(expanded: readonly Uint8Array[]): void {
  assert.equal(expanded.length, 1);
  assert.ok(expanded[0].length > 0);
  assert.ok(expanded[0].every((octet) => octet === 0));
}
