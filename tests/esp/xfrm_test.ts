import assert from "node:assert/strict";
import { test } from "node:test";
import { parseEspProposal, parseSelectors } from "../../src/configuration/mod.ts";
import type { InstalledChildSa } from "../../src/esp/child_sa_system.ts";
import { leftoverLines } from "../../src/esp/xfrm/leftovers.ts";
import { policyLines, stateLine } from "../../src/esp/xfrm/lines.ts";
import { replayPositionIn } from "../../src/esp/xfrm/replay_position.ts";
import { XfrmChildSas } from "../../src/esp/xfrm/xfrm_child_sas.ts";
import { encryptionById } from "../../src/crypto/registry.ts";
import { describe } from "../../src/esp/xfrm/ip_command.ts";
import { CBC, installed, opened, recorded } from "./xfrm_scene.ts";

test("a Child SA is two states and three policies, with the keys on standard input and never among the arguments", async () => {
  const { system, lines, calls, settled } = await opened();
  system.install(installed());
  await settled();
  const tunnel = "reqid 100 mode tunnel";
  assert.deepEqual(lines, [
    `xfrm state add src 198.51.100.7 dst 192.0.2.1 proto esp spi 0x00001001 ${tunnel} replay-window 128 aead rfc4106(gcm(aes)) 0x${
      "a1".repeat(36)
    } 128`,
    `xfrm state add src 192.0.2.1 dst 198.51.100.7 proto esp spi 0x00002002 ${tunnel} replay-window 128 aead rfc4106(gcm(aes)) 0x${
      "b2".repeat(36)
    } 128`,
    "xfrm policy update src 10.0.0.0/8 dst 10.9.0.1/32 dir out priority 199960 tmpl src 192.0.2.1 dst 198.51.100.7 proto esp reqid 100 mode tunnel",
    "xfrm policy update src 10.9.0.1/32 dst 10.0.0.0/8 dir in priority 199960 tmpl src 198.51.100.7 dst 192.0.2.1 proto esp reqid 100 mode tunnel",
    "xfrm policy update src 10.9.0.1/32 dst 10.0.0.0/8 dir fwd priority 199960 tmpl src 198.51.100.7 dst 192.0.2.1 proto esp reqid 100 mode tunnel",
  ]);
  assert.equal(calls.at(-1), "-batch -");
  assert.equal(calls.some((call) => call.includes("a1a1")), false);
});

test("every suite, UDP encapsulation, extended sequence numbers, transport mode, marks and an interface have their words", () => {
  const words = (one: InstalledChildSa, direction: "in" | "out" = "out", marks = {}) =>
    describe(stateLine(one, direction, 7, marks));
  const cbc = { encryptionKey: new Uint8Array(32), integrityKey: new Uint8Array(32) };
  assert.match(
    words(installed({}, { protection: CBC, outbound: cbc })),
    / enc cbc\(aes\) \(key\) auth-trunc hmac\(sha256\) \(key\) 128$/,
  );
  const chacha = { encryption: encryptionById(28)!, keyLength: 32 };
  assert.match(words(installed({}, { protection: chacha })), / aead rfc7539esp\(chacha20,poly1305\) \(key\) 128$/);
  const ends = { ...installed().ends, udpEncapsulation: true };
  assert.match(words(installed({ ends })), / encap espinudp 4500 61234 0\.0\.0\.0$/);
  assert.match(words(installed({ ends }), "in"), / encap espinudp 61234 4500 0\.0\.0\.0$/);
  assert.match(words(installed({}, { extendedSequenceNumbers: true })), / replay-window 128 flag esn aead /);
  assert.match(words(installed(), "out", { interfaceId: 42 }), / if_id 0x2a$/);
  const transport = installed({}, {
    transportMode: true,
    localSelectors: parseSelectors("192.0.2.1"),
    remoteSelectors: parseSelectors("198.51.100.7"),
  });
  assert.match(words(transport), / mode transport .* sel src 192\.0\.2\.1\/32 dst 198\.51\.100\.7\/32$/);
  assert.deepEqual(policyLines(transport, 7, {}).map(({ name }) => name.split("dir ")[1]), ["out", "in"]);
  const marked = policyLines(installed(), 7, { mark: { value: 42, mask: 255 }, interfaceId: 5 })[0];
  assert.match(describe(marked.line), / dir out mark 0x2a mask 0xff if_id 0x5 priority /);
  assert.match(
    describe(marked.deletion),
    /^xfrm policy delete src 10\.0\.0\.0\/8 dst 10\.9\.0\.1\/32 dir out mark 0x2a mask 0xff if_id 0x5$/,
  );
  for (const name of ["aes128gcm16", "aes192gcm16", "aes256-sha256", "chacha20poly1305"]) {
    assert.ok(parseEspProposal(name), name);
  }
});

