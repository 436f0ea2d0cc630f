import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createConnection, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { spawnSync } from "node:child_process";
import { LineServer, type LineServerOptions } from "../../../src/cli/control/line_server.ts";

interface Scene {
  readonly path: string;
  readonly asked: string[];
  connected(): Promise<Socket>;
  /** A connection, and the next line that comes over it. */
  ask(...octets: (string | Uint8Array)[]): Promise<string>;
}

async function withServer(body: (scene: Scene) => Promise<void>, options: Partial<LineServerOptions> = {}): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "line-server-"));
  const path = join(folder, "socket");
  const asked: string[] = [];
  const sockets: Socket[] = [];
  const server = await LineServer.listen({
    path,
    tooLong: "too long",
    answer: async (request, reply) => {
      asked.push(request);
      await reply(`answer to ${request}`);
    },
    ...options,
  });
  const connected = () =>
    new Promise<Socket>((resolve, reject) => {
      const socket = createConnection({ path });
      sockets.push(socket);
      socket.once("connect", () => {
        socket.on("error", () => {});
        resolve(socket);
      });
      socket.once("error", reject);
    });
  try {
    await body({
      path,
      asked,
      connected,
      ask: async (...octets) => {
        const socket = await connected();
        const line = nextLine(socket);
        for (const each of octets) socket.write(each);
        return await line;
      },
    });
  } finally {
    for (const socket of sockets) socket.destroy();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The next line; "closed": the connection ended instead. */
function nextLine(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    socket.on("data", (octets) => {
      text += octets;
      if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
    });
    socket.once("close", () => resolve("closed"));
    socket.once("error", () => resolve("closed"));
  });
}

test("requests of one connection are answered in their order, also where they come in halves, together, or with nothing between", async () => {
  await withServer(async ({ ask, asked, connected }) => {
    assert.equal(await ask("sta", "tus\n"), "answer to status");
    assert.equal(await ask(Uint8Array.of(0xc3), Uint8Array.of(0xa4, 0x0a)), "answer to ä");
    const socket = await connected();
    const all = new Promise<string>((resolve) => {
      let text = "";
      socket.on("data", (octets) => {
        text += octets;
        if (text.split("\n").length === 4) resolve(text);
      });
    });
    socket.write("one\n\n  \ntwo\nthree\nfo");
    assert.equal(await all, "answer to one\nanswer to two\nanswer to three\n");
    assert.deepEqual(asked, ["status", "ä", "one", "two", "three"]);
  });
});

test("a line of ten megabytes, with or without an end, ends its connection alone, and is never kept", async () => {
  await withServer(async ({ ask, asked }) => {
    const long = new Uint8Array(10_000_000).fill(0x61);
    for (const octets of [[long], [long, "\n"], ["a".repeat(16_385), "\n"]]) {
      assert.match(await ask(...octets), /^(too long|closed)$/);
    }
    assert.equal((await ask(`${"a".repeat(16_384)}\n`)).length, "answer to ".length + 16_384);
    assert.equal(asked.length, 1);
  });
});

test("of a thousand idle connections those that came first go, and whoever comes next is answered", async () => {
  await withServer(async ({ ask, connected }) => {
    const idle: Promise<string>[] = [];
    for (let index = 0; index < 1_000; index++) idle.push(nextLine(await connected()));
    assert.equal(await ask("status\n"), "answer to status");
    assert.deepEqual(await Promise.all(idle.slice(0, 900)), new Array(900).fill("closed"));
  });
});

test("a client that takes nothing of what it asked for is given up, and little was made for it", async () => {
  const line = "x".repeat(65_536);
  let made = 0;
  const ended = Promise.withResolvers<void>();
  const answer: LineServerOptions["answer"] = async (request, reply) => {
    if (request !== "all") return void await reply("still here");
    while (await reply(line)) made++;
    ended.resolve();
  };
  await withServer(async ({ ask, connected }) => {
    const socket = await connected();
    socket.pause();
    socket.write("all\n");
    assert.equal(await ask("other\n"), "still here");
    await ended.promise;
    assert.equal(made < 100, true, `${made} lines were made`);
  }, { answer, readPatienceMs: 50 });
});

test("the socket is its owner's alone, and gone when the server is closed", async () => {
  let closed = "";
  await withServer(({ path }) => {
    closed = path;
    assert.equal(statSync(path).mode & 0o777, 0o600);
    return Promise.resolve();
  });
  assert.throws(() => statSync(closed), /ENOENT/);
});

test("a socket that a dead process has left is replaced; that of one that lives is not, nor anything else", async () => {
  const folder = mkdtempSync(join(tmpdir(), "line-server-"));
  const listen = (path: string) =>
    LineServer.listen({ path, tooLong: "", answer: async (request, reply) => void await reply(request) });
  try {
    const path = join(folder, "socket");
    // One whose process ends without removing it.
    const left = spawnSync("python3", ["-c", `import socket; socket.socket(socket.AF_UNIX).bind(${JSON.stringify(path)})`]);
    assert.equal(left.status, 0, String(left.stderr));
    const first = await listen(path);
    await assert.rejects(listen(path), /control socket: cannot listen at .*: another process answers there/);
    await first.close();

    const file = join(folder, "file");
    writeFileSync(file, "precious");
    await assert.rejects(listen(file), /there is something else, expected nothing, or a socket/);
    assert.equal(statSync(file).size, 8);
    await assert.rejects(listen(join(folder, "nowhere", "socket")), /cannot listen at .*nowhere/);

    const busy = createServer();
    await new Promise<void>((resolve) => busy.listen({ path }, resolve));
    await assert.rejects(listen(path), /another process answers there/);
    await new Promise((resolve) => busy.close(resolve));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
