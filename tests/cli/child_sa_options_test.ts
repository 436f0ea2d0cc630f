import assert from "node:assert/strict";
import { Command } from "commander";
import { test } from "node:test";
import { addChildSaOptions, type ChildSaOptions, statedChildSaOptions } from "../../src/cli/child_sa_options.ts";
import { childSaRules, DEFAULT_CHILD_SA_RULES } from "../../src/ike/policy/child_sa_rules.ts";

function stated(...words: string[]) {
  const command = addChildSaOptions(new Command());
  command.parse(words, { from: "user" });
  return statedChildSaOptions(command.opts<ChildSaOptions>());
}

test("what is not said of Child SAs is as it is without the program", () => {
  assert.deepEqual(childSaRules(stated()), DEFAULT_CHILD_SA_RULES);
});

test("lifetimes, limits and modes of Child SAs reach the state machines", () => {
  const words = "--child-lifetime 3600 --child-sa-limit 4 --transport-mode --no-tfc-padding --non-first-fragments";
  assert.deepEqual(stated(...words.split(" ")), {
    lifetimeSeconds: 3_600,
    limit: 4,
    transportMode: true,
    tfcPadding: false,
    nonFirstFragments: true,
  });
});