test("protocols, single ports and ICMP types go into policies, both families side by side, and ranges of ports are refused", () => {
  const [any] = parseSelectors("10.0.0.0/8");
  const [client] = parseSelectors("10.9.0.1");
  const names = (local: object, remote: object) =>
    policyLines(installed({}, { localSelectors: [{ ...any, ...local }], remoteSelectors: [{ ...client, ...remote }] }), 1, {})
      .map(({ name }) => name);
  const udp = { ipProtocol: 17, startPort: 53, endPort: 53 };
  assert.deepEqual(names(udp, { ipProtocol: 17 }).slice(0, 2), [
    "src 10.0.0.0/8 dst 10.9.0.1/32 proto 17 sport 53 dir out",
    "src 10.9.0.1/32 dst 10.0.0.0/8 proto 17 dport 53 dir in",
  ]);
  const echo = { ipProtocol: 1, startPort: 0x0800, endPort: 0x0800 };
  assert.deepEqual(names(echo, { ipProtocol: 1 })[0], "src 10.0.0.0/8 dst 10.9.0.1/32 proto 1 type 8 code 0 dir out");
  assert.deepEqual(names(udp, { ipProtocol: 6 }), []);
  assert.throws(() => names({ ipProtocol: 6, startPort: 80, endPort: 90 }, {}), /ports 80 to 90, expected one port or all/);
  const both = installed({}, {
    localSelectors: parseSelectors("0.0.0.0/0, ::/0"),
    remoteSelectors: parseSelectors("10.9.0.1, fd00::9"),
  });
  assert.deepEqual(policyLines(both, 1, {}).filter(({ name }) => name.endsWith("out")).map(({ name }) => name), [
    "src 0.0.0.0/0 dst 10.9.0.1/32 dir out",
    "src ::/0 dst fd00::9/128 dir out",
  ]);
  const many = parseSelectors("10.0.0.1-10.255.255.254");
  assert.throws(
    () => policyLines(installed({}, { localSelectors: many, remoteSelectors: many }), 1, {}),
    /policies for one Child SA/,
  );
});

test("a rekeyed Child SA sends by its new state at once, receives by the old one until that goes, and keeps its policies", async () => {
  const { system, lines, settled } = await opened();
  const old = installed();
  const one = installed({}, { inboundSpi: 0x3003, outboundSpi: 0x4004 });
  system.install(old);
  await settled();
  lines.length = 0;
  system.replace(one, old);
  system.remove({ ...old, receivesOnly: true }, false);
  await settled();
  const brief = lines.map((line) => line.split(" ").slice(1, 3).join(" ") + (/spi \S+/.exec(line)?.[0] ?? ""));
  assert.deepEqual(brief, [
    "state addspi 0x00003003",
    "state addspi 0x00004004",
    ...new Array(3).fill("policy update"),
    "state deletespi 0x00002002",
    "state deletespi 0x00001001",
  ]);
});

test("a resumed client's policies are taken over: the end of its old Child SA takes none of them along, whichever comes first", async () => {
  for (const newFirst of [true, false]) {
    const { system, lines, settled } = await opened();
    const old = installed();
    const one = installed({ number: 2 }, { inboundSpi: 0x3003, outboundSpi: 0x4004 });
    system.install(old);
    if (newFirst) system.install(one);
    system.remove(old, true);
    if (!newFirst) system.install(one);
    await settled();
    const policies = new Set<string>();
    for (const line of lines) {
      const [, action, name] = /^xfrm policy (update|delete) (.*?)(?: priority|$)/.exec(line) ?? [];
      if (action === "update") policies.add(name);
      else if (action === "delete") policies.delete(name);
    }
    assert.equal(policies.size, 3);
    lines.length = 0;
    await system.close();
    assert.equal(lines.filter((line) => line.startsWith("xfrm policy delete")).length, 3);
    assert.equal(lines.filter((line) => line.startsWith("xfrm state delete")).length, 2);
  }
});

test("a Child SA that moves goes on with the sequence numbers that it had, and no number twice", async () => {
  const position =
    "src a dst b\n\tproto esp spi 0x1 reqid 100 mode tunnel\n\tanti-replay context: seq 0x10, oseq 0x20, bitmap 0xf\n";
  const { system, lines, calls, settled } = await opened((args) => args.includes("get") ? { output: position } : {});
  const one = installed();
  system.install(one);
  await settled();
  lines.length = 0;
  const ends = { ...one.ends, remote: { address: "203.0.113.5", port: 4500 } };
  system.move({ ...one, ends }, one.ends);
  await settled();
  assert.ok(calls.includes("-s xfrm state get src 198.51.100.7 dst 192.0.2.1 proto esp spi 0x00001001"));
  assert.match(lines[0], /^xfrm state delete src 198\.51\.100\.7 dst 192\.0\.2\.1 proto esp spi 0x00001001$/);
  assert.match(
    lines[1],
    /^xfrm state add src 203\.0\.113\.5 dst 192\.0\.2\.1 .* replay-seq 0x10 replay-oseq 0x1020 replay-window 128 aead /,
  );
  assert.match(lines[3], /^xfrm state add src 192\.0\.2\.1 dst 203\.0\.113\.5 /);
  assert.equal(lines.slice(4).filter((line) => line.includes("203.0.113.5")).length, 3);
  // A Child SA that has sent nothing begins at nothing; numbers of 64 bits carry over.
  assert.deepEqual(replayPositionIn("anti-replay context: seq 0x0, oseq 0x0, bitmap 0x0"), [
    "replay-seq",
    "0x0",
    "replay-oseq",
    "0x0",
  ]);
  const esn = "anti-replay esn context:\n\t seq-hi 0x1, seq 0x5, oseq-hi 0x2, oseq 0xfffffff0\n";
  assert.deepEqual(replayPositionIn(esn), [
    ...["replay-seq", "0x5", "replay-oseq", "0xff0"],
    ...["replay-seq-hi", "0x1", "replay-oseq-hi", "0x3"],
  ]);
  assert.deepEqual(replayPositionIn("RTNETLINK answers: No such process"), []);
});

