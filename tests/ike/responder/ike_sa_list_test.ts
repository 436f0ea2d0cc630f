import assert from "node:assert/strict";
import { test } from "node:test";
import { formatIdentity } from "../../../src/configuration/mod.ts";
import { IdentityNumbers } from "../../../src/ike/child_sa/identity_numbers.ts";
import { IkeSaList } from "../../../src/ike/responder/ike_sa_list.ts";
import { IkeSaTable } from "../../../src/ike/states/ike_sa_table.ts";
import { IdleIkeSa } from "../../../src/ike/states/idle/idle_ike_sa.ts";
import { repeatableRandom, runSeed } from "../../crypto/random.ts";
import { fqdn } from "../../simulation/simulation.ts";
import { established } from "../states/idle/established.ts";

const random = repeatableRandom(runSeed);
const NOW = { monotonicMs: 2_234.5, epochSeconds: 1_700_000_100 };
const ADDRESSES = { innerAddressesOf: (ownSpi: bigint) => ownSpi === 7n ? [Uint8Array.of(10, 0, 0, 7)] : [] };

const IKE_SA_FIELDS = [
  ...["spis", "initiatorId", "responderId", "local", "remote", "udpEncapsulation", "upAtEpochSeconds", "resumed", "isEnding"],
  ...["heardMsAgo", "innerAddresses", "childSas", "ticket"],
];
const CHILD_SA_FIELDS = [
  ...["inboundSpi", "outboundSpi", "localSelectors", "remoteSelectors", "udpEncapsulation", "transportMode", "encryption"],
  "keyBits",
];

function tableOf(count: number): IkeSaTable {
  const sas = new IkeSaTable(new IdentityNumbers((length) => random.octets(length)), false);
  for (let index = 1; index <= count; index++) {
    const spis = { initiatorSpi: BigInt(index) << 32n, responderSpi: BigInt(index) };
    sas.keep(established({ spis, initiatorId: fqdn(`client-${index}.example`), upAtEpochSeconds: 1_700_000_000 + index }));
  }
  return sas;
}

test("of 100,000 IKE SAs at rest each is described once, in pieces, and none is woken", () => {
  const sas = tableOf(100_000);
  const list = new IkeSaList(sas, ADDRESSES);
  const spis = list.spis();
  const seen = new Set<string>();
  for (let at = 0; at < spis.length; at += 64) {
    for (const { initiatorId } of list.describe(spis.slice(at, at + 64), "all", NOW)) seen.add(formatIdentity(initiatorId));
  }
  assert.equal(seen.size, 100_000);
  assert.equal(spis.every((spi) => sas.entries.get(spi)?.state instanceof IdleIkeSa), true);
});

test("a description says who, from where, since when, with what, and holds no key", () => {
  const sas = tableOf(20);
  const list = new IkeSaList(sas, ADDRESSES);
  const ticket = {
    kind: "value" as const,
    ticketId: "00112233445566778899aabbccddeeff00112233",
    expiresAtEpochSeconds: 1_700_003_600,
    owner: 5,
    series: "0000000000000007",
    serial: 1,
    issuedAtEpochSeconds: 1_700_000_000,
  };
  const spis = { initiatorSpi: 7n << 32n, responderSpi: 7n };
  sas.replaceTicket(spis, ticket);
  const [described] = list.describe(BigUint64Array.of(7n), "all", NOW);
  assert.deepEqual(described.spis, spis);
  assert.equal(formatIdentity(described.initiatorId), "client-7.example");
  assert.deepEqual(described.remote, { address: "198.51.100.7", port: 65_535 });
  assert.deepEqual(described.local, { address: "192.0.2.1", port: 500 });
  assert.deepEqual([described.upAtEpochSeconds, described.resumed, described.heardMsAgo], [1_700_000_007, false, 1_000]);
  assert.deepEqual(described.innerAddresses, ["10.0.0.7"]);
  assert.deepEqual(described.ticket, { ticketId: ticket.ticketId, expiresAtEpochSeconds: 1_700_003_600 });
  const [childSa] = described.childSas;
  assert.deepEqual([childSa.inboundSpi, childSa.outboundSpi, childSa.transportMode], [0xffff_fff0, 256, false]);
  assert.deepEqual(childSa.remoteSelectors[0].startAddress, Uint8Array.of(198, 51, 100, 7));
  // The ticket is still the IKE SA's, whole.
  assert.deepEqual(sas.takeTicket(spis), ticket);
  // All that is in it: whatever is added to an IKE SA or a Child SA does not get out by itself.
  assert.deepEqual(Object.keys(structuredClone(childSa)), CHILD_SA_FIELDS);
  assert.deepEqual(Object.keys(structuredClone(described)), IKE_SA_FIELDS);
  // What was described works still: its keys are there.
  const { keys } = sas.find(spis)!;
  assert.equal(keys.skD.some((octet) => octet !== 0), true);
});

test("IKE SAs are found by either SPI, by identity whatever the case of its letters, and by address", () => {
  const sas = tableOf(20);
  const list = new IkeSaList(sas, ADDRESSES);
  const found = (which: Parameters<IkeSaList["describe"]>[1]) =>
    list.describe(list.spis(), which, NOW).map(({ spis }) => Number(spis.responderSpi)).sort((one, other) => one - other);
  assert.deepEqual(found({ spi: 9n }), [9]);
  assert.deepEqual(found({ spi: 9n << 32n }), [9]);
  assert.deepEqual(found({ spi: 99n }), []);
  assert.deepEqual(found({ identity: fqdn("CLIENT-3.example") }), [3]);
  assert.deepEqual(found({ address: "10.0.0.7" }), [7]);
  assert.equal(found({ address: "198.51.100.7" }).length, 20);
  assert.deepEqual(found({ address: "198.51.100.8" }), []);
});
