import assert from "node:assert/strict";
import { test } from "node:test";
import { TICKET_AES_256_GCM } from "../../../../src/crypto/registry.ts";
import { ConcealedKeys } from "../../../../src/ike/child_sa/concealed_keys.ts";
import { cutKeys } from "../../../../src/ike/ike_sa/ike_sa_keys.ts";
import { addressRangeSelector, anyIpv4Selector } from "../../../../src/ike/child_sa/traffic_selectors.ts";
import { FragmentBudget, FragmentBuffer } from "../../../../src/ike/message/fragments.ts";
import { RequestMark } from "../../../../src/ike/message/repeated_request.ts";
import { dueOf, type Established } from "../../../../src/ike/states/established.ts";
import type { IdleIkeSa } from "../../../../src/ike/states/idle/idle_ike_sa.ts";
import { IdleIkeSas } from "../../../../src/ike/states/idle/idle_ike_sas.ts";
import { RESPONSE_KEPT_MS } from "../../../../src/ike/states/idle/kept_responses.ts";
import { repeatableRandom, runSeed } from "../../../crypto/random.ts";
import { endpoint, fqdn } from "../../../simulation/simulation.ts";
import { established, LAST_REQUEST, suite } from "./established.ts";
import { visible } from "../../lane/two_gateways.ts";

const random = repeatableRandom(runSeed);
/** In place of SK_pi and of SK_pr. */
const ZEROS = new Uint8Array(32);

const [CHILD] = established().childSas;
const v6 = Uint8Array.from({ length: 16 }, (_, index) => index);
const RARE: { readonly [name: string]: () => Partial<Established> } = {
  "no limits": () => ({ silenceMs: undefined, endsAtMs: undefined }),
  "a time to prove itself anew": () => ({ reauthenticateByMs: 99.25 }),
  "no Child SA": () => ({ childSas: [] }),
  "its Child SA's keys the other way round": () => ({
    childSas: [{
      ...CHILD,
      ...ConcealedKeys.pair({ keymat: random.octets(72), start: 0, isInboundFirst: false }, TICKET_AES_256_GCM),
    }],
  }),
  "transport mode": () => ({ childSas: [{ ...CHILD, ...keys(), transportMode: true, udpEncapsulation: true }] }),
  "a limit of its Child SA": () => ({
    children: { tasks: [], replaced: [], lives: [{ inboundSpi: CHILD.inboundSpi, rekeyAtMs: 5, endsAtMs: 6 }] },
  }),
  "an IPv6 selector": () => ({ childSas: [{ ...CHILD, ...keys(), remoteSelectors: [addressRangeSelector(v6, v6)] }] }),
  "several selectors": () => ({
    childSas: [{ ...CHILD, ...keys(), remoteSelectors: [anyIpv4Selector(), addressRangeSelector(v6, v6)] }],
  }),
  "a selector of one port": () => ({
    childSas: [{ ...CHILD, ...keys(), remoteSelectors: [{ ...CHILD.remoteSelectors[0], endPort: 5 }] }],
  }),
  "an IPv6 address": () => path("2001:db8::1"),
  "an address in unusual digits": () => path("198.051.100.7"),
  "an IPv4-mapped address": () => path("::ffff:198.51.100.7"),
  "encapsulation behind a NAT": () => ({
    peerBehindNat: true,
    path: { local: endpoint("192.0.2.1", 4500), remote: endpoint("0.255.10.99", 1), encapsulated: true },
  }),
  "nothing from a peer yet, offered by this end": () => ({ role: "initiator", receiveWindow: { expectedId: 0 } }),
  "ESP outside of UDP": () => ({ espOutsideUdp: true }),
  "MOBIKE": () => ({ mobility: { peerAddresses: [] } }),
  "MOBIKE, and a move that is not proven": () => ({
    mobility: { peerAddresses: [], unproven: { before: endpoint("198.51.100.8", 4500), udpEncapsulation: true } },
  }),
  "a request that has come again": () => ({
    receiveWindow: {
      expectedId: 2,
      lastRequest: RequestMark.of(LAST_REQUEST),
      lastResponse: random.octets(3_000),
      answeredAtMs: 1_234,
      timesRepeated: 1,
    },
  }),
  "a series that it took over": () => ({
    ticketSeries: { name: "00000000000000ff", firstSpi: 0xffn, nextSerial: 3, count: 2, window: -1 },
  }),
  "no word of when the client proved itself": () => ({ authentication: { method: 2, items: {} } }),
  "an identity that EAP authenticated": () => ({
    authentication: { method: 2, items: { eapType: 4, eapIdentity: fqdn("person.example"), authenticatedAtEpochSeconds: 7 } },
  }),
  "an empty identity": () => ({ initiatorId: { idType: 11, identification: new Uint8Array(0) } }),
  "a word of when it came up, by a ticket": () => ({ upAtEpochSeconds: 0xffff_fffe, resumed: true }),
  "fragmentation": () => ({ fragments: new FragmentBuffer(1_200, new FragmentBudget()) }),
};

