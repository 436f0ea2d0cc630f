import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import type { InitiatorAction } from "../../../src/client/initiator_action.ts";
import { addressRangeSelector, anyIpv4Selector } from "../../../src/ike/child_sa/traffic_selectors.ts";
import { defaultEspProposals, defaultIkeProposals } from "../../../src/ike/ike_sa/proposals.ts";
import type { InitiatorOptions } from "../../../src/ike/initiator.ts";
import { parseProfile } from "../../../src/configuration/mod.ts";
import { RFC_5723 } from "../../../src/ike/profiles/rfc5723.ts";
import type { ResponderOptions } from "../../../src/ike/responder.ts";
import { loadKeyExchange, loadProvider } from "../../../src/providers/mod.ts";
import { effectsOf } from "../../simulation/simulation.ts";
import { alteration } from "../lane/waves.ts";
import { TwinClients, type TwinOptions } from "./twin_clients.ts";

const CROWD = 5;
const keyExchange = await loadKeyExchange();
const provider = await loadProvider("wasm");

function twins(options: Partial<TwinOptions> = {}): TwinClients {
  return new TwinClients({ provider, keyExchange, clients: CROWD, ...options });
}

const NETWORK = addressRangeSelector(Uint8Array.of(10, 0, 0, 0), Uint8Array.of(10, 0, 0, 255));
const [aead, cbc] = defaultIkeProposals();

/** One that has what a client wants. */
function gatewayFor({ profile = RFC_5723, resumptionAuthentication = "rfc5723" }: Partial<InitiatorOptions>) {
  const childSas = { transportMode: true, nonFirstFragments: true };
  return { profiles: [profile], resumptionAuthenticationOf: () => resumptionAuthentication, childSas };
}

const CLIENTS: { readonly [name: string]: Partial<InitiatorOptions> } = {
  "as it comes": {},
  "that does nothing unasked": { keepTicketFresh: false, livenessSeconds: 0, natKeepaliveSeconds: 0 },
  "that rekeys": { ikeSaLifetimeSeconds: 900, keepTicketFresh: false },
  "with networks": { localSelectors: [NETWORK], remoteSelectors: [NETWORK, anyIpv4Selector()] },
  "with ESP of its own": { espProposals: defaultEspProposals().slice(1) },
  "that takes AEADs alone": { ikeProposals: [aead] },
  "with CBC": { ikeProposals: [cbc] },
  "that takes any gateway": { peerIdentity: undefined },
  "that has no jitter": { retransmission: { initialMs: 100, factor: 2, maximumMs: 800, attempts: 3, jitter: 0 } },
  "with MOBIKE": { mobike: true },
  "that wants an address": { requestInnerAddress: true },
  "that wants no ticket": { requestTicket: false },
  "without a Child SA": { childless: true },
  "that follows redirects": { followRedirects: true },
  "that shows keys": { exposeKeys: true },
  "that begins on the NAT port": { startOnNatPort: true },
  "whose Child SA has a lifetime": { childSas: { lifetimeSeconds: 300 } },
  "with small packets": { fragmentSize: 576, localSelectors: new Array(20).fill(NETWORK) },
  "that refuses NATs": { refuseNats: true },
  "in transport mode": { childSas: { transportMode: true } },
  "without TFC padding": { childSas: { tfcPadding: false } },
  "with all fragments": { childSas: { nonFirstFragments: true } },
  "of a gateway that deviates": { resumptionAuthentication: "message-only" },
  "of another profile": { profile: parseProfile("failover-03") },
};

for (const [name, client] of Object.entries(CLIENTS)) {
  test(`a client ${name} says, tells and waits for the same in lane and steps, from its ticket to its end`, async () => {
    const crowd = twins({ client, gateway: gatewayFor(client) });
    await crowd.comeUp();
    for (let times = 0; times < 2; times++) {
      await crowd.comeUp();
      if (client.requestTicket !== false) {
        for (const { effects } of crowd.clients) {
          assert.deepEqual(effectsOf(effects, "ike-sa-up").map(({ resumed }) => resumed), [true]);
        }
      }
    }
    await crowd.wait(40_000);
    await crowd.wait(3_600_000);
    await asked(crowd, { type: "check-liveness" });
    await asked(crowd, { type: "request-ticket" });
    await asked(crowd, { type: "rekey" });
    await asked(crowd, { type: "close" });
    assert.deepEqual(crowd.faults, []);
  });
}

