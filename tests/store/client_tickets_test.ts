/**
 * What every store of client tickets does, each of them through the same tests.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ClientTicketFile } from "../../src/store/client_ticket_file.ts";
import { ClientTicketFolder } from "../../src/store/client_ticket_folder.ts";
import { MemoryClientTickets } from "../../src/store/memory_client_tickets.ts";
import { Passphrase } from "../../src/store/passphrase.ts";
import type { ClientTicketStore } from "../../src/ticket/client_ticket_store.ts";
import { assertSameTicket, exampleTicket, KEY, NOW, OTHER_GATEWAY, OTHER_IDENTITY } from "./client_ticket_example.ts";

const CHEAP = { n: 16, r: 1, p: 1 };

const STORES: Readonly<Record<string, (folder: string) => ClientTicketStore>> = {
  "memory": () => new MemoryClientTickets(),
  "a file": (folder) => new ClientTicketFile(join(folder, "ticket.json")),
  "a file under a passphrase": (folder) =>
    new ClientTicketFile(join(folder, "ticket.json"), { passphrase: new Passphrase(Uint8Array.of(1, 2, 3), CHEAP) }),
  "a folder": (folder) => new ClientTicketFolder(join(folder, "tickets")),
  "a folder under a passphrase": (folder) =>
    new ClientTicketFolder(folder, { passphrase: new Passphrase(Uint8Array.of(1, 2, 3), CHEAP) }),
};

for (const [name, open] of Object.entries(STORES)) {
  const testStore = (title: string, body: (store: ClientTicketStore) => Promise<void>) =>
    test(`${title} (${name})`, async () => {
      const folder = mkdtempSync(join(tmpdir(), "client-tickets-"));
      try {
        await body(open(folder));
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

  testStore("[R-4.2-3] a ticket comes back with every item that resumption needs", async (store) => {
    assert.equal(await store.load(KEY, NOW), undefined);
    await store.save(KEY, exampleTicket());
    assertSameTicket(await store.load(KEY, NOW), exampleTicket());
    assertSameTicket(await store.load(KEY, NOW), exampleTicket());
  });

  testStore("what is kept is a copy: a ticket that is used and wiped takes none of it along", async (store) => {
    const ticket = exampleTicket();
    const saved = store.save(KEY, ticket);
    ticket.skD.fill(0);
    ticket.ticket.fill(0);
    await saved;
    const loaded = await store.load(KEY, NOW);
    assertSameTicket(loaded, exampleTicket());
    loaded!.skD.fill(0);
    assertSameTicket(await store.load(KEY, NOW), exampleTicket());
  });

  testStore("a ticket is found by a host name in any case", async (store) => {
    const named = (text: string) => ({ ...KEY, identity: { idType: 2, identification: new TextEncoder().encode(text) } });
    await store.save(named("Client.Example"), exampleTicket());
    assertSameTicket(await store.load(named("client.EXAMPLE"), NOW), exampleTicket());
    await store.removeAllOf(named("client.example").identity);
    assert.equal(await store.load(named("Client.Example"), NOW), undefined);
  });

  testStore("[R-4.3.1-1] a ticket that has expired is not shown, and is gone", async (store) => {
    await store.save(KEY, exampleTicket());
    const { expiresAtEpochSeconds } = exampleTicket();
    assert.ok(await store.load(KEY, expiresAtEpochSeconds - 1));
    assert.equal(await store.load(KEY, expiresAtEpochSeconds), undefined);
    assert.equal(await store.load(KEY, NOW), undefined, "also when the clock steps back");
  });

  testStore("[R-4.3.1-2] a ticket that was used is not shown", async (store) => {
    await store.save(KEY, { ...exampleTicket(), skD: new Uint8Array(32) });
    assert.equal(await store.load(KEY, NOW), undefined);
  });

  testStore("[R-6.2-1] a ticket is removed, and removing none is no error", async (store) => {
    await store.remove(KEY, exampleTicket());
    await store.save(KEY, exampleTicket());
    await store.remove(KEY, exampleTicket());
    assert.equal(await store.load(KEY, NOW), undefined);
  });

  testStore("[R-6.2-5] the end of one IKE SA removes its own ticket, and leaves a newer one", async (store) => {
    await store.save(KEY, exampleTicket(1));
    await store.save(KEY, exampleTicket(2));
    await store.remove(KEY, exampleTicket(1));
    assertSameTicket(await store.load(KEY, NOW), exampleTicket(2));
  });

  testStore("[R-9.10-3] a ticket that was taken is shown to nobody else until it is put back", async (store) => {
    await store.save(KEY, exampleTicket());
    const taken = await Promise.all(Array.from({ length: 5 }, () => store.take(KEY, NOW)));
    assert.equal(taken.filter((ticket) => ticket !== undefined).length, 1);
    assertSameTicket(taken.find((ticket) => ticket !== undefined), exampleTicket());
    assert.equal(await store.load(KEY, NOW), undefined);
    await store.putBack(KEY, exampleTicket());
    assertSameTicket(await store.take(KEY, NOW), exampleTicket());
  });

  testStore("[R-4.3.1-2] a ticket that was taken and used is gone, and cannot be put back", async (store) => {
    await store.save(KEY, exampleTicket());
    assert.ok(await store.take(KEY, NOW));
    await store.remove(KEY, exampleTicket());
    await store.putBack(KEY, exampleTicket());
    assert.equal(await store.load(KEY, NOW), undefined);
  });

  testStore("[R-6.2-5] a ticket that is put back does not take the place of a newer one", async (store) => {
    await store.save(KEY, exampleTicket(1));
    assert.ok(await store.take(KEY, NOW));
    await store.save(KEY, exampleTicket(2));
    await store.putBack(KEY, exampleTicket(1));
    assertSameTicket(await store.load(KEY, NOW), exampleTicket(2));
    await store.remove(KEY, exampleTicket(2));
    assert.equal(await store.load(KEY, NOW), undefined);
  });

  testStore("[R-6.2-1] log out takes what is being presented as well", async (store) => {
    await store.save(KEY, exampleTicket());
    assert.ok(await store.take(KEY, NOW));
    await store.removeAllOf(KEY.identity);
    await store.putBack(KEY, exampleTicket());
    assert.equal(await store.load(KEY, NOW), undefined);
    assert.equal(await store.take(KEY, NOW), undefined);
  });

  testStore("what was taken under another gateway or identity is not there", async (store) => {
    await store.save(KEY, exampleTicket());
    for (const other of [OTHER_GATEWAY, OTHER_IDENTITY]) assert.equal(await store.take(other, NOW), undefined);
    assert.equal(await store.take(KEY, NOW + 10_000), undefined, "one that has expired is taken by nobody");
    assert.equal(await store.load(KEY, NOW), undefined);
  });

  testStore("the latest ticket takes the place of the one before it, also when both are saved at once", async (store) => {
    await Promise.all(Array.from({ length: 10 }, (_, mark) => store.save(KEY, exampleTicket(mark + 1))));
    assertSameTicket(await store.load(KEY, NOW), exampleTicket(10));
  });

  testStore("under another gateway or another identity nothing is found, and nothing is removed", async (store) => {
    await store.save(KEY, exampleTicket());
    for (const other of [OTHER_GATEWAY, OTHER_IDENTITY]) {
      assert.equal(await store.load(other, NOW), undefined);
      await store.remove(other, exampleTicket());
    }
    await store.removeAllOf(OTHER_IDENTITY.identity);
    assertSameTicket(await store.load(KEY, NOW), exampleTicket());
  });

  testStore("[R-6.2-1] log out removes the tickets of an identity at every gateway", async (store) => {
    const keeps = !name.startsWith("a file");
    await store.save(OTHER_IDENTITY, exampleTicket(3));
    if (keeps) await store.save(OTHER_GATEWAY, exampleTicket(2));
    if (keeps) await store.save(KEY, exampleTicket(1));
    await store.removeAllOf(KEY.identity);
    assert.equal(await store.load(KEY, NOW), undefined);
    assert.equal(await store.load(OTHER_GATEWAY, NOW), undefined);
    assertSameTicket(await store.load(OTHER_IDENTITY, NOW), exampleTicket(3));
  });
}
