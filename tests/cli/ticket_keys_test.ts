import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { ended, run, signal, start } from "./command_line.ts";

interface Row {
  readonly key: string;
  readonly phase: string;
  readonly algorithm: string;
  readonly made: string;
  readonly seals_from: string | null;
}

const REFUSED: [string[], RegExp][] = [
  [
    ["ticket", "keys", "turn"],
    /unknown command 'turn': allowed are the commands generate, list, stage, activate, rotate, remove, master/,
  ],
  [["ticket", "keys", "stage"], /missing required argument 'file'/],
  [
    ["ticket", "keys", "stage", "f", "--algorithm", "des"],
    /'des' is invalid\. Allowed choices are aes256gcm16, chacha20poly1305, aes256-sha256/,
  ],
  [
    ["ticket", "keys", "stage", "f", "--at", "tomorrow"],
    /'tomorrow' is invalid\. Allowed are times with their zone, such as 2030-01-31T03:00:00Z/,
  ],
  [["ticket", "keys", "stage", "f", "--at", "2031-01-31T03:00:00Z", "--in", "5"], /cannot be used with/],
  [["ticket", "keys", "remove", "f"], /required option '--key <id>' not specified: which one, by its 16 hexadecimal digits/],
  [["ticket", "keys", "remove", "f", "--key", "beef"], /'beef' is invalid\. Allowed are 16 hexadecimal digits/],
  [["ticket", "keys", "list", "f", "--all"], /unknown option '--all': allowed are --json/],
];

test('what is refused of "ticket keys" is refused in one line that says what is allowed, with status 2', async () => {
  await Promise.all(REFUSED.map(async ([words, message]) => {
    const { status, stdout, stderr } = await run(...words);
    assert.deepEqual([status, stdout], [2, ""], words.join(" "));
    assert.match(stderr, /^ike-resume: [^\n]+\n$/);
    assert.match(stderr, message);
  }));
});

test('every command of "ticket keys" tells what it does by --help', async () => {
  const commands = ["generate", "list", "stage", "activate", "rotate", "remove", "master"];
  const all = [["ticket"], ["ticket", "keys"], ...commands.map((name) => ["ticket", "keys", name])];
  await Promise.all(all.map(async (words) => {
    const { status, stdout, stderr } = await run(...words, "--help");
    assert.deepEqual([status, stderr], [0, ""]);
    assert.match(stdout, /^Usage: ike-resume ticket/);
  }));
});

test("[R-9.5-1] a file of keys goes through its life by command, its owner's alone, and no key is ever shown", async () => {
  await inFolder(async (folder) => {
    const file = join(folder, "keys.json");
    let shown = "";
    const keys = async (...words: string[]): Promise<Row[]> => {
      const { status, stdout, stderr } = await run("ticket", "keys", ...words, "--json");
      assert.deepEqual([status, stderr], [0, ""], words.join(" "));
      assert.equal(statSync(file).mode & 0o777, 0o600);
      shown += stdout;
      return JSON.parse(stdout);
    };
    const phases = (rows: Row[]) => rows.map(({ phase }) => phase);
    const made = await keys("generate", file);
    assert.deepEqual(phases(made), ["current", "staged"]);
    const turned = await keys("rotate", file, "--algorithm", "aes256-sha256");
    assert.deepEqual(turned.map(({ key }) => key).slice(0, 2), [made[1].key, made[0].key]);
    assert.deepEqual(phases(turned), ["current", "previous", "staged"]);
    assert.equal(turned[2].algorithm, "aes256-sha256");
    const staged = await keys("stage", file, "--at", "2199-01-31T03:00:00+01:00", "--algorithm", "chacha20poly1305");
    assert.equal(staged[3].seals_from, "2199-01-31T02:00:00Z");
    const activated = await keys("activate", file, "--key", turned[2].key);
    assert.deepEqual([activated[0].key, activated[0].phase], [turned[2].key, "current"]);
    const removed = await keys("remove", file, "--key", made[0].key);
    assert.deepEqual(removed, await keys("list", file));
    assert.equal(removed.some(({ key }) => key === made[0].key), false);

    const { stdout } = await run("ticket", "keys", "list", file);
    assert.equal(stdout.trimEnd().split("\n").length, removed.length);
    assert.match(
      stdout,
      new RegExp(`^${removed[0].key}  current   aes256-sha256     made \\d{4}-.*Z  seals from \\d{4}-.*Z$`, "m"),
    );
    for (const { key } of JSON.parse(readFileSync(file, "utf8")).keys) {
      assert.equal((shown + stdout).includes(key.slice(0, 12)), false);
    }
  });
});