test("a state that another Child SA has is neither taken nor deleted: a client chooses its SPI, and may choose its neighbour's", async () => {
  const { system, lines, faults, settled } = await opened();
  const victim = installed();
  system.install(victim);
  await settled();
  lines.length = 0;
  const remoteSelectors = parseSelectors("10.9.0.2");
  const sameOutbound = installed({ number: 2 }, { inboundSpi: 0x5005, remoteSelectors });
  const sameInbound = installed({ number: 3 }, { outboundSpi: 0x6006, remoteSelectors });
  const ranges = { ipProtocol: 6, startPort: 80, endPort: 90 };
  const unfit = installed({ number: 4 }, { remoteSelectors: remoteSelectors.map((one) => ({ ...one, ...ranges })) });
  assert.throws(() => system.install(unfit), RangeError);
  for (const thief of [sameOutbound, sameInbound, unfit]) {
    if (thief !== unfit) system.install(thief);
    system.move({ ...thief, ends: { ...thief.ends, udpEncapsulation: true } }, thief.ends);
    system.remove(thief, true);
  }
  await settled();
  assert.deepEqual(lines.filter((line) => /spi 0x0000(1001|2002)/.test(line)), []);
  assert.equal(faults.filter((fault) => /another Child SA has/.test(fault)).length, 2);
  // Once it is gone, its names are free.
  system.remove(victim, true);
  lines.length = 0;
  system.install(sameOutbound);
  await settled();
  assert.equal(lines.filter((line) => / state add .* spi 0x00002002 /.test(line)).length, 1);
});

test("a client that moves over and over before it is its turn is moved once, to where it is at last", async () => {
  const { system, calls, lines, settled } = await opened();
  const one = installed();
  system.install(one);
  await settled();
  calls.length = 0;
  lines.length = 0;
  let now = one;
  for (let port = 1; port <= 1_000; port++) {
    const next = {
      ...one,
      ends: { ...one.ends, remote: { address: `203.0.113.${port % 250}`, port }, udpEncapsulation: true },
    };
    system.move(next, now.ends);
    now = next;
  }
  await settled();
  assert.equal(lines.filter((line) => / state add /.test(line)).length, 2);
  assert.ok(lines.some((line) => line.includes("encap espinudp 4500 1000 ")));
  assert.equal(lines.filter((line) => / state delete .*198\.51\.100\.7/.test(line)).length, 2);
  assert.ok(calls.length <= 10);
  lines.length = 0;
  system.remove(now, true);
  await settled();
  assert.equal(lines.filter((line) => / state delete .*203\.0\.113\.0/.test(line)).length, 2);
});

test("what a process before this one has left goes, and what is another program's stays", async () => {
  const states =
    "src 1.1.1.1 dst 2.2.2.2\n\tproto esp spi 0x00000abc reqid 100 mode tunnel\nsrc 1.1.1.1 dst 2.2.2.2\n\tproto esp spi 0x00000def reqid 7 mode tunnel\n";
  const policies =
    "src 10.0.0.0/24 dst 10.1.0.0/24 uid 0\n\tdir out action allow index 1 priority 100 ptype main\n\tmark 0x2a/0xff \n\ttmpl src 1.1.1.1 dst 2.2.2.2\n\t\tproto esp spi 0x00000000(0) reqid 101(0x00000065) mode tunnel\n\tif_id 0x5\n" +
    "src 0.0.0.0/0 dst 10.1.0.0/24 uid 0\n\tdir fwd action allow index 10 priority 1 ptype main\n\ttmpl src 1.1.1.1 dst 2.2.2.2\n\t\tproto esp spi 0x00000000(0) reqid 1(0x00000001) mode tunnel\n";
  const ip = recorded((args) =>
    args.includes("policy") ? { output: policies } : args.includes("list") ? { output: states } : {}
  );
  await XfrmChildSas.open({ run: ip.run, firstReqid: 100, onFault: assert.fail });
  assert.deepEqual(ip.lines, [
    "xfrm policy delete index 1 dir out mark 0x2a mask 0xff if_id 0x5",
    "xfrm state delete src 1.1.1.1 dst 2.2.2.2 proto esp spi 0x00000abc",
  ]);
  assert.deepEqual(leftoverLines("", "", () => true), []);
});
