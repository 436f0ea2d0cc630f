/**
 * A ticket file that is taken out to be presented, with several stores on one path, as in several processes, and processes that end meanwhile.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { ClientTicketFile } from "../../src/store/client_ticket_file.ts";
import { ClientTicketFolder } from "../../src/store/client_ticket_folder.ts";
import { assertSameTicket, exampleTicket, KEY, NOW } from "./client_ticket_example.ts";

async function inFolder(body: (path: string, folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "taken-ticket-"));
  try {
    await body(join(folder, "ticket.json"), folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The number of a process that has ended. */
async function deadProcess(): Promise<number> {
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  await once(child, "exit");
  return child.pid!;
}

/** The file that was taken out, as if by another process. */
function takenBy(path: string, folder: string, pid: number): string {
  const [name] = readdirSync(folder).filter((one) => one.endsWith(".taken"));
  const other = `${path}.${pid}.0123abcd.taken`;
  renameSync(join(folder, name), other);
  return other;
}

test("[R-9.10-3] of two stores on one file one gets the ticket, and the other none until it is put back", async () => {
  await inFolder(async (path, folder) => {
    const stores = Array.from({ length: 8 }, () => new ClientTicketFile(path));
    await stores[0].save(KEY, exampleTicket());
    const taken = await Promise.all(stores.map((store) => store.take(KEY, NOW)));
    const taker = taken.findIndex((ticket) => ticket !== undefined);
    assert.equal(taken.filter((ticket) => ticket !== undefined).length, 1);
    const [file] = readdirSync(folder);
    assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600);
    assert.equal(await stores[(taker + 1) % 8].take(KEY, NOW), undefined);
    await stores[taker].putBack(KEY, exampleTicket());
    assertSameTicket(await stores[(taker + 1) % 8].take(KEY, NOW), exampleTicket());
  });
});

test("[R-4.3.1-2] what a process took that is no more is there again, with its SK_d; what a running one took is not", async () => {
  await inFolder(async (path, folder) => {
    const store = new ClientTicketFile(path);
    await store.save(KEY, exampleTicket());
    assert.ok(await store.take(KEY, NOW));
    const running = takenBy(path, folder, process.ppid);
    assert.equal(await new ClientTicketFile(path).take(KEY, NOW), undefined);
    renameSync(running, `${path}.${await deadProcess()}.0123abcd.taken`);
    assertSameTicket(await new ClientTicketFile(path).take(KEY, NOW), exampleTicket());
  });
});

test("what was taken longer ago than any attempt lasts was left behind, whoever has that process's number now", async () => {
  await inFolder(async (path, folder) => {
    const store = new ClientTicketFile(path);
    await store.save(KEY, exampleTicket());
    assert.ok(await store.take(KEY, NOW));
    const running = takenBy(path, folder, process.ppid);
    const longAgo = new Date(Date.now() - 3_600_000);
    utimesSync(running, longAgo, longAgo);
    assertSameTicket(await new ClientTicketFile(path).take(KEY, NOW), exampleTicket());
  });
});

test("what a dead process left behind does not take the place of a newer ticket, and is gone", async () => {
  await inFolder(async (path, folder) => {
    const store = new ClientTicketFile(path);
    await store.save(KEY, exampleTicket(1));
    assert.ok(await store.take(KEY, NOW));
    takenBy(path, folder, await deadProcess());
    await store.save(KEY, exampleTicket(2));
    assertSameTicket(await store.take(KEY, NOW), exampleTicket(2));
    await store.remove(KEY, exampleTicket(2));
    assert.deepEqual(readdirSync(folder), []);
  });
});

test("[R-6.2-1] log out takes what another process is presenting, in a folder too", async () => {
  await inFolder(async (path, folder) => {
    const file = new ClientTicketFile(path);
    await file.save(KEY, exampleTicket());
    assert.ok(await file.take(KEY, NOW));
    await new ClientTicketFile(path).removeAllOf(KEY.identity);
    await file.putBack(KEY, exampleTicket());
    assert.deepEqual(readdirSync(folder), []);

    const tickets = new ClientTicketFolder(folder);
    await tickets.save(KEY, exampleTicket());
    assert.ok(await tickets.take(KEY, NOW));
    await new ClientTicketFolder(folder).removeAllOf(KEY.identity);
    assert.deepEqual(readdirSync(folder), []);
  });
});