test("whatever a client that came up in the lane is asked first, it does as by the steps", async () => {
  for (const type of ["check-liveness", "request-ticket", "rekey", "close", "start", "timeout"] as const) {
    const crowd = twins();
    await crowd.comeUp();
    await crowd.comeUp();
    await asked(crowd, { type });
    await asked(crowd, { type: "close" });
    // Half way, with nothing but the first message out, and with the second.
    for (let answers = 0; answers < 2; answers++) {
      let sent = await crowd.start();
      for (let round = 0; round < answers; round++) sent = await crowd.deliver(await crowd.answersTo(sent));
      const more = await asked(crowd, { type });
      await crowd.deliver([...await crowd.answersTo(sent), ...more]);
    }
    assert.deepEqual(crowd.faults, []);
  }
});

const GATEWAYS: { readonly [name: string]: Partial<ResponderOptions> } = {
  "that asks for reauthentication": { reauthenticationSeconds: 900 },
  "that issues no tickets": { issueTickets: false },
  "that narrows": { localSelectors: [NETWORK], remoteSelectors: [NETWORK] },
  "that has no Child SA for anyone": { espProposals: defaultEspProposals().slice(1), remoteSelectors: [NETWORK] },
  "with tickets that are short-lived": { ticketLifetimeSeconds: 60 },
  "whose packets are small": { fragmentSize: 576, localSelectors: new Array(30).fill(NETWORK) },
};

for (const [name, gateway] of Object.entries(GATEWAYS)) {
  test(`at a gateway ${name} lane and steps come to the same`, async () => {
    const crowd = twins({ gateway });
    for (let times = 0; times < 3; times++) await crowd.comeUp();
    await crowd.wait(10_000);
    await asked(crowd, { type: "close" });
    assert.deepEqual(crowd.faults, []);
  });
}

test("clients whose gateway is gone send again, give up, and turn to a full exchange at the same moments", async () => {
  const crowd = twins();
  await crowd.comeUp();
  const first = await crowd.start();
  for (let times = 0; times < 12; times++) await silence(crowd, 700);
  const crowdHalfWay = twins();
  await crowdHalfWay.comeUp();
  await crowdHalfWay.deliver(await crowdHalfWay.answersTo(await crowdHalfWay.start()));
  for (let times = 0; times < 40; times++) await silence(crowdHalfWay, 900);
  assert.equal(first.length, CROWD);
});

test("a ticket that is used, or over, is presented neither in the lane nor by the steps", async () => {
  const used = twins();
  await used.comeUp();
  for (const { kept } of used.clients) kept!.skD.fill(0);
  const late = twins({ gateway: { ticketLifetimeSeconds: 60 } });
  await late.comeUp();
  late.nowMs += 61_000;
  for (const crowd of [used, late]) {
    await crowd.comeUp();
    for (const { effects } of crowd.clients) {
      assert.deepEqual(effectsOf(effects, "ike-sa-up").map(({ resumed }) => resumed), [false]);
    }
  }
});

test("answers that come when none is tried any more are dropped, by clients that had no time to notice", async () => {
  const crowd = twins();
  await crowd.comeUp();
  const answers = await crowd.answersTo(await crowd.start());
  crowd.nowMs += 60_000;
  assert.deepEqual(await crowd.deliver(answers), []);
  for (const { effects } of crowd.clients) {
    assert.deepEqual(effectsOf(effects, "dropped").map(({ reason }) => reason), ["too-late"]);
  }
});

test("whatever becomes of a gateway's answers on their way, lane and steps say and tell the same", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(alteration(), { minLength: 1, maxLength: 20 }), async (alterations) => {
      const crowd = twins({ clients: 3 });
      await crowd.comeUp();
      let at = 0;
      await crowd.comeUp((datagram) => alterations[at++ % alterations.length](datagram));
      await crowd.wait(1_000);
      await crowd.wait(2_000);
      await asked(crowd, { type: "close" });
      assert.deepEqual(crowd.faults, []);
    }),
    { numRuns: 120 },
  );
});

async function asked(crowd: TwinClients, action: InitiatorAction) {
  const sent = await crowd.act(crowd.clients.map(() => [action]));
  const answers = await crowd.answersTo(sent);
  await crowd.deliver(answers);
  return answers;
}

async function silence(crowd: TwinClients, ms: number): Promise<void> {
  crowd.nowMs += ms;
  await crowd.act(
    crowd.clients.map(({ steps: { initiator } }) =>
      (initiator.deadline ?? Infinity) <= crowd.nowMs ? [{ type: "timeout" }] : []
    ),
  );
}
