import assert from "node:assert/strict";
import { test } from "node:test";
import { skipIsFailure } from "../skips.ts";

test("a forge's CI variable alone makes no failure of what is skipped, IKE_RESUME_NO_SKIPS does", () => {
  assert.equal(skipIsFailure({ CI: "true", GITHUB_ACTIONS: "true" }), false);
  assert.equal(skipIsFailure({ IKE_RESUME_NO_SKIPS: "" }), false);
  assert.equal(skipIsFailure({ IKE_RESUME_NO_SKIPS: "1" }), true);
});
