/**
 * Tickets that an earlier version of this program gave out: sealed under the octets of the ticket key itself. They are made here by node:crypto.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createCipheriv, createHmac } from "node:crypto";
import { test } from "node:test";
import { loadProvider } from "../../src/providers/mod.ts";
import { parseTicketKeys } from "../../src/store/ticket_key_file.ts";
import { encodeTicketState } from "../../src/ticket/ticket_state.ts";
import { openTicketRequest } from "../../src/ticket/ticket_by_value.ts";
import { makeTicketKey, type TicketKey, TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import { comeBack, comesBackWith, copyOf, resumptions } from "../simulation/coming_back.ts";
import { openTicketState } from "../simulation/opened_ticket.ts";
import { SeededRandom } from "../simulation/seeded_random.ts";
import { Simulation, START_EPOCH_SECONDS } from "../simulation/simulation.ts";

const { octets: random } = new SeededRandom(61);
const provider = await loadProvider("ts");
const UNKNOWN = { ...makeTicketKey(random, START_EPOCH_SECONDS), opensVersion1: true };

/** As AES-256-GCM under the key's own octets. */
function earlierByValue({ key, keyId }: TicketKey, state: Uint8Array): Uint8Array {
  const clear = Uint8Array.of(1, 0, 0, 0, ...keyId);
  const iv = random(12);
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  cipher.setAAD(clear);
  return Uint8Array.of(...clear, ...iv, ...cipher.update(state), ...cipher.final(), ...cipher.getAuthTag());
}

function earlierByReference({ key, keyId }: TicketKey, reference: Uint8Array, expiresAtEpochSeconds: number): Uint8Array {
  const part = new Uint8Array(32);
  part.set(Uint8Array.of(1, 0, 0, 0, ...keyId));
  part.set(reference, 12);
  new DataView(part.buffer).setUint32(28, expiresAtEpochSeconds);
  const macKey = createHmac("sha256", key).update("RFC 5723 ticket by reference").digest();
  return Uint8Array.of(...part, ...createHmac("sha256", macKey).update(part).digest());
}

for (const kind of ["value", "reference"] as const) {
  for (
    const { title, key, resumes } of [
      { title: "under a key of those days opens until it expires", key: { opensVersion1: true }, resumes: true },
      { title: "under a key that came later does not open", key: {}, resumes: false },
    ]
  ) {
    test(`[R-9.5-1] [R-6.1-3] an earlier version's ticket by ${kind} ${title}`, async () => {
      const ticketKeys = new TicketKeyRing([{ ...makeTicketKey(random, START_EPOCH_SECONDS), ...key }], random);
      const simulation = new Simulation({ provider, gateway: { ticketKeys } });
      const client = await simulation.clientWithTicket();
      const state = await openTicketState(simulation, client.ticket);
      const reference = random(16);
      const octets = encodeTicketState(state);
      if (kind === "reference") {
        const name = Buffer.from(reference).toString("hex");
        await simulation.services.ticketStates!.put([{
          reference: name,
          state: octets,
          expiresAtEpochSeconds: state.expiresAtEpochSeconds,
        }]);
      }
      const earlier = (of: TicketKey) =>
        kind === "value" ? earlierByValue(of, octets) : earlierByReference(of, reference, state.expiresAtEpochSeconds);
      const again = await comeBack(simulation, client, { ...copyOf(client.ticket), ticket: earlier(ticketKeys.current) });
      assert.deepEqual(resumptions(again), [resumes]);
      if (!resumes) return;
      // The one that it got for it is of today's form.
      assert.equal(again.ticket.ticket[0], 2);
      await comesBackWith(simulation, again, copyOf(again.ticket));
      const forged = { ...copyOf(client.ticket), ticket: earlier({ ...UNKNOWN, keyId: ticketKeys.current.keyId }) };
      assert.deepEqual(resumptions(await comeBack(simulation, client, forged)), [false]);
    });
  }
}

test("[R-9.2-1] an earlier version's ticket is opened by the same work whether its key is known, too new, or not known", () => {
  const old = { ...makeTicketKey(random, 1), opensVersion1: true };
  const ring = new TicketKeyRing([makeTicketKey(random, 2), old], random);
  const [known, tooNew, unknown] = [old, ring.current, UNKNOWN].map(({ keyId }) =>
    openTicketRequest(Uint8Array.of(1, 0, 0, 0, ...keyId, ...new Uint8Array(100)), ring)!
  );
  assert.equal(known.encryptionKey, old.key);
  for (const other of [tooNew, unknown]) {
    assert.equal(other.encryptionKey, ring.decoy.key);
    assert.deepEqual({ ...other, encryptionKey: 0, sealed: 0 }, { ...known, encryptionKey: 0, sealed: 0 });
  }
});

test("[R-9.5-1] a file of keys tells which of them sealed in the earlier way", () => {
  const entry = { keyId: "01".repeat(8), key: "02".repeat(32), madeAtEpochSeconds: 5 };
  const keys = [entry, { ...entry, keyId: "03".repeat(8), derived: true }, { ...entry, keyId: "04".repeat(8), derived: false }];
  const parsed = parseTicketKeys("keys.json", JSON.stringify({ version: 1, keys }));
  assert.deepEqual(parsed.map(({ opensVersion1 }) => opensVersion1), [true, undefined, true]);
  assert.throws(() => parseTicketKeys("keys.json", JSON.stringify({ version: 1, keys: [{ ...entry, derived: "yes" }] })), {
    message: "ticket keys: keys.json: keys[0].derived is neither true nor false",
  });
});
