import assert from "node:assert/strict";
import { fstatSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { pageTokenOf } from "../../../../src/cli/http/page/page_options.ts";
import { run } from "../../command_line.ts";
import { eventNamed, gatewayProcess } from "../../gateway_process.ts";
import { call } from "./scene.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "page-test-"));
after(() => rmSync(FOLDER, { recursive: true }));

function fileOf(name: string, text: string, mode = 0o600): string {
  const path = join(FOLDER, name);
  writeFileSync(path, text, { mode });
  return path;
}

for (const workers of [[], ["--workers", "2", "--steering", "main"]]) {
  test(`the page of a gateway ${workers.length > 0 ? "of two workers " : ""}finds a client and ends it, and its token is told once, on standard error`, async () => {
    const { child, end, connecting, complaints, remove, listening } = await gatewayProcess(
      ...["--json", "--http", "127.0.0.1:0", "--http-page", ...workers],
    );
    try {
      const { port } = listening.http as { readonly port: number };
      while (!complaints().includes("run is ")) await once(child.stderr!, "data");
      const [, token] = /its token for this run is (\S+)\n/.exec(complaints()) ?? assert.fail(complaints());
      assert.match(token, /^[\w-]{43}$/);
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const client = connecting({}, "--hold", "60");
      await once(client.stdout!, "data");
      const find = async () =>
        JSON.parse((await call(port, "/page/clients", { identity: "client@example.org" }, headers)).text);
      let found = await find();
      while (found.ike_sas.length === 0) found = await find();
      const [sa] = found.ike_sas;
      const ended = await call(port, "/page/terminate", { spi: sa.responder_spi }, headers);
      assert.deepEqual(JSON.parse(ended.text), { count: 1 });
      await once(client, "close");
    } finally {
      process.kill(child.pid!, "SIGTERM");
      const { status, stdout, stderr } = await end;
      remove();
      assert.equal(status, 0, stderr);
      assert.equal(stderr.split("its token for this run is ").length, 2);
      assert.deepEqual([eventNamed(stdout, "control-command").command, eventNamed(stdout, "control-command").by], [
        "terminate",
        "page",
      ]);
      const [, token] = /run is (\S+)/.exec(stderr) ?? [];
      assert.ok(!stdout.includes(token!));
    }
  });
}

test("a token is taken from its file, and one that is short, has blanks, or lies open is refused", () => {
  const http = { address: "127.0.0.1", port: 0 };
  const given = (httpPageToken: string) => pageTokenOf({ http, httpPage: true, httpPageToken });
  assert.deepEqual(given(fileOf("good", "a-token-of-16-ch\n")), { token: "a-token-of-16-ch", isMade: false });
  assert.throws(
    () => given(fileOf("short", "a-token-of-15-c\n")),
    /--http-page-token: .*short holds no token, expected 16 to 512/,
  );
  assert.throws(() => given(fileOf("blank", "a token with blanks in it\n")), /blank holds no token/);
  assert.throws(() => given(fileOf("empty", "\n")), /empty holds nothing, expected a secret/);
  assert.throws(() => given(fileOf("open", "a-token-of-16-ch\n", 0o644)), /--http-page-token: .*open/);
  assert.throws(() => given(join(FOLDER, "nowhere")), /--http-page-token: .*nowhere/);
  const [first, second] = [pageTokenOf({ http, httpPage: true }), pageTokenOf({ http, httpPage: true })];
  assert.ok(first && second && first.isMade && first.token !== second.token);
  assert.equal(pageTokenOf({ http }), undefined);
});

test("options of the page that miss what they need are refused before anything listens", async () => {
  const options = ["--address", "127.0.0.1", "--port", "0", "--nat-port", "0", "--identity", "gateway.example"];
  const psk = fileOf("psk", "a secret that both ends hold\n");
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [["--http-page"], /^ike-resume: --http-page: there is no --http, expected where to listen\n$/],
    [["--http", "127.0.0.1:0", "--http-page-token", psk], /^ike-resume: --http-page-token: expected --http-page beside it\n$/],
    [["--http", "127.0.0.1:0", "--http-page-remote"], /^ike-resume: --http-page-remote: expected --http-page beside it\n$/],
    [
      ["--http", "127.0.0.1:0", "--http-page", "--http-page-token", "nowhere"],
      /^ike-resume: --http-page-token: .*nowhere.*\n$/,
    ],
  ];
  for (const [more, words] of wrong) {
    const { status, stdout, stderr } = await run("gateway", ...options, "--psk-file", psk, ...more);
    assert.deepEqual([status, stdout], [2, ""], stderr);
    assert.match(stderr, words);
  }
});

test("where standard error goes to the journal no token is made, which would stay there", async () => {
  const path = join(FOLDER, "journal");
  const file = openSync(path, "w");
  const { dev, ino } = fstatSync(file);
  const code = `const { pageTokenOf } = await import(${
    JSON.stringify(new URL("../../../../src/cli/http/page/page_options.ts", import.meta.url).href)
  });
    try { pageTokenOf({ http: {}, httpPage: true }); console.log("made"); } catch (error) { console.log(error.message); }`;
  const told = async (stream: string) => {
    const child = spawn(process.execPath, ["eval", code], {
      stdio: ["ignore", "pipe", file],
      env: { ...process.env, JOURNAL_STREAM: stream },
    });
    let text = "";
    child.stdout!.on("data", (part) => text += part);
    await once(child, "close");
    return text;
  };
  assert.match(await told(`${dev}:${ino}`), /^--http-page: standard error goes to the journal/);
  assert.equal(await told(`${dev}:${ino + 1}`), "made\n");
});
