import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { run } from "./command_line.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "check-command-"));
after(() => rmSync(FOLDER, { recursive: true }));

test("check ends with status 2 for a file that no gateway would start with, and with 0 for the one that init writes", async () => {
  const wrong = join(FOLDER, "wrong.toml");
  writeFileSync(wrong, "nonsense = 1\n");
  const refused = await run("check", wrong);
  assert.equal(refused.status, 2);
  assert.match(refused.stderr, /^[^\n]*wrong\.toml:1: nonsense: unknown[^\n]*\n$/);
  const right = join(FOLDER, "right.toml");
  assert.equal((await run("init", right, "--identity", "gateway.example")).status, 0);
  const taken = await run("check", right);
  assert.deepEqual([taken.status, taken.stderr], [0, ""]);
});