function keys() {
  return ConcealedKeys.pair({ keymat: random.octets(72), start: 0, isInboundFirst: true }, TICKET_AES_256_GCM);
}

function path(address: string): Partial<Established> {
  return { path: { local: endpoint("192.0.2.1", 500), remote: endpoint(address, 500), encapsulated: false } };
}

for (const [name, changes] of Object.entries({ "what nearly all have": () => ({}), ...RARE })) {
  test(`an IKE SA with ${name} is after its rest what it was before`, () => {
    const idle = new IdleIkeSas(true);
    const state = established(changes());
    const before = visible(state);
    const due = dueOf(state) ?? Infinity;
    const { lastRequest } = state.receiveWindow;
    const form = idle.lay(state);
    assert.ok(form);
    assert.ok(state.keys.skD.every((octet) => octet === 0), "its own keys are wiped");
    assert.equal(form.dueMs, due);
    assert.equal(form.heardAtMs, state.heardAtMs);
    assert.equal(form.has(state.spis), true);
    assert.equal(form.has({ ...state.spis, initiatorSpi: 1n }), false);
    assert.deepEqual(form.initiatorId, state.initiatorId);
    // Others come and go in the meantime.
    const other = idle.lay(established());
    const after = idle.wake(form);
    if (other) idle.forget(other);
    assert.deepEqual(visible(after), before);
    assert.equal(after.receiveWindow.lastRequest?.isOf(LAST_REQUEST), lastRequest && true);
    assert.equal(after.fragments?.longestMessage, state.fragments?.longestMessage);
  });
}

test("an IKE SA on which anything is under way does not rest, and nothing happens to it", () => {
  const idle = new IdleIkeSas(true);
  const outstanding = { messageId: 0, exchangeType: 37, purpose: "liveness" } as never;
  for (
    const changes of [
      { sendWindow: { nextId: 1, outstanding } },
      { sendWindow: { nextId: 1, queued: ["delete"] } },
      { retiredUntilMs: 7 },
      { crossing: {} as never },
      { ticket: {} as never },
      { side: "client" },
      { childSas: [CHILD, CHILD] },
      { ticketSeries: undefined },
    ] satisfies Partial<Established>[]
  ) {
    const state = established(changes);
    const before = visible(state);
    assert.equal(idle.lay(state), undefined, Object.keys(changes)[0]);
    assert.deepEqual(visible(state), before);
  }
});

test("an IKE SA that sends shorter messages than others goes on to do so", () => {
  const idle = new IdleIkeSas(true);
  const forms = [1_200, 500, 1_200].map((longest) => idle.lay(established({ fragments: new FragmentBuffer(longest) }))!);
  assert.deepEqual(forms.map((form) => idle.wake(form).fragments?.longestMessage), [1_200, 500, 1_200]);
});

test("whoever was given keys of a Child SA has them as long as it is there, and zeros afterwards, whoever comes up then", () => {
  const idle = new IdleIkeSas(true);
  const state = established();
  const [{ inbound, outbound }] = state.childSas;
  const expected = [inbound, outbound].map(({ encryptionKey }) => encryptionKey.slice());
  const form = idle.lay(state)!;
  const given = [inbound.encryptionKey, outbound.encryptionKey];
  assert.deepEqual(given, expected);
  const awake = idle.wake(form);
  const [again] = awake.childSas;
  assert.deepEqual([again.inbound.encryptionKey, again.outbound.encryptionKey], expected);
  idle.forget(idle.lay(awake)!);
  for (let others = 0; others < 300; others++) idle.lay(established());
  for (const key of [...given, inbound.encryptionKey, again.outbound.encryptionKey]) {
    assert.ok(key.every((octet) => octet === 0));
  }
});

test("keys that somebody has read of an IKE SA that does not rest yet stay where they were read while it rests, and are zeros when it is gone", () => {
  const idle = new IdleIkeSas(true);
  let state = established();
  const [{ inbound, outbound }] = state.childSas;
  const read = [inbound.encryptionKey, outbound.encryptionKey];
  const expected = read.map((key) => key.slice());
  for (let times = 0; times < 3; times++) {
    const form = idle.lay(state)!;
    assert.deepEqual(read, expected);
    state = idle.wake(form);
    assert.deepEqual([state.childSas[0].inbound.encryptionKey, state.childSas[0].outbound.encryptionKey], expected);
  }
  idle.forget(idle.lay(state)!);
  for (const key of [...read, inbound.encryptionKey]) assert.ok(key.every((octet) => octet === 0));
});