test("what a file does not allow is told in one line, with status 1, and the file stays as it is", async () => {
  await inFolder(async (folder) => {
    const file = join(folder, "keys.json");
    assert.equal((await run("ticket", "keys", "generate", file)).status, 0);
    const [current, staged] = JSON.parse((await run("ticket", "keys", "list", file, "--json")).stdout) as Row[];
    const before = readFileSync(file, "utf8");
    const refused: [string[], RegExp][] = [
      [["generate", file], /is there already, and is not replaced/],
      [["list", join(folder, "none")], /no file .*none: make it with "ticket keys generate"/],
      [["remove", file, "--key", current.key], /is the current one: rotate first, then remove it/],
      [["activate", file, "--key", current.key], /is not staged/],
      [["activate", file, "--key", staged.key, "--in", "60"], /too short-lived for tickets of 3600 s: RFC 5723, section 6\.2/],
      [["stage", file, "--in", "14000"], /at least 14400 s/],
    ];
    for (const [words, message] of refused) {
      const { status, stdout, stderr } = await run("ticket", "keys", ...words);
      assert.deepEqual([status, stdout], [1, ""], words.join(" "));
      assert.match(stderr, /^ike-resume: [^\n]+\n$/);
      assert.match(stderr, message);
      assert.equal(readFileSync(file, "utf8"), before);
    }
    const past = await run("ticket", "keys", "stage", file, "--at", "2001-01-31T03:00:00Z");
    assert.equal(past.status, 2);
    assert.match(past.stderr, /this moment has passed/);
    chmodSync(file, 0o644);
    assert.match((await run("ticket", "keys", "rotate", file)).stderr, /has mode 0644, expected 0600/);
  });
});

test("[R-6.1-3] a gateway takes up a rotated file while it runs, refuses a spoiled one, and a second gateway takes its clients back", async () => {
  await inFolder(async (folder) => {
    const keys = join(folder, "keys.json");
    const [current, staged] = JSON.parse((await run("ticket", "keys", "generate", keys, "--json")).stdout) as Row[];
    const a = await Running.start(folder, "--ticket-keys", keys);
    const b = await Running.start(folder, "--ticket-keys", keys);
    try {
      const ticket = join(folder, "ticket.json");
      assert.equal(await a.resumed(ticket), false);
      assert.equal(keyOfTicket(ticket), current.key);

      const good = readFileSync(keys, "utf8");
      writeFileSync(keys, good.slice(0, 50));
      const rejected = await a.event("ticket-keys-rejected");
      assert.match(String(rejected.reason), /keys\.json: not JSON$/);
      writeFileSync(keys, good);
      await a.event("ticket-keys-reloaded");

      assert.equal((await run("ticket", "keys", "rotate", keys)).status, 0);
      const reloaded = [
        await a.event("ticket-keys-reloaded"),
        await b.eventAfter("ticket-keys-reloaded", { current: staged.key }),
      ];
      for (const event of reloaded) assert.deepEqual([event.current, event.keys], [staged.key, 3]);

      assert.equal(await b.resumed(ticket), true);
      assert.equal(keyOfTicket(ticket), staged.key);
      assert.equal(await a.resumed(ticket), true);
      assert.equal(a.output.includes(JSON.parse(readFileSync(keys, "utf8")).keys[0].key), false);
    } finally {
      await a.stop();
      await b.stop();
    }
  });
});

test("[R-6.1-3] two gateways that share nothing but a master secret take each other's clients back", async () => {
  await inFolder(async (folder) => {
    const master = join(folder, "master");
    assert.deepEqual(await run("ticket", "keys", "master", master, "--algorithm", "chacha20poly1305"), {
      status: 0,
      stdout: "",
      stderr: "",
    });
    assert.equal(statSync(master).mode & 0o777, 0o600);
    const a = await Running.start(folder, "--ticket-master", master);
    const b = await Running.start(folder, "--ticket-master", master, "--provider", "ts");
    try {
      const ticket = join(folder, "ticket.json");
      assert.equal(await a.resumed(ticket), false);
      assert.equal(await b.resumed(ticket), true);
      assert.equal(await a.resumed(ticket), true);
    } finally {
      await a.stop();
      await b.stop();
    }
  });
});

