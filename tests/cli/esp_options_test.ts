import assert from "node:assert/strict";
import { Command } from "commander";
import { test } from "node:test";
import { addEspOptions, type EspOptions, openChildSas } from "../../src/cli/esp_options.ts";
import { UsageError } from "../../src/cli/exit_status.ts";
import { leaveEspToKernel } from "../../src/transport/esp_in_udp.ts";
import { letIkePassPolicies } from "../../src/transport/ike_bypass.ts";

function options(...words: string[]): EspOptions {
  const command = addEspOptions(new Command()).exitOverride().configureOutput({ writeErr: () => {} });
  command.parse(words, { from: "user" });
  return command.opts<EspOptions>();
}

test("nobody carries traffic unless it was asked for", async () => {
  assert.deepEqual(options(), {});
  assert.equal(await openChildSas(options(), assert.fail), undefined);
  const installed = await openChildSas(options("--updown", "/bin/true"), assert.fail);
  assert.ok(installed);
  await installed.close();
});

test("marks are numbers with or without a mask, and what is none is refused", () => {
  assert.deepEqual(options("--xfrm-mark", "42").xfrmMark, { value: 42, mask: 0xffffffff });
  assert.deepEqual(options("--xfrm-mark", "0x2a/0xff").xfrmMark, { value: 42, mask: 255 });
  for (const wrong of ["", "x", "1/2/3", "0x1ffffffff", "4294967296", "-1"]) {
    assert.throws(() => options("--xfrm-mark", wrong), { code: "commander.invalidArgument" });
  }
});

test("options that go with others which are missing are refused", async () => {
  await assert.rejects(openChildSas(options("--xfrm-if-id", "5"), assert.fail), UsageError);
  await assert.rejects(openChildSas(options("--updown-timeout", "5"), assert.fail), UsageError);
});

test("a port that no socket has cannot leave ESP to the kernel, and that is said in one line", () => {
  assert.match(leaveEspToKernel(1) ?? "", /^ESP in UDP on port 1 does not reach the kernel: /);
});

test("a port that no socket has cannot let IKE past policies, and that is said in one line", () => {
  assert.match(letIkePassPolicies(1) ?? "", /^IKE on port 1 goes by policies: /);
});
