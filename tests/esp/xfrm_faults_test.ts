import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { XfrmChildSas } from "../../src/esp/xfrm/xfrm_child_sas.ts";
import { IpBatches, ipOf, type RunIp } from "../../src/esp/xfrm/ip_command.ts";
import { installed, opened, recorded } from "./xfrm_scene.ts";

test("what Linux refuses is told with its line and without keys, all else is done, and what is done already is not told", async () => {
  // As ip does it: at an error it ends, and says no more than that.
  let refuses: (line: string) => string | undefined = () => undefined;
  const done: string[] = [];
  const { system, faults, settled } = await opened((args, input) => {
    if (!args.includes("-batch")) return {};
    for (const line of input.split("\n").filter((each) => each !== "")) {
      const errors = refuses(line);
      if (errors !== undefined) return { errors: `${errors}\nCommand failed -:1\n` };
      done.push(line);
    }
    return {};
  });
  refuses = (line) => / state add .* 0x00001001 /.test(line) ? "Error: Requested AEAD algorithm not found." : undefined;
  system.install(installed());
  await settled();
  assert.equal(faults.length, 1);
  assert.match(faults[0], /^xfrm: Error: Requested AEAD algorithm not found\.: ip xfrm state add .* \(key\) 128$/);
  assert.equal(new Set(done).size, 4, "the other state and three policies");
  faults.length = 0;
  refuses = (line) => line.includes("delete") ? "RTNETLINK answers: No such process" : "RTNETLINK answers: File exists";
  system.remove(installed(), true);
  await settled();
  assert.deepEqual(faults, []);
  await assert.rejects(
    XfrmChildSas.open({ run: () => Promise.resolve({ output: "", errors: "Operation not permitted" }), onFault() {} }),
    {
      message: "xfrm: ip cannot look: Operation not permitted",
    },
  );
  await assert.rejects(XfrmChildSas.open({ firstReqid: 0, onFault() {} }), /firstReqid is 0, expected a whole number from 1/);
});

test("all of a large gateway are taken out: lines are bounded in number only where they are no deletions", async () => {
  const { run, lines } = recorded();
  const batches = new IpBatches(run, ({ message }) => assert.fail(message));
  batches.add(Array.from({ length: 250_000 }, (_, index) => ["xfrm", "state", "delete", String(index)]));
  await batches.idle;
  assert.equal(lines.length, 250_000);
  assert.equal(lines.at(-1), "xfrm state delete 249999");
});

test("an ip that does not come back is killed and told of, its lines are left out with their keys, and those behind go on", async () => {
  const faults: string[] = [];
  const done: string[] = [];
  const folder = mkdtempSync(join(tmpdir(), "ip-"));
  const program = join(folder, "ip");
  writeFileSync(program, '#!/bin/sh\nread -r line\ncase "$line" in *hangs*) exec sleep 60;; esac\n', { mode: 0o755 });
  const ip = ipOf(program, 300);
  const run: RunIp = async (args, input) => {
    const text = new TextDecoder().decode(input);
    const outcome = await ip(args, input);
    done.push(...text.trimEnd().split("\n"));
    return outcome;
  };
  try {
    const batches = new IpBatches(run, ({ message }) => void faults.push(message));
    batches.add([["this", "hangs"], ["behind", "it"]]);
    await Promise.resolve();
    await Promise.resolve();
    batches.add([["goes", "on"]]);
    await batches.idle;
  } finally {
    rmSync(folder, { recursive: true });
  }
  assert.deepEqual(faults, ["xfrm: ip was killed after 300 ms: ip this hangs", "xfrm: lines behind it that are left out: 1"]);
  assert.deepEqual(done, ["goes on"]);
});

test("a Child SA that moves while ip cannot look is taken out where it was, and not made anew with numbers that were used", async () => {
  const { system, lines, faults, settled } = await opened((args) => {
    if (args.includes("get")) throw new Error("ip was killed after 30000 ms");
    return {};
  });
  const one = installed();
  system.install(one);
  await settled();
  lines.length = 0;
  system.move({ ...one, ends: { ...one.ends, remote: { address: "203.0.113.5", port: 4500 } } }, one.ends);
  await settled();
  assert.deepEqual(lines.filter((line) => line.includes("state")), [
    "xfrm state delete src 198.51.100.7 dst 192.0.2.1 proto esp spi 0x00001001",
    "xfrm state delete src 192.0.2.1 dst 198.51.100.7 proto esp spi 0x00002002",
  ]);
  assert.deepEqual(faults, new Array(2).fill("xfrm: a Child SA that moves is taken out: ip was killed after 30000 ms"));
});

test("a listener of faults that throws keeps nothing from Linux", async () => {
  const refused = { errors: "RTNETLINK answers: Operation not permitted" };
  const { system, lines, settled } = await opened((args) => args[0] === "-batch" ? refused : {}, {
    onFault: () => assert.fail("broken"),
  });
  system.install(installed());
  await settled();
  lines.length = 0;
  await system.close();
  assert.ok(lines.some((line) => line.startsWith("xfrm state delete")));
});
