import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type EventObject, eventOf } from "../../../src/cli/effect_event.ts";
import { type EventLog, openEventLog } from "../../../src/cli/log/event_log.ts";
import { LOG_LEVELS, type LogLevel } from "../../../src/cli/log/log_levels.ts";
import type { LogFormat } from "../../../src/cli/log/log_options.ts";
import { parseIdentity } from "../../../src/configuration/mod.ts";
import type { Effect } from "../../../src/ike/states/effect.ts";

const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/;

function openLog(format: LogFormat, level: LogLevel = "debug", redact: readonly string[] = []): EventLog {
  return openEventLog({ format, level, redact });
}

/** The line of a log in logfmt, with a time that a test can name. */
const log = openLog("logfmt");
function logfmtLine(event: EventObject): string {
  return log.anyLine(event).replace(TIME, "2026-11-30T17:00:01.002Z");
}

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
    logfmtLine(failedLogin()),
    "time=2026-11-30T17:00:01.002Z level=warn event=authentication-failed initiator_spi=00000000000000a1 " +
      'responder_spi=00000000000000b2 method=shared-key claimed_id=ada@example.org remote="198.51.100.7 port 500"',
  );
  const before = new Date().toISOString();
  const line = openLog("json").anyLine(failedLogin());
  assert.ok(!line.includes("\n"));
  const { time, level, ...fields } = JSON.parse(line);
  assert.match(time, TIME);
  assert.ok(before <= time && time <= new Date().toISOString());
  assert.equal(level, "warn");
  assert.deepEqual(fields, failedLogin());
});

test("the number of a notify has its name beside it", () => {
  const refused = { event: "child-sa-failed", initiator_spi: "00", notify: 38 };
  assert.equal(
    logfmtLine(refused),
    "time=2026-11-30T17:00:01.002Z level=warn event=child-sa-failed notify=38 notify_name=TS_UNACCEPTABLE initiator_spi=00",
  );
  assert.equal(JSON.parse(openLog("json").anyLine({ ...refused, notify: 8_191 })).notify_name, "unknown");
});

test("lines below the level are not written, a line for people has a level of its own, and the level may change", () => {
  const log = openLog("logfmt", "error");
  const logged = (event: string, level: LogLevel) => {
    log.level = level;
    return log.line({ event }) !== undefined;
  };
  assert.deepEqual([logged("dropped", "debug"), logged("dropped", "info")], [true, false]);
  assert.deepEqual([logged("ike-sa-up", "info"), logged("ike-sa-up", "warn")], [true, false]);
  assert.deepEqual([logged("worker-died", "error"), logged("authentication-failed", "error")], [true, false]);
  assert.equal(log.line({ event: "message", level: "warn" }), undefined);
  assert.match(log.anyLine({ event: "dropped" }), / level=debug event=dropped$/);
  for (const level of LOG_LEVELS) {
    assert.match(log.anyLine({ event: "message", level }), new RegExp(` level=${level} event=message$`));
  }
});

test("fields that are named are redacted, keys always, and no more than they", () => {
  const up = { event: "child-sa-up", initiator_id: "ada", remote: "192.0.2.1 port 500", inbound_keys: { encryption: "aa" } };
  for (const format of ["json", "logfmt"] as const) {
    const plain = openLog(format).anyLine(up);
    const redacted = openLog(format, "info", ["initiator_id", "remote"]).line(up) ?? "";
    assert.deepEqual(["ada", "192.0.2.1", "aa"].map((text) => plain.includes(text)), [true, true, false], plain);
    assert.deepEqual(["ada", "192.0.2.1", "aa"].map((text) => redacted.includes(text)), [false, false, false], redacted);
    assert.equal(redacted.match(/\[redacted\]/g)?.length, 3);
  }
  assert.equal(up.initiator_id, "ada");
});

test("what an event holds that JSON does not know makes a line too", () => {
  const circle: { event: string; [name: string]: unknown } = { event: "message", message: "a circle" };
  circle.self = circle;
  for (const format of ["json", "logfmt"] as const) {
    const log = openLog(format);
    assert.match(log.anyLine(circle), /a circle/);
    assert.match(log.anyLine({ event: "message", octets: 5n }), /5/);
  }
});

test("the filter for fail2ban finds the address of a failed login, whatever the client calls itself, and no other line", () => {
  const addressIn = (line: string) => FILTER.exec(line)?.groups?.address;
  const cut = (line: string) => line.replace(/^time=\S+/, "");
  const lineOf = (more: Parameters<typeof failedLogin>[0]) => logfmtLine(failedLogin(more));
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
  assert.equal(addressIn(logfmtLine(up)), undefined);
});
