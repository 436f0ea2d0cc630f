import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { eventOf } from "../../../src/cli/effect_event.ts";
import { isLogged, logLine } from "../../../src/cli/log/log_lines.ts";
import { parseIdentity } from "../../../src/configuration/mod.ts";
import type { Effect } from "../../../src/ike/states/effect.ts";

const TIME = new Date("2026-11-30T17:00:01.002Z");

/** The filter's expression as fail2ban applies it: to the whole line, or to what is left when the time was cut out. */
const [, FAILREGEX] = /^failregex = (.+)$/m.exec(
  readFileSync(new URL("../../../examples/fail2ban/filter.d-ike-resume.conf", import.meta.url), "utf8"),
)!;
const FILTER = new RegExp(FAILREGEX.replace("<ADDR>", String.raw`(?<address>(?:\d{1,3}\.){3}\d{1,3}|[0-9a-f:]+)`));

function failedLogin(more: Partial<Extract<Effect, { type: "authentication-failed" }>> = {}) {
  return eventOf({
    type: "authentication-failed",
    spis: { initiatorSpi: 0xa1n, responderSpi: 0xb2n },
    method: "shared-key",
    claimedId: parseIdentity("ada@example.org"),
    remote: { address: "198.51.100.7", port: 500 },
    ...more,
  }, false)!;
}

test("a line of the log has time and level, then the event's name and fields as they always are", () => {
  assert.equal(
    logLine(failedLogin(), "logfmt", TIME),
    "time=2026-11-30T17:00:01.002Z level=warn event=authentication-failed initiator_spi=00000000000000a1 " +
      'responder_spi=00000000000000b2 method=shared-key claimed_id=ada@example.org remote="198.51.100.7 port 500"',
  );
  const { time, level, ...fields } = JSON.parse(logLine(failedLogin(), "json", TIME));
  assert.deepEqual([time, level], ["2026-11-30T17:00:01.002Z", "warn"]);
  assert.deepEqual(fields, failedLogin());
});

test("the number of a notify has its name beside it", () => {
  const refused = { event: "child-sa-failed", initiator_spi: "00", notify: 38 };
  assert.equal(
    logLine(refused, "logfmt", TIME),
    "time=2026-11-30T17:00:01.002Z level=warn event=child-sa-failed notify=38 notify_name=TS_UNACCEPTABLE initiator_spi=00",
  );
  assert.equal(JSON.parse(logLine({ ...refused, notify: 8_191 }, "json", TIME)).notify_name, "unknown");
});

test("lines below the level are not written, and a line for people has a level of its own", () => {
  const logged = (event: string, level: "debug" | "info" | "warn" | "error") => isLogged({ event }, { level });
  assert.deepEqual([logged("dropped", "debug"), logged("dropped", "info")], [true, false]);
  assert.deepEqual([logged("ike-sa-up", "info"), logged("ike-sa-up", "warn")], [true, false]);
  assert.deepEqual([logged("worker-died", "error"), logged("authentication-failed", "error")], [true, false]);
  assert.equal(isLogged({ event: "message", level: "warn" }, { level: "error" }), false);
});

test("the filter for fail2ban finds the address of a failed login, whatever the client calls itself, and no other line", () => {
  const addressIn = (line: string) => FILTER.exec(line)?.groups?.address;
  const cut = (line: string) => line.replace(/^time=\S+/, "");
  const lineOf = (more: Parameters<typeof failedLogin>[0]) => logLine(failedLogin(more), "logfmt", TIME);
  const evil = { idType: 11, identification: new TextEncoder().encode('x" remote="203.0.113.9 port 5"') };
  const evilMail = parseIdentity('a" remote="203.0.113.9 port 5"@example.org');
  for (const more of [{}, { claimedId: undefined }, { claimedId: evil }, { claimedId: evilMail }, { detail: "not trusted" }]) {
    const line = lineOf(more);
    assert.equal(addressIn(line), "198.51.100.7", line);
    assert.equal(addressIn(cut(line)), "198.51.100.7", line);
    assert.equal(addressIn(`gw npx[77]: ${line}`), "198.51.100.7", line);
  }
  assert.equal(addressIn(lineOf({ remote: { address: "2001:db8::7", port: 4500 } })), "2001:db8::7");
  const up = { event: "ike-sa-up", initiator_id: 'x event=authentication-failed remote="203.0.113.9 port 5"' };
  assert.equal(addressIn(logLine(up, "logfmt", TIME)), undefined);
});
