import assert from "node:assert/strict";
import { test } from "node:test";
import { CarriedReports } from "../../src/esp/carried_reports.ts";
import type { ChildSaCarried } from "../../src/esp/installed_child_sas.ts";
import { ChildSaUses, StateUseReader } from "../../src/esp/xfrm/state_use.ts";

/** As iproute2 6.1 prints it. */
const LISTED = `src 192.0.2.1 dst 198.51.100.7
\tproto esp spi 0x00002002(8194) reqid 1224736768(0x49000000) mode tunnel
\treplay-window 128 seq 0x00000000 flag  (0x00000000)
\tanti-replay context: seq 0x0, oseq 0x9, bitmap 0x00000000
\tsel src 0.0.0.0/0 dst 0.0.0.0/0 uid 0
\tlifetime config:
\t  limit: soft (INF)(bytes), hard (INF)(bytes)
\t  limit: soft (INF)(packets), hard (INF)(packets)
\t  expire add: soft 0(sec), hard 0(sec)
\tlifetime current:
\t  1234(bytes), 9(packets)
\t  add 2026-01-01 10:00:00 use 2026-01-01 10:00:01
\tstats:
\t  replay-window 0 replay 0 failed 0
src 2001:db8::7 dst 2001:db8::1
\tproto esp spi 0xffffffff(4294967295) reqid 7(0x00000007) mode tunnel
\tlifetime current:
\t  18446744073709551615(bytes), 3(packets)
`;

test("what states have carried is read in whatever pieces it comes, and what is no such line is passed over", () => {
  const expected = [["198.51.100.7", 0x2002, { octets: 1234, packets: 9 }], ["2001:db8::1", 0xffffffff, {
    octets: 2 ** 64,
    packets: 3,
  }]];
  for (const size of [1, 7, LISTED.length]) {
    const read: unknown[] = [];
    const reader = new StateUseReader((...one) => read.push(one));
    for (let at = 0; at < LISTED.length; at += size) reader.take(LISTED.slice(at, at + size));
    assert.deepEqual(read, expected);
  }
  const read: unknown[] = [];
  const reader = new StateUseReader((...one) => read.push(one));
  reader.take("\t  1(bytes), 2(packets)\nsrc a dst b\n\tlifetime current:\n\t  1(bytes), 2(packets)\n");
  reader.take(`${"x".repeat(100_000)}\nCannot bind\n`);
  assert.deepEqual(read, [], "of no state");
});

test("both directions count together, also over states that were made anew and begin from nothing", () => {
  const uses = new ChildSaUses();
  const childSa = {} as ChildSaCarried["childSa"];
  assert.equal(uses.of(childSa), undefined);
  uses.read(childSa, "in", { octets: 100, packets: 1 });
  uses.read(childSa, "out", { octets: 1_000, packets: 5 });
  uses.read(childSa, "in", { octets: 300, packets: 3 });
  assert.deepEqual(uses.of(childSa), { octets: 1_300, packets: 8, packetsIn: 3 });
  uses.read(childSa, "in", { octets: 0, packets: 0 });
  uses.read(childSa, "in", { octets: 50, packets: 1 });
  assert.deepEqual(uses.of(childSa), { octets: 1_350, packets: 9, packetsIn: 4 });
});

interface Told {
  readonly carried: string[];
  readonly heard: number[];
  readonly faults: unknown[];
}

/** Looks one after the other, as fast as they come. */
async function looks(
  answers: readonly (readonly ChildSaCarried[] | Error)[],
  limits: { readonly lifetimeOctets?: number; readonly lifetimePackets?: number },
): Promise<Told> {
  const told: Told = { carried: [], heard: [], faults: [] };
  const done = Promise.withResolvers<void>();
  let next = 0;
  const carried = () => {
    const answer = answers[next++];
    if (answer === undefined) done.resolve();
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve([...answer ?? []]);
  };
  const reports = new CarriedReports({ carried }, {
    everyMs: 1,
    ...limits,
    onCarried: (_, { inboundSpi, octets, packets }) => void told.carried.push(`${inboundSpi}: ${octets}, ${packets}`),
    onHeard: (spis) => void told.heard.push(...spis.map(({ initiatorSpi }) => Number(initiatorSpi))),
    onFault: (fault) => {
      told.faults.push(fault);
      throw new Error("broken");
    },
  });
  await done.promise;
  reports.close();
  return told;
}

const CHILD_SAS = [{}, {}] as ChildSaCarried["childSa"][];

function carriedBy(number: number, octets: number, packets: number, packetsIn = 0): ChildSaCarried {
  const spis = { initiatorSpi: BigInt(number), responderSpi: 9n };
  return { spis, inboundSpi: 100 + number, childSa: CHILD_SAS[number], octets, packets, packetsIn };
}

test("the protocol is told once for each hundredth of what a Child SA may carry, and nothing where it may carry all", async () => {
  const answers = [[carriedBy(0, 99, 1), carriedBy(1, 1, 1)], [carriedBy(0, 100, 1)], [carriedBy(0, 150, 9)], [
    carriedBy(0, 201, 9),
  ]];
  assert.deepEqual((await looks(answers, { lifetimeOctets: 10_000 })).carried, ["100: 100, 1", "100: 201, 9"]);
  assert.deepEqual((await looks(answers, { lifetimePackets: 800 })).carried, ["100: 150, 9"]);
  assert.deepEqual((await looks(answers, {})).carried, []);
});

test("only what came in since the last look is a sign of life", async () => {
  const answers = [[carriedBy(0, 9, 9, 0), carriedBy(1, 9, 9, 2)], [carriedBy(0, 9, 9, 0), carriedBy(1, 9, 9, 2)], [
    carriedBy(0, 9, 9, 1),
  ]];
  assert.deepEqual((await looks(answers, {})).heard, [1, 0]);
});

test("a look that fails is told once until one goes well, a listener that throws ends nothing, and looks go on", async () => {
  const fault = new Error("ip cannot be run");
  const told = await looks([fault, fault, [carriedBy(0, 500, 1)], fault], { lifetimeOctets: 10_000 });
  assert.deepEqual(told.faults, [fault, fault]);
  assert.deepEqual(told.carried, ["100: 500, 1"]);
});
