import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { accountOf, type Identities, refuseUserWith, unprivilegedUser } from "../../src/cli/unprivileged_user.ts";
import { GatewayUsers } from "../../src/cli/gateway_users.ts";
import { openPolicy } from "../../src/cli/users/open_policy.ts";
import { groundOf } from "../../src/cli/users/rules_ground.ts";
import { parseIdentity } from "../../src/configuration/mod.ts";
import { ended, start } from "./command_line.ts";

const NOBODY = 65_534;

/** A process that writes down what it becomes, and obeys as the system would. */
function recorded(startsAs = 0) {
  const calls: string[] = [];
  const state = { euid: startsAs, saved: startsAs };
  const identities: Identities = {
    geteuid: () => state.euid,
    seteuid(uid) {
      if (uid !== state.saved && state.euid !== 0) throw new Error("EPERM");
      state.euid = uid;
      calls.push(`seteuid ${uid}`);
    },
    setegid: (gid) => void calls.push(`setegid ${gid}`),
    setuid(uid) {
      Object.assign(state, { euid: uid, saved: uid });
      calls.push(`setuid ${uid}`);
    },
    setgid: (gid) => void calls.push(`setgid ${gid}`),
    setgroups: (groups) => void calls.push(`setgroups ${groups.join(" ")}`),
  };
  return { calls, identities, state };
}

test("files are made by the user, ports bound by root, and the way back is closed then: groups first, then the user", async () => {
  const { calls, identities, state } = recorded();
  const user = unprivilegedUser("123:456", identities);
  assert.equal(user.during(() => state.euid), 123);
  assert.equal(state.euid, 0);
  assert.throws(() =>
    user.during(() => {
      throw new Error("full");
    }), /full/);
  await assert.rejects(user.during(() => Promise.reject(new Error("later"))), /later/);
  assert.equal(state.euid, 0, "root again, whatever happens");
  calls.length = 0;
  user.becomeForGood();
  assert.deepEqual(calls, ["setgroups 456", "setgid 456", "setuid 123"]);
  assert.throws(() => identities.seteuid(0), /EPERM/);
});

test("what is run for a client that comes before a process has become somebody else is run afterwards", async () => {
  const folder = mkdtempSync(join(tmpdir(), "user-test-"));
  try {
    const path = join(folder, "policy");
    writeFileSync(path, `#!/bin/sh\ntouch ${folder}/ran\necho '{"allow":true}'\n`, { mode: 0o700 });
    const user = unprivilegedUser("123:456", recorded().identities);
    const policy = openPolicy(
      {
        ...{ policyCommand: path, policyTimeout: 60_000, policyConcurrency: 1 },
        ...{ policyCache: 60, policyCacheRefusals: 60, policyCacheSize: 10 },
      },
      new GatewayUsers({ users: [], groups: [] }, groundOf({})),
      () => {},
      assert.fail,
      user.became,
    )!;
    const decision = policy.decide(parseIdentity("ada@example.org"));
    // Long enough for a program to start, if it were run.
    spawnSync("/bin/sh", ["-c", "sleep 0.2"]);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(existsSync(join(folder, "ran")), false);
    user.becomeForGood();
    assert.notEqual(await decision, undefined);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("where the way back stays open it ends", () => {
  const { identities } = recorded();
  const user = unprivilegedUser("123:456", { ...identities, setuid: () => {} });
  assert.throws(() => user.becomeForGood(), /could become root again/);
});

test("who is meant: a name, a name and a group, numbers; and what is refused, in one line", () => {
  assert.deepEqual(accountOf("nobody:456"), { uid: NOBODY, gid: 456, groups: [456, NOBODY] });
  assert.equal(accountOf("nobody").uid, NOBODY);
  assert.equal(accountOf("nobody:root").gid, 0);
  for (
    const [text, words] of [
      ["", /--user: : expected NAME or NAME:GROUP/],
      ["nobody:", /expected NAME or NAME:GROUP/],
      ["a:b:c", /expected NAME or NAME:GROUP/],
      ["no-such-user-here", /--user: there is no user no-such-user-here/],
      ["nobody:no-such-group-here", /--user: there is no group no-such-group-here/],
      ["123", /a user's number needs a group: 123:GROUP/],
      ["--help", /--user: there is no user --help/],
    ] as const
  ) {
    assert.throws(() => accountOf(text), words, text);
  }
  assert.throws(() => unprivilegedUser("0:0", recorded().identities), /that is root/);
  assert.throws(() => unprivilegedUser("123:456", recorded(7).identities), /only root can become somebody else/);
  assert.throws(() => refuseUserWith({ user: "nobody", workers: 2 }), /--user and --workers/);
  assert.throws(() => refuseUserWith({ user: "nobody", xfrm: true }), /--user and --xfrm/);
  refuseUserWith({ workers: 2, xfrm: true });
});

test("a gateway binds port 500 as root, makes its files as the user, and has no right of root's left", async (context) => {
  if (process.geteuid?.() !== 0) return context.skip("only root can become somebody else");
  const folder = mkdtempSync(join(tmpdir(), "user-test-"));
  try {
    chmodSync(folder, 0o755);
    const own = join(folder, "own");
    mkdirSync(own);
    chownSync(own, NOBODY, NOBODY);
    const pskFile = join(folder, "psk");
    writeFileSync(pskFile, "a secret that both ends hold\n", { mode: 0o600 });
    const gateway = start(
      ...["gateway", "--address", "127.0.0.9", "--port", "500", "--nat-port", "4500", "--identity", "gateway.example"],
      ...["--psk-file", pskFile, "--json", "--user", `${NOBODY}:${NOBODY}`, "--ticket-keys", join(own, "ticket-keys")],
      ...["--key-log", join(own, "key-log"), "--store", `sqlite:${join(own, "store.db")}`],
      ...["--control-socket", join(own, "control"), "--ticket-key-rotation", "86400"],
    );
    const end = ended(gateway);
    try {
      const [line] = await once(createInterface({ input: gateway.stdout! }), "line");
      assert.equal(JSON.parse(line).port, 500);
      const status = readFileSync(`/proc/${gateway.pid}/status`, "utf8");
      assert.match(status, new RegExp(`^Uid:${`\\t${NOBODY}`.repeat(4)}$`, "m"));
      assert.match(status, new RegExp(`^Gid:${`\\t${NOBODY}`.repeat(4)}$`, "m"));
      assert.match(status, new RegExp(`^Groups:\\s*${NOBODY}\\s*$`, "m"));
      assert.match(status, /^CapEff:\s*0+$/m);
      for (const made of ["ticket-keys", "key-log", "store.db", "control"]) {
        assert.equal(statSync(join(own, made)).uid, NOBODY, made);
      }
      const client = ended(start(
        ...["connect", "--peer", "127.0.0.9", "--identity", "client@example.org", "--psk-file", pskFile, "--hold", "0"],
      ));
      assert.equal((await client).status, 0);
    } finally {
      gateway.kill("SIGTERM");
      await end;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