test("the latest ticket of an idle IKE SA is taken once as it was kept; one that is known by its name alone is not kept with it", () => {
  const series = { name: "00000000000000ff", firstSpi: 0xffn, nextSerial: 3, count: 2, window: -1 };
  for (const [changes, name] of [[{}, "fedcba9876543210"], [{ ticketSeries: series }, series.name]] as const) {
    const form = new IdleIkeSas(true).lay(established(changes))!;
    assert.equal(form.takeTicket(), undefined);
    const ticket = {
      ticketId: "0123456789abcdef00112233445566778899aabbccddeeff",
      kind: "value",
      series: name,
      serial: 0xffff_ffff,
      owner: 2 ** 53 - 1,
      issuedAtEpochSeconds: 1_700_000_000,
      expiresAtEpochSeconds: 1_700_000_000.25,
    } as const;
    const byReference = { ...ticket, kind: "reference", ticketId: "ff00000000000000000000000000000a", serial: 0 } as const;
    for (const kept of [ticket, byReference]) {
      assert.equal(form.keepTicket(kept), true);
      assert.deepEqual(form.takeTicket(), kept);
      assert.equal(form.takeTicket(), undefined);
    }
    for (
      const other of [
        { ...ticket, series: "fedcba9876543211" },
        { ...ticket, owner: undefined },
        { ...ticket, ticketId: `${ticket.ticketId}00` },
        { ...ticket, ticketId: ticket.ticketId.toUpperCase() },
        { kind: "value", ticketId: ticket.ticketId, expiresAtEpochSeconds: 5 },
      ] as const
    ) {
      assert.equal(form.keepTicket(ticket), true);
      assert.equal(form.keepTicket(other), false);
      assert.equal(form.takeTicket(), undefined);
    }
  }
});

test("an IKE SA that has used all message IDs, its own or its peer's, is not laid to rest: they would begin anew", () => {
  const idle = new IdleIkeSas(true);
  const { receiveWindow } = established();
  for (const [count, isIdle] of [[2 ** 32 - 1, true], [2 ** 32, false]] as const) {
    assert.equal(idle.lay(established({ receiveWindow: { ...receiveWindow, expectedId: count } })) !== undefined, isIdle);
    assert.equal(idle.lay(established({ sendWindow: { nextId: count } })) !== undefined, isIdle);
  }
});

test("responses are forgotten minutes later, the oldest first, and only those that are so old", () => {
  const idle = new IdleIkeSas(true);
  const answeredAt = (answeredAtMs: number, heardAtMs = answeredAtMs) =>
    established({ heardAtMs, receiveWindow: { ...established().receiveWindow, answeredAtMs } });
  const responseOf = (form: IdleIkeSa) => idle.wake(form).receiveWindow.lastResponse;
  const early = Array.from({ length: 40 }, (_, index) => idle.lay(answeredAt(1_000 + index))!);
  const gone = idle.lay(answeredAt(1_100))!;
  idle.forget(gone);
  const woken = idle.lay(answeredAt(1_200))!;
  const late = idle.lay(answeredAt(5_000))!;
  // The peer has answered since: its own last request is as old as it was.
  const again = idle.lay({ ...idle.wake(woken), heardAtMs: 6_000 })!;
  assert.ok(idle.wake(idle.lay(answeredAt(RESPONSE_KEPT_MS + 999))!).receiveWindow.lastResponse, "none is old enough yet");
  for (let newer = 0; newer < 3; newer++) idle.lay(answeredAt(RESPONSE_KEPT_MS + 2_000));
  for (const form of early) assert.equal(responseOf(form), undefined);
  const heardAtMs = 1_200 + RESPONSE_KEPT_MS;
  assert.ok(responseOf(idle.lay({ ...idle.wake(again), heardAtMs: heardAtMs - 1 })!));
  assert.equal(responseOf(idle.lay(answeredAt(1_200, heardAtMs))!), undefined);
  assert.equal(responseOf(late)?.length, 430);
});

test("SK_pi and SK_pr, which are for AUTH alone, are kept of no IKE SA that has rested, and all other keys are", () => {
  const idle = new IdleIkeSas(true);
  const material = random.octets(3 * 32 + 2 * 36);
  const before = cutKeys(material.slice(), suite);
  const { keys } = idle.wake(idle.lay(established({ keys: cutKeys(material, suite) }))!);
  assert.ok(material.every((octet) => octet === 0));
  for (const name of ["skD", "skAi", "skAr", "skEi", "skEr"] as const) assert.deepEqual(keys[name], before[name], name);
  assert.deepEqual([keys.skPi, keys.skPr], [ZEROS, ZEROS]);
});
