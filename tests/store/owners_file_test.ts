import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createOwnersFile, replaceOwnersFile } from "../../src/store/owners_file.ts";

test("a secret is never written through what someone else left beside its file", () => {
  inFolder((folder) => {
    const path = join(folder, "secret");
    const elsewhere = join(folder, "elsewhere");
    writeFileSync(elsewhere, "not ours", { mode: 0o644 });
    symlinkSync(elsewhere, `${path}.new`);
    symlinkSync(elsewhere, path);
    replaceOwnersFile(path, "secret");
    assert.equal(readFileSync(elsewhere, "utf8"), "not ours");
    assert.equal(readFileSync(path, "utf8"), "secret");
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(folder).sort(), ["elsewhere", "secret", "secret.new"]);
  });
});

test("of two that make one file the first wins, and the second changes nothing", () => {
  inFolder((folder) => {
    const path = join(folder, "secret");
    assert.equal(createOwnersFile(path, "first"), true);
    assert.equal(createOwnersFile(path, "second"), false);
    assert.equal(readFileSync(path, "utf8"), "first");
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(folder), ["secret"]);
  });
});

function inFolder(body: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "owners-file-"));
  try {
    body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
