import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";
import { ClientTicketFile } from "../../src/store/client_ticket_file.ts";
import { ClientTicketFolder } from "../../src/store/client_ticket_folder.ts";
import { MemoryClientTickets } from "../../src/store/memory_client_tickets.ts";
import { Passphrase } from "../../src/store/passphrase.ts";
import { assertSameTicket, exampleTicket, KEY, NOW } from "./client_ticket_example.ts";

const CHEAP = { n: 16, r: 1, p: 1 };
const SECRET = new TextEncoder().encode("a passphrase");
const SK_D_HEX = "09".repeat(32);

async function inFolder(body: (path: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "client-ticket-test-"));
  try {
    await body(join(folder, "ticket.json"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function sealed(passphrase = SECRET): { passphrase: Passphrase } {
  return { passphrase: new Passphrase(passphrase, CHEAP) };
}

test("[R-9.7-1] the file is for its owner only, and refused when it is not", async () => {
  await inFolder(async (path) => {
    writeFileSync(path, "{}", { mode: 0o600 });
    const store = new ClientTicketFile(path);
    await store.save(KEY, exampleTicket());
    assert.equal(statSync(path).mode & 0o777, 0o600);
    for (const mode of [0o644, 0o604, 0o660, 0o620]) {
      chmodSync(path, mode);
      const error = { name: "ClientTicketFileError", message: new RegExp(`has mode 0${mode.toString(8)}, expected 0600`) };
      await assert.rejects(store.load(KEY, NOW), error);
      await assert.rejects(store.remove(KEY, exampleTicket()), error);
    }
    assert.ok(existsSync(path));
  });
});

test("nobody who has an older file open beside it sees the ticket, not for a moment", async () => {
  await inFolder(async (path) => {
    writeFileSync(`${path}.new`, "", { mode: 0o666 });
    chmodSync(`${path}.new`, 0o666);
    const open = openSync(`${path}.new`, "r");
    await new ClientTicketFile(path).save(KEY, exampleTicket());
    const seen = new Uint8Array(10);
    assert.equal(readSync(open, seen), 0);
    closeSync(open);
    assert.deepEqual(readdirSync(join(path, "..")).sort(), ["ticket.json", "ticket.json.new"]);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });
});

test("a folder, or a pipe that nobody writes to, in the place of the file is named, and left as it is", async () => {
  await inFolder(async (path) => {
    mkdirSync(path);
    const store = new ClientTicketFile(path);
    for (const attempt of [store.load(KEY, NOW), store.save(KEY, exampleTicket()), store.remove(KEY, exampleTicket())]) {
      await assert.rejects(attempt, { name: "ClientTicketFileError", message: /^ticket: cannot (read|write) .*ticket\.json/ });
    }
    assert.deepEqual(readdirSync(join(path, "..")), ["ticket.json"], "no secret stays behind beside it");
    rmSync(path, { recursive: true });
    execFileSync("mkfifo", ["-m", "600", path]);
    await assert.rejects(store.load(KEY, NOW), { name: "ClientTicketFileError", message: /is not a plain file$/ });
  });
});

test("no folder around the file is named", async () => {
  await inFolder(async (path) => {
    const nowhere = join(path, "..", "nowhere", "ticket.json");
    await assert.rejects(new ClientTicketFile(nowhere).save(KEY, exampleTicket()), { message: /cannot write .*ENOENT/ });
    writeFileSync(path, "", { mode: 0o600 });
    assert.throws(() => new ClientTicketFolder(join(path, "below")), { name: "ClientTicketFileError" });
  });
});

test("two stores that write one file at a time leave one whole ticket", async () => {
  await inFolder(async (path) => {
    const stores = [new ClientTicketFile(path), new ClientTicketFile(path)];
    for (let round = 0; round < 20; round++) {
      await Promise.all(stores.map((store, index) => store.save(KEY, exampleTicket(index + 1))));
      assert.ok(await stores[0].load(KEY, NOW));
    }
  });
});

test("what is no ticket is refused with the field that is wrong, and no error repeats what the file holds", async () => {
  await inFolder(async (path) => {
    const store = new ClientTicketFile(path);
    await store.save(KEY, exampleTicket());
    const good = JSON.parse(readFileSync(path, "utf8"));
    const cases: [unknown, RegExp][] = [
      ["", /not JSON$/],
      ["{secret", /not JSON$/],
      ["null", /not an object$/],
      [{ ...good, version: 1 }, /no "version": 2$/],
      [{ ...good, gateway: 5 }, /gateway is not text$/],
      [{ ...good, identity: "secret" }, /identity is not an identity$/],
      [{ ...good, skD: "secret" }, /skD is not octets in hexadecimal$/],
      [{ ...good, ticket: "" }, /ticket is not octets in hexadecimal$/],
      [{ ...good, proposal: "00" }, /proposal is not an SA payload/],
      [{ ...good, initiatorId: { idType: "3", identification: "00" } }, /initiatorId is not an identity$/],
      [{ ...good, responderId: null }, /responderId is not an identity$/],
      [{ ...good, expiresAtEpochSeconds: "soon" }, /expiresAtEpochSeconds is not a number$/],
      [{ ...good, authenticationMethod: null }, /authenticationMethod is not a number$/],
      [{ ...good, sealed: "00" }, /seal is none that is made here$/],
      [" ".repeat(1_048_577), /octets, expected at most 1048576$/],
    ];
    for (const [content, message] of cases) {
      writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
      await assert.rejects(store.load(KEY, NOW), (error) => {
        assert.ok(error instanceof Error);
        assert.match(error.message, message);
        assert.ok(!error.message.includes("secret"));
        return true;
      });
    }
  });
});

test("under a passphrase the file shows neither SK_d nor ticket nor who goes where", async () => {
  await inFolder(async (path) => {
    await new ClientTicketFile(path).save(KEY, exampleTicket());
    assert.ok(readFileSync(path, "utf8").includes(SK_D_HEX));
    rmSync(path);
    await new ClientTicketFile(path, sealed()).save(KEY, exampleTicket());
    const text = readFileSync(path, "utf8");
    for (const hidden of [SK_D_HEX, KEY.gateway, "skD", "gateway", "09080b0a"]) assert.ok(!text.includes(hidden), hidden);
    const { version, scrypt } = JSON.parse(text);
    assert.deepEqual({ version, n: scrypt.n, r: scrypt.r, p: scrypt.p }, { version: 2, ...CHEAP });
    assertSameTicket(await new ClientTicketFile(path, sealed()).load(KEY, NOW), exampleTicket());
  });
});

test("another passphrase, none, or one for a file that is not sealed: each is told apart, and the file stays", async () => {
  await inFolder(async (path) => {
    await new ClientTicketFile(path, sealed()).save(KEY, exampleTicket());
    const other = new ClientTicketFile(path, sealed(Uint8Array.of(1)));
    await assert.rejects(other.load(KEY, NOW), /another passphrase seals it, or it was altered$/);
    await assert.rejects(new ClientTicketFile(path).load(KEY, NOW), /sealed under a passphrase, and none was given$/);
    await assert.rejects(new ClientTicketFile(path).remove(KEY, exampleTicket()), /none was given$/);
    assert.ok(await new ClientTicketFile(path, sealed()).load(KEY, NOW));
    rmSync(path);
    await new ClientTicketFile(path).save(KEY, exampleTicket());
    await assert.rejects(new ClientTicketFile(path, sealed()).load(KEY, NOW), /not sealed, though a passphrase was given/);
  });
});

test("a sealed file with one octet altered anywhere does not open", async () => {
  await inFolder(async (path) => {
    const store = new ClientTicketFile(path, sealed());
    await store.save(KEY, exampleTicket());
    const good = JSON.parse(readFileSync(path, "utf8"));
    const flip = (text: string, at: number) => text.slice(0, at) + (text[at] === "0" ? "1" : "0") + text.slice(at + 1);
    const altered = [
      ...[0, 100, good.sealed.length - 1].map((at) => ({ ...good, sealed: flip(good.sealed, at) })),
      { ...good, sealed: good.sealed.slice(2) },
      { ...good, sealed: "00" },
      { ...good, iv: flip(good.iv, 3) },
      { ...good, iv: "00" },
      { ...good, scrypt: { ...good.scrypt, salt: flip(good.scrypt.salt, 0) } },
      { ...good, scrypt: { ...good.scrypt, r: 2 } },
    ];
    for (const content of altered) {
      writeFileSync(path, JSON.stringify(content));
      await assert.rejects(store.load(KEY, NOW), /another passphrase seals it, or it was altered$/, JSON.stringify(content));
    }
    // What would take all memory, or is no parameter, is not even tried.
    for (
      const change of [{ n: 2 ** 24 }, { n: 15 }, { n: 1 }, { r: 1_000 }, { p: 0 }, { n: "16" }, { salt: "00" }, {
        n: 2 ** 20,
        r: 32,
      }]
    ) {
      writeFileSync(path, JSON.stringify({ ...good, scrypt: { ...good.scrypt, ...change } }));
      await assert.rejects(store.load(KEY, NOW), /seal is none that is made here$/, JSON.stringify(change));
    }
  });
});

test("no two seals of one file have one IV, and its salt stays, so that the passphrase is stretched once", async () => {
  await inFolder(async (path) => {
    const store = new ClientTicketFile(path, sealed());
    const seals = [];
    for (let round = 0; round < 10; round++) {
      await store.save(KEY, exampleTicket());
      seals.push(JSON.parse(readFileSync(path, "utf8")));
    }
    assert.equal(new Set(seals.map(({ iv }) => iv)).size, 10);
    assert.equal(new Set(seals.map(({ scrypt }) => scrypt.salt)).size, 1);
  });
});

test("a passphrase is not empty, and its cost within bounds", () => {
  assert.throws(() => new Passphrase(new Uint8Array(0)), /empty, expected at least one octet/);
  for (const change of [{ n: 3 }, { n: 0 }, { r: 0 }, { p: 17 }, { n: 2 ** 21 }]) {
    assert.throws(() => new Passphrase(SECRET, { ...CHEAP, ...change }), RangeError);
  }
});

test("[R-9.7-1] neither printing a store nor a ticket out of it, nor JSON, shows SK_d or passphrase", async () => {
  await inFolder(async (path) => {
    const memory = new MemoryClientTickets();
    const file = new ClientTicketFile(path, sealed());
    for (const store of [memory, file]) await store.save(KEY, exampleTicket());
    const tickets = [await memory.load(KEY, NOW), await file.load(KEY, NOW)];
    const options = { depth: 20, showHidden: true, maxArrayLength: null };
    const shown = [
      inspect([memory, file, ...tickets], options),
      inspect([memory, file, ...tickets], { ...options, customInspect: false }),
      JSON.stringify([memory, file, ...tickets]),
      `${[memory, file, ...tickets]}`,
    ].join();
    assert.ok(shown.includes("client") || shown.includes("identification"));
    for (const secret of [SK_D_HEX, "9, 9, 9, 9", "9,9,9,9", "a passphrase", [...SECRET].join(", ")]) {
      assert.ok(!shown.includes(secret), secret);
    }
    assert.equal(tickets[1]?.skD[0], 9, "it is there all the same");
  });
});

test("[R-9.7-1] the names of files in a folder tell neither gateway nor identity, and the folder is for its owner", async () => {
  await inFolder(async (path) => {
    const store = new ClientTicketFolder(path);
    await store.save(KEY, exampleTicket());
    assert.match(readdirSync(path).join(), /^[0-9a-f]{64}\.json$/);
    assert.equal(statSync(path).mode & 0o777, 0o700);
    writeFileSync(join(path, "notes.txt"), "not a ticket");
    await store.removeAllOf(KEY.identity);
    assert.deepEqual(readdirSync(path), ["notes.txt"]);
  });
});

test("on log out one file that cannot be read keeps none of the others", async () => {
  await inFolder(async (path) => {
    const store = new ClientTicketFolder(path);
    await store.save(KEY, exampleTicket());
    const unreadable = `${"0".repeat(64)}.json`;
    writeFileSync(join(path, unreadable), "{", { mode: 0o600 });
    await assert.rejects(store.removeAllOf(KEY.identity), /not JSON$/);
    assert.deepEqual(readdirSync(path), [unreadable]);
  });
});
