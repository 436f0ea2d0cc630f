/**
 * The operations of the core that seal messages where they stand: they go in as they are, and come out over what went in.
 *
 * @module
 */
import { assertLaidOut } from "../src/crypto/guards.ts";
import type { LaidOutMessage, LaidOutSeal } from "../src/crypto/provider.ts";
import type { Arena } from "./arena.ts";
import { SEAL_WITH_TICKET_RECORDS, WORD_INTEGRITY_KEY_OFFSET, WORD_KEY_OFFSET } from "./generated/layout.ts";
import { isDone, type Operation, type Run } from "./operation.ts";
import { writeProtection } from "./protection_record.ts";

export const SEAL_LAID_OUT: Operation<LaidOutMessage, void> = {
  run: "seal",
  records: 1,
  inPlace: true,
  check: assertLaidOut,
  inputsSize: keysLength,
  outputsSize: ({ octets }) => octets.length,
  write(message, arena) {
    arena.nextRecord();
    writeSeal(message, arena, 0);
    arena.placeOutput(message.octets.length);
    arena.putOutput(0, message.octets);
  },
  read: (message, arena, record) => readSealed("seal", message, arena, record),
};

/** Of messages that carry a ticket. */
export const SEAL_LAID_OUT_WITH_TICKET: Operation<LaidOutMessage, void> = {
  run: "seal_with_ticket",
  records: SEAL_WITH_TICKET_RECORDS,
  inPlace: true,
  check: assertLaidOut,
  inputsSize: (message) => keysLength(message) + keysLength(message.ticket!),
  outputsSize: ({ octets }) => octets.length,
  write(message, arena) {
    const { octets } = message;
    const ticket = message.ticket!;
    arena.nextRecord();
    writeSeal(ticket, arena, 0);
    arena.placeOutput(octets.length);
    arena.placeOutputWithin(ticket.start, ticket.end - ticket.start);
    arena.putOutput(0, octets);
    arena.nextRecord();
    writeSeal(message, arena, 1);
    arena.placeOutputWithin(0, octets.length);
  },
  read: (message, arena, record) => readSealed("seal_with_ticket", message, arena, record + 1),
};

function keysLength({ encryptionKey, integrityKey }: LaidOutSeal): number {
  return encryptionKey.length + integrityKey.length;
}

function writeSeal(
  { protection, encryptionKey, integrityKey, associatedDataLength }: LaidOutSeal,
  arena: Arena,
  place: number,
): void {
  writeProtection(protection, associatedDataLength, arena);
  arena.putKey(WORD_KEY_OFFSET, encryptionKey, place);
  arena.putInput(WORD_INTEGRITY_KEY_OFFSET, integrityKey);
}

function readSealed(run: Run, { octets }: LaidOutMessage, arena: Arena, record: number): void {
  if (!isDone(arena, record, run)) throw new Error(`the core calls a record of ${run} not authentic`);
  arena.readOutput(record, octets);
}