test("a gateway that is to make new keys does not start where it could not write them down, and says so", async () => {
  await inFolder(async (folder) => {
    // So long a name that no file can be made beside it, which is how one is replaced.
    const keys = join(folder, "k".repeat(240));
    await run("ticket", "keys", "generate", join(folder, "keys.json"));
    renameSync(join(folder, "keys.json"), keys);
    const pskFile = join(folder, "psk");
    writeFileSync(pskFile, "a secret that both ends hold\n", { mode: 0o600 });
    const { status, stderr } = await run(
      ...["gateway", "--address", "127.0.0.1", "--port", "0", "--nat-port", "0", "--identity", "gateway.example"],
      ...["--psk-file", pskFile, "--ticket-keys", keys, "--ticket-key-rotation", "86400"],
    );
    assert.equal(status, 2);
    assert.match(stderr, /--ticket-key-rotation: ticket keys: cannot write .*k: ENAMETOOLONG/);
    assert.deepEqual(readdirSync(folder).sort(), [basename(keys), "psk"].sort(), "nothing is left beside it");
  });
});

test("[R-6.2-3] a gateway whose ticket keys would not outlive its tickets by far does not start, and says why", async () => {
  await inFolder(async (folder) => {
    const [keys, master] = [join(folder, "keys.json"), join(folder, "master")];
    await run("ticket", "keys", "master", master);
    const refused: [string[], RegExp][] = [
      [
        ["--ticket-key-rotation", "14399"],
        /--ticket-key-rotation: .*14399 s is too short-lived for tickets of 3600 s: RFC 5723, section 6\.2/,
      ],
      [["--ticket-keys", keys, "--ticket-key-rotation", "100"], /--ticket-key-rotation: .*at least 14400 s/],
      [
        ["--ticket-master", master, "--ticket-lifetime", "86400"],
        /--ticket-master: .*86400 s is too short-lived for tickets of 86400 s/,
      ],
      [["--ticket-master", master, "--ticket-epoch", "60"], /--ticket-epoch: .*60 s is too short-lived/],
      [["--ticket-master", master, "--ticket-keys", keys], /--ticket-keys and --ticket-master: allowed is one of them/],
      [["--ticket-master", master, "--ticket-key-rotation", "90000"], /derived keys rotate by --ticket-epoch/],
      [["--ticket-master", master, "--ticket-key-algorithm", "aes256gcm16"], /the file names the algorithm behind the secret/],
      [["--ticket-epoch", "86400"], /allowed only with --ticket-master/],
      [["--ticket-master", join(folder, "none")], /--ticket-master: ticket master secret: no file/],
    ];
    await Promise.all(refused.map(async ([options, message]) => {
      const { status, stderr } = await run(...Running.words(folder), ...options);
      assert.equal(status, 2, options.join(" "));
      assert.match(stderr.trimEnd().split("\n").at(-1) ?? "", message);
    }));
  });
});

test("[R-9.5-1] a gateway makes keys of the algorithm that it is told, and keeps them in its file", async () => {
  await inFolder(async (folder) => {
    const keys = join(folder, "keys.json");
    const gateway = await Running.start(folder, "--ticket-keys", keys, "--ticket-key-algorithm", "aes256-sha256");
    try {
      const ticket = join(folder, "ticket.json");
      assert.equal(await gateway.resumed(ticket), false);
      assert.equal(await gateway.resumed(ticket), true);
      const [row] = JSON.parse((await run("ticket", "keys", "list", keys, "--json")).stdout) as Row[];
      assert.deepEqual([row.algorithm, row.key], ["aes256-sha256", keyOfTicket(ticket)]);
    } finally {
      await gateway.stop();
    }
  });
});

