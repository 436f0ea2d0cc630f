import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { ended, run, signal, start } from "../command_line.ts";

interface Event {
  readonly event: string;
  readonly [name: string]: unknown;
}

/** A gateway by a configuration file, in a folder of its own. */
class FileGateway {
  readonly folder: string = mkdtempSync(join(tmpdir(), "gateway-reload-"));
  readonly #child: ReturnType<typeof start>;
  readonly #end: ReturnType<typeof ended>;
  readonly #events: Event[] = [];
  #arrived: PromiseWithResolvers<void> = Promise.withResolvers<void>();

  constructor(text: string, ...words: string[]) {
    mkdirSync(join(this.folder, "users.d"));
    this.secret("gateway.psk", "a secret that all clients know");
    this.secret("ada.psk", "a secret of Ada's");
    this.secret("bea.psk", "a secret of Bea's");
    this.secret("eva.password", "a word of Eva's");
    this.secret("fay.password", "a word of Fay's");
    this.write("users.d/bea.toml", userFile("bea"));
    this.write("policy", POLICY);
    chmodSync(join(this.folder, "policy"), 0o700);
    this.write("gateway.toml", text);
    this.#child = start("gateway", join(this.folder, "gateway.toml"), ...words);
    this.#end = ended(this.#child);
    createInterface({ input: this.#child.stdout! }).on("line", (line) => {
      this.#events.push(JSON.parse(line));
      this.#arrived.resolve();
      this.#arrived = Promise.withResolvers();
    });
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  secret(name: string, text: string): void {
    writeFileSync(join(this.folder, name), `${text}\n`, { mode: 0o600 });
  }

  /** The next event of a name, and forgets those before it. */
  async next(name: string): Promise<Event> {
    for (;;) {
      const at = this.#events.findIndex(({ event }) => event === name);
      if (at >= 0) return this.#events.splice(0, at + 1).at(-1)!;
      const over = this.#end.then(({ stderr }) => Promise.reject(new Error(`the gateway has ended: ${stderr}`)));
      await Promise.race([this.#arrived.promise, over]);
    }
  }

  async hangUp(outcome: string): Promise<Event> {
    process.kill(this.#child.pid!, "SIGHUP");
    return await this.next(outcome);
  }

  /** Whether a client comes up by a shared key. */
  async admits(port: unknown, identity: string, pskFile: string): Promise<boolean> {
    return await this.#admits(port, "--identity", identity, "--psk-file", join(this.folder, pskFile));
  }

  /** A client that stays up until it is told to end, or the gateway ends it. */
  connect(port: unknown, name: string): { readonly over: ReturnType<typeof ended>; end(): void } {
    const proof = ["--identity", `${name}@example.org`, "--psk-file", join(this.folder, `${name}.psk`)];
    const child = start("connect", "--peer", `127.0.0.1:${port}`, "--peer-identity", "gateway.example", "--json", ...proof);
    return { over: ended(child), end: () => signal(child, "SIGTERM") };
  }

  /** Whether one comes up by EAP-MSCHAPv2, which proves the gateway too. */
  async admitsByEap(port: unknown, name: string, passwordFile: string): Promise<boolean> {
    const password = ["--eap-password-file", join(this.folder, passwordFile), "--eap-only", "mschapv2"];
    return await this.#admits(port, "--identity", "keyid:somebody", "--eap-user", name, ...password);
  }

  async #admits(port: unknown, ...words: string[]): Promise<boolean> {
    const peer = ["--peer", `127.0.0.1:${port}`, "--peer-identity", "gateway.example"];
    const { status } = await run("connect", ...peer, "--json", "--hold", "0", ...words);
    return status === 0;
  }

  async stop(): Promise<string> {
    process.kill(this.#child.pid!, "SIGTERM");
    const { stderr } = await this.#end;
    rmSync(this.folder, { recursive: true, force: true });
    return stderr;
  }
}

/** Knows Gil, has closed Eve's account, and is not itself where Mad is concerned. Bea it must not be asked about. */
const POLICY = `#!/bin/sh
case "$(cat)" in
*gil@*) echo '{"allow":true,"devices":2}' ;;
*mad@*) echo 'no' ;;
*) echo '{"allow":false,"reason":"account closed"}' ;;
esac
`;

const FILE = `
include = ["users.d/*.toml"]
[listen]
addresses = ["127.0.0.1"]
port = 0
nat_port = 0
[identity]
id = "gateway.example"
[log]
json = true
`;

function userFile(name: string): string {
  return `[[user]]\nid = "${name}@example.org"\npsk_file = "../${name}.psk"\n`;
}

for (const workers of [[], ["--workers", "2", "--steering", "main"]]) {
  test(`at SIGHUP ${workers.length > 0 ? "two workers take" : "a gateway takes"} users anew, and a file that is wrong changes nothing`, async () => {
    const gateway = new FileGateway(`${FILE}\n`, ...workers);
    try {
      const { port } = await gateway.next("listening");
      const admitsAda = () => gateway.admits(port, "ada@example.org", "ada.psk");
      assert.equal(await gateway.admits(port, "bea@example.org", "bea.psk"), true);
      assert.equal(await admitsAda(), false);
      gateway.write("users.d/ada.toml", userFile("ada"));
      await gateway.hangUp("configuration-reloaded");
      assert.equal(await admitsAda(), true);
      assert.equal(await gateway.admits(port, "ada@example.org", "gateway.psk"), false);

      gateway.write("gateway.toml", `${FILE}\n[listen]\n`);
      const { reason } = await gateway.hangUp("configuration-rejected");
      assert.match(String(reason), /gateway\.toml:\d+:\d+: not TOML: /);
      assert.equal(await admitsAda(), true);

      gateway.write("gateway.toml", `${FILE}\n[ike_sas]\nliveness = 5\n`);
      gateway.write("users.d/ada.toml", "");
      gateway.write("users.d/bea.toml", "# nobody");
      const { users, need_restart } = await gateway.hangUp("configuration-reloaded");
      assert.deepEqual([users, need_restart], [0, ["ike_sas.liveness"]]);
      assert.equal(await admitsAda(), false);
    } finally {
      const complaints = await gateway.stop();
      assert.match(complaints, /the configuration stays as it was: .*not TOML/);
      assert.match(complaints, /changed, and counts from the next start on: ike_sas\.liveness/);
    }
  });
}

test("a shared key whose file was written anew counts from SIGHUP on", async () => {
  const gateway = new FileGateway(FILE.replace('"gateway.example"', '"gateway.example"\npsk_file = "gateway.psk"'));
  try {
    const { port } = await gateway.next("listening");
    gateway.secret("old.psk", "a secret that all clients know");
    assert.equal(await gateway.admits(port, "any@example.org", "old.psk"), true);
    // What was read of users counts no more than the rest that will not do.
    gateway.write("users.d/ada.toml", userFile("ada"));
    gateway.secret("gateway.psk", "");
    await gateway.hangUp("configuration-rejected");
    assert.equal(await gateway.admits(port, "ada@example.org", "ada.psk"), false);
    assert.equal(await gateway.admits(port, "any@example.org", "old.psk"), true);
    gateway.secret("gateway.psk", "a new one");
    await gateway.hangUp("configuration-reloaded");
    assert.equal(await gateway.admits(port, "any@example.org", "old.psk"), false);
    assert.equal(await gateway.admits(port, "any@example.org", "gateway.psk"), true);
  } finally {
    await gateway.stop();
  }
});

test("users of EAP come up by their own passwords alone, whatever key everybody has, and not once they were taken out", async () => {
  const text = `${FILE.replace('"gateway.example"', '"gateway.example"\npsk_file = "gateway.psk"')}
[clients]
eap_only = "mschapv2"
`;
  const users = `
[[user]]
id = "eva@example.org"
eap_password_file = "eva.password"
[[user]]
id = "keyid:Fay"
eap_password_file = "fay.password"
`;
  const gateway = new FileGateway(text + users);
  try {
    const { port } = await gateway.next("listening");
    assert.equal(await gateway.admitsByEap(port, "eva@example.org", "eva.password"), true);
    assert.equal(await gateway.admitsByEap(port, "Fay", "fay.password"), true);
    assert.equal(await gateway.admitsByEap(port, "Fay", "eva.password"), false);
    // The gateway's key is for those who have no secret of their own.
    assert.equal(await gateway.admits(port, "gil@example.org", "gateway.psk"), true);
    assert.equal(await gateway.admits(port, "eva@example.org", "gateway.psk"), false);
    assert.equal(await gateway.admits(port, "keyid:Fay", "gateway.psk"), false);

    gateway.write("gateway.toml", text + users.slice(0, users.lastIndexOf("[[user]]")));
    await gateway.hangUp("configuration-reloaded");
    assert.equal(await gateway.admitsByEap(port, "Fay", "fay.password"), false);
    assert.equal(await gateway.admitsByEap(port, "eva@example.org", "eva.password"), true);
  } finally {
    await gateway.stop();
  }
});

for (const workers of [[], ["--workers", "2", "--steering", "main"]]) {
  test(`a user that is switched off ends at SIGHUP, and comes in no more${workers.length > 0 ? ", with two workers" : ""}`, async () => {
    const gateway = new FileGateway(FILE, ...workers);
    try {
      gateway.write("users.d/ada.toml", userFile("ada"));
      const { port } = await gateway.next("listening");
      await gateway.hangUp("configuration-reloaded");
      const clients = ["ada", "bea"].map((name) => gateway.connect(port, name));
      for (const _ of clients) await gateway.next("ike-sa-up");
      gateway.write("users.d/ada.toml", `${userFile("ada")}enabled = false\n`);
      const { users, ended, need_restart } = await gateway.hangUp("configuration-reloaded");
      assert.deepEqual([users, ended, need_restart], [2, 1, undefined]);
      const { status } = await clients[0].over;
      assert.notEqual(status, 0, "it was to hold its IKE SA");
      assert.equal(await gateway.admits(port, "ada@example.org", "ada.psk"), false);
      clients[1].end();
      assert.equal((await clients[1].over).status, 0, "the other one was up until it was told to end");
    } finally {
      await gateway.stop();
    }
  });
}

test("a command that keeps users elsewhere lets clients in and turns them away, and whoever is a user here is not its affair", async () => {
  const gateway = new FileGateway(
    `${FILE.replace('"gateway.example"', '"gateway.example"\npsk_file = "gateway.psk"')}
[policy]
command = "policy"
cache_refusals_seconds = 1
`,
    "--json",
  );
  const { port } = await gateway.next("listening").catch(async (error) => {
    await gateway.stop();
    throw error;
  });
  try {
    assert.equal(await gateway.admits(port, "gil@example.org", "gateway.psk"), true);
    assert.equal(await gateway.admits(port, "eve@example.org", "gateway.psk"), false);
    const { identity, reason } = await gateway.next("policy-refused");
    assert.deepEqual([identity, reason], ["eve@example.org", "account closed"]);
    assert.equal(await gateway.admits(port, "mad@example.org", "gateway.psk"), false);
    assert.match(String((await gateway.next("policy-fault")).reason), /not JSON/);
    assert.equal(await gateway.admits(port, "bea@example.org", "bea.psk"), true);
  } finally {
    assert.match(await gateway.stop(), /policy: the answer is not JSON: the client is refused/);
  }
});

test("what a file names and is not there is told in the file's terms, with status 2", async () => {
  const folder = mkdtempSync(join(tmpdir(), "gateway-check-"));
  const path = join(folder, "gateway.toml");
  writeFileSync(path, FILE.replace('"gateway.example"', '"gateway.example"\npsk_file = "gateway.psk"'));
  for (const words of [["check", path], ["gateway", path]]) {
    const { status, stderr } = await run(...words);
    assert.equal(status, 2);
    assert.match(stderr, /gateway\.toml: identity\.psk_file: ENOENT.*gateway\.psk'\n$/);
  }
  rmSync(folder, { recursive: true });
});

test("init writes a file that check finds good, and never writes over one that is there", async () => {
  const folder = mkdtempSync(join(tmpdir(), "gateway-init-"));
  const path = join(folder, "gateway.toml");
  const written = await run("init", path, "--identity", "gateway.example");
  assert.equal(written.status, 0, written.stderr);
  const checked = await run("check", path);
  assert.deepEqual([checked.status, checked.stdout], [0, `${path}: a gateway would start with it, with 0 users\n`]);
  const again = await run("init", path);
  assert.equal(again.status, 2);
  assert.match(again.stderr, /^ike-resume: init: EEXIST.*expected no file there\n$/);
  rmSync(folder, { recursive: true });
});
