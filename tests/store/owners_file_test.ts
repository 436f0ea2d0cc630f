import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import process from "node:process";
import { createOwnersFile, readOwnersFile, readOwnersOctets, replaceOwnersFile } from "../../src/store/owners_file.ts";
import { refusalOfMode, refusalOfOwner } from "../../src/store/secret_file_mode.ts";

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

test("a secret's file is for its owner, or for a group of this process's if root or this user owns it", () => {
  const self = process.geteuid!();
  const ours = process.getegid!();
  const [nobody, foreign] = [54_321, 54_322];
  const allowed = [
    { mode: 0o100600, uid: self, gid: foreign },
    { mode: 0o100400, uid: nobody, gid: foreign },
    { mode: 0o100640, uid: self, gid: ours },
    { mode: 0o100440, uid: 0, gid: ours },
  ];
  for (const access of allowed) assert.equal(refusalOfMode(access), undefined, JSON.stringify(access));
  const refused = [
    { mode: 0o100640, uid: self, gid: foreign },
    { mode: 0o100440, uid: nobody, gid: ours },
    { mode: 0o100660, uid: self, gid: ours },
    { mode: 0o100650, uid: self, gid: ours },
    { mode: 0o100644, uid: self, gid: ours },
    { mode: 0o100604, uid: 0, gid: ours },
    { mode: 0o100602, uid: self, gid: ours },
  ];
  for (const access of refused) {
    assert.match(refusalOfMode(access) ?? "", /^has mode 06?.*expected 0600/, JSON.stringify(access));
  }
  assert.equal(refusalOfOwner({ uid: self }), undefined);
  assert.equal(refusalOfOwner({ uid: 0 }), undefined);
  assert.match(refusalOfOwner({ uid: nobody }) ?? "", /user 54321/);
});

test("the groups of the process are those that it was given beside its own", { skip: process.geteuid!() !== 0 }, () => {
  const script = `import { refusalOfMode } from ${
    JSON.stringify(new URL("../../src/store/secret_file_mode.ts", import.meta.url).href)
  };
    console.log(refusalOfMode({ mode: 0o100440, uid: 0, gid: 54321 }) === undefined);`;
  inFolder((folder) => {
    const path = join(folder, "mode.ts");
    writeFileSync(path, script);
    const run = (groups: string) =>
      execFileSync("setpriv", ["--groups", groups, process.execPath, "run", "-A", "--quiet", path], { encoding: "utf8" })
        .trim();
    assert.equal(run("54321,54322"), "true");
    assert.equal(run("54322"), "false");
  });
});

test("octets are read as they are, and text that is none is refused rather than altered", () => {
  inFolder((folder) => {
    const path = join(folder, "secret");
    writeFileSync(path, Uint8Array.of(0xff, 0x00, 0x0a), { mode: 0o600 });
    assert.deepEqual(readOwnersOctets(path), Uint8Array.of(0xff, 0x00, 0x0a));
    assert.throws(() => readOwnersFile(path), /secret is not UTF-8 text$/);
    writeFileSync(path, "\ufefftext");
    assert.equal(readOwnersFile(path), "text");
    chmodSync(path, 0o644);
    assert.throws(() => readOwnersOctets(path), /secret has mode 0644, expected 0600/);
    assert.throws(() => readOwnersOctets(folder), /not a plain file/);
    assert.throws(() => readOwnersOctets(join(folder, "none")), /ENOENT/);
    writeFileSync(path, new Uint8Array(1_048_577));
    chmodSync(path, 0o600);
    assert.throws(() => readOwnersOctets(path), /octets, expected at most 1048576$/);
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