test("[R-9.5-1] whoever forgets to rotate the keys of a file is told when the gateway starts", async () => {
  await inFolder(async (folder) => {
    const keys = join(folder, "keys.json");
    const [{ key }] = JSON.parse((await run("ticket", "keys", "generate", keys, "--json")).stdout) as Row[];
    const aged = readFileSync(keys, "utf8").replaceAll(
      /EpochSeconds": (\d+)/g,
      (_, made) => `EpochSeconds": ${made - 31 * 86_400}`,
    );
    writeFileSync(keys, aged);
    const gateway = await Running.start(folder, "--ticket-keys", keys);
    const overdue = await gateway.event("ticket-key-overdue");
    assert.equal(overdue.key, key);
    const { stderr } = await gateway.stop();
    assert.match(stderr, new RegExp(`ticket key ${key} seals for 31 days: it is time for "ike-resume ticket keys rotate"`));
  });
});

type Event = { readonly event: string; readonly [name: string]: unknown };

/** A gateway process on loopback, and what it tells. */
class Running {
  readonly #child: ReturnType<typeof start>;
  readonly #end: ReturnType<typeof ended>;
  readonly #folder: string;
  readonly #events: Event[] = [];
  readonly #waiting: { name: string; resolve: (event: Event) => void }[] = [];
  #listening: Event | undefined;
  output = "";

  static words(folder: string): string[] {
    const psk = join(folder, "psk");
    writeFileSync(psk, "a secret that both ends hold\n", { mode: 0o600 });
    return [
      ...["gateway", "--address", "127.0.0.1", "--port", "0", "--nat-port", "0", "--identity", "gateway.example"],
      ...["--psk-file", psk, "--json"],
    ];
  }

  static async start(folder: string, ...options: string[]): Promise<Running> {
    const running = new Running(folder, options);
    running.#listening = await running.event("listening");
    return running;
  }

  private constructor(folder: string, options: string[]) {
    this.#folder = folder;
    this.#child = start(...Running.words(folder), ...options);
    this.#end = ended(this.#child);
    createInterface({ input: this.#child.stdout! }).on("line", (line) => {
      this.output += line;
      const event: Event = JSON.parse(line);
      const index = this.#waiting.findIndex(({ name }) => name === event.event);
      if (index < 0) this.#events.push(event);
      else this.#waiting.splice(index, 1)[0].resolve(event);
    });
  }

  /** The next event of a name. */
  event(name: string): Promise<Event> {
    const index = this.#events.findIndex(({ event }) => event === name);
    if (index >= 0) return Promise.resolve(this.#events.splice(index, 1)[0]);
    return Promise.race([
      new Promise<Event>((resolve) => this.#waiting.push({ name, resolve })),
      this.#end.then(({ stderr }) => Promise.reject(new Error(`the gateway ended: ${stderr}`))),
    ]);
  }

  /** The next event of a name that says so. */
  async eventAfter(name: string, wanted: { readonly [name: string]: unknown }): Promise<Event> {
    for (;;) {
      const event = await this.event(name);
      if (Object.entries(wanted).every(([key, value]) => event[key] === value)) return event;
    }
  }

  /** A client comes, with the ticket in the file if there is one, and keeps the next: whether it was taken back by it. */
  async resumed(ticket: string): Promise<boolean> {
    const { port, nat_port: natPort } = this.#listening!;
    const { status, stdout, stderr } = await run(
      ...["connect", "--peer", `127.0.0.1:${port}`, "--peer-nat-port", `${natPort}`, "--identity", "client@example.org"],
      ...["--peer-identity", "gateway.example", "--psk-file", join(this.#folder, "psk"), "--json", "--hold", "0"],
      ...["--ticket", ticket, "--abandon"],
    );
    assert.equal(status, 0, stderr);
    const up = stdout.trimEnd().split("\n").map((line): Event => JSON.parse(line)).filter(({ event }) => event === "ike-sa-up");
    assert.equal(up.length, 1);
    return up[0].resumed === true;
  }

  async stop(): ReturnType<typeof ended> {
    signal(this.#child, "SIGTERM");
    return await this.#end;
  }
}

/** The key identity in a client's ticket file. */
function keyOfTicket(path: string): string {
  const { ticket } = JSON.parse(readFileSync(path, "utf8"));
  return String(typeof ticket === "string" ? ticket : ticket.ticket).slice(8, 24);
}

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "ticket-keys-cli-"));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
