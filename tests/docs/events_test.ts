import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { eventOf } from "../../src/cli/effect_event.ts";
import { levelOf } from "../../src/cli/log/log_levels.ts";
import { SAMPLES } from "./effect_samples.ts";

const TOP = fileURLToPath(new URL("../..", import.meta.url));

/** Where events are that are of no effect, by types of their own. */
const OTHER_TYPES = ["src/client/reconnect_policy.ts", "src/gateway/workers/gateway_workers_options.ts"];

interface Documented {
  readonly level: string;
  readonly fields: readonly string[];
}

const text = readFileSync(join(TOP, "docs/events.md"), "utf8");
const documented = new Map<string, Documented>();
for (const [, name, level, fields] of text.matchAll(/^\| `([a-z-]+)` +\| (debug|info|warn|error) +\| ([^|]*)\|/gm)) {
  assert.ok(!documented.has(name), `${name} is told twice`);
  documented.set(name, { level, fields: [...fields.matchAll(/`(\w+)`/g)].map(([, field]) => field) });
}

/** By the sources: events of effects, and those that the program names itself. */
function eventNames(): string[] {
  const names = Object.values(SAMPLES).map((effect) => eventOf(effect, false)?.event).filter((name) => name !== undefined);
  for (const path of readdirSync(join(TOP, "src/cli"), { recursive: true, encoding: "utf8" })) {
    if (path.endsWith(".ts")) names.push(...namesIn(join("src/cli", path), /\bevent: "([a-z-]+)"/g));
  }
  for (const path of OTHER_TYPES) names.push(...namesIn(path, /\breadonly type: "([a-z-]+)"/g));
  return [...new Set(names)].sort();
}

function namesIn(path: string, name: RegExp): string[] {
  return [...readFileSync(join(TOP, path), "utf8").matchAll(name)].map(([, found]) => found);
}

test("docs/events.md has every event that there is, and none that is not", () => {
  assert.deepEqual([...documented.keys()].sort(), eventNames());
});

test("docs/events.md says at which level each event is logged", () => {
  for (const [name, { level }] of documented) assert.equal(level, levelOf({ event: name }), name);
});

test("docs/events.md has every field of an effect's event, and none that is not there", () => {
  const ofChildSa = documented.get("child-sa-up")!.fields;
  for (const effect of Object.values(SAMPLES)) {
    const found = eventOf(effect, true);
    if (found === undefined) continue;
    const { event, ...fields } = found;
    const { fields: told } = documented.get(event)!;
    const all = event === "child-sa-rekeyed" ? [...ofChildSa, ...told] : told;
    // A session that was sent elsewhere tells of it under the same name.
    const expected = event === "redirected" ? all.filter((name) => name !== "resumed") : all;
    assert.deepEqual([...expected].sort(), Object.keys(fields).sort(), event);
  }
});
