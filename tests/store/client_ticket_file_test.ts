import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { loadClientTicket, removeClientTicket, saveClientTicket } from "../../src/store/client_ticket_file.ts";
import type { ClientTicket } from "../../src/ticket/client_ticket.ts";

const TICKET: ClientTicket = {
  ticket: Uint8Array.from({ length: 200 }, (_, index) => index),
  expiresAtEpochSeconds: 1_800_000_000,
  initiatorId: { idType: 3, identification: new TextEncoder().encode("client@example.org") },
  responderId: { idType: 2, identification: new TextEncoder().encode("gateway.example") },
  authenticationMethod: 2,
  proposal: {
    number: 1,
    protocolId: 1,
    spi: new Uint8Array(0),
    transforms: [
      { transformType: 1, transformId: 20, attributes: [{ attributeType: 14, value: 256 }] },
      { transformType: 2, transformId: 5, attributes: [] },
      { transformType: 4, transformId: 31, attributes: [] },
    ],
  },
  skD: new Uint8Array(32).fill(9),
};

function inFolder(body: (path: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "client-ticket-test-"));
  try {
    body(join(folder, "ticket.json"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("[R-4.2-3] a ticket comes back from its file with every item that resumption needs", () => {
  inFolder((path) => {
    saveClientTicket(path, TICKET);
    const loaded = loadClientTicket(path);
    assert.ok(loaded);
    assert.deepEqual(
      JSON.stringify(loaded, (_, value) => value instanceof Uint8Array ? [...value] : value),
      JSON.stringify(TICKET, (_, value) => value instanceof Uint8Array ? [...value] : value),
    );
  });
});

test("the file is for its owner only, and refused when it is not", () => {
  inFolder((path) => {
    writeFileSync(path, "", { mode: 0o644 });
    saveClientTicket(path, TICKET);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    chmodSync(path, 0o640);
    assert.throws(() => loadClientTicket(path), { name: "ClientTicketFileError", message: /has mode 0640, expected 0600/ });
  });
});

test("a folder in the file's place is refused by name", () => {
  inFolder((path) => {
    mkdirSync(path, { mode: 0o700 });
    assert.throws(() => loadClientTicket(path), { name: "ClientTicketFileError", message: /^ticket: cannot read / });
  });
});

test("no file is no ticket, and removing none is no error", () => {
  inFolder((path) => {
    assert.equal(loadClientTicket(path), undefined);
    removeClientTicket(path);
    saveClientTicket(path, TICKET);
    removeClientTicket(path);
    assert.equal(loadClientTicket(path), undefined);
  });
});

test("what is no ticket is refused with the field that is wrong, and no error repeats what the file holds", () => {
  inFolder((path) => {
    saveClientTicket(path, TICKET);
    const good = JSON.parse(readFileSync(path, "utf8"));
    const cases: [unknown, RegExp][] = [
      ["{secret", /not JSON$/],
      [{ ...good, version: 2 }, /no "version": 1$/],
      [{ ...good, skD: "secret" }, /skD is not octets in hexadecimal$/],
      [{ ...good, ticket: "" }, /ticket is not octets in hexadecimal$/],
      [{ ...good, proposal: "00" }, /proposal is not an SA payload/],
      [{ ...good, initiatorId: { idType: "3" } }, /initiatorId is not an identity$/],
      [{ ...good, expiresAtEpochSeconds: "soon" }, /expiresAtEpochSeconds is not a number$/],
    ];
    for (const [content, message] of cases) {
      writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
      assert.throws(() => loadClientTicket(path), (error) => {
        assert.ok(error instanceof Error);
        assert.match(error.message, message);
        assert.ok(!error.message.includes("secret"));
        return true;
      });
    }
  });
});
