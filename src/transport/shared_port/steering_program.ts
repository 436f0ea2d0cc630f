/**
 * Has the kernel give each datagram of a port that several sockets share to the socket of its worker: a classic BPF program over the UDP payload
 * (SO_ATTACH_REUSEPORT_CBPF), which says by the rule of `workerOfMessage` which worker it is, and by a table which socket that is.
 *
 * @module
 */
import {
  FLAGS_OFFSET,
  INITIATOR_FLAG,
  INITIATOR_SPI_LOW,
  RESPONDER_SPI_HIGH,
  RESPONDER_SPI_LOW,
} from "../../ike/ike_sa/spi_worker.ts";
import { NON_ESP_MARKER_LENGTH } from "../non_esp_marker.ts";

/** Operations of classic BPF, as linux/filter.h has them. */
const LOAD_WORD = 0x20;
const LOAD_OCTET = 0x30;
const MODULO = 0x94;
const JUMP = 0x05;
const JUMP_IF_EQUAL = 0x15;
const JUMP_IF_ANY_BIT = 0x45;
const RETURN = 0x06;

/** An instruction: operation, how many to pass over if it holds and if it does not, operand. */
type Instruction = readonly [operation: number, ifTrue: number, ifFalse: number, operand: number];

export const INSTRUCTION_LENGTH = 8;

/**
 * The program in the octets of this machine. The word of a datagram that is too short for it is read from nowhere: the first socket gets it, and so
 * does what is no IKE behind the UDP-encapsulation port.
 *
 * @param sockets Which worker each socket is of, in the order in which they were bound. A worker without one has its datagrams given to the first.
 */
export function steeringProgram(sockets: readonly number[], workers: number, isEncapsulated: boolean): Uint8Array {
  const message = isEncapsulated ? NON_ESP_MARKER_LENGTH : 0;
  const instructions: Instruction[] = isEncapsulated ? [[LOAD_WORD, 0, 0, 0], [JUMP_IF_EQUAL, 1, 0, 0], [RETURN, 0, 0, 0]] : [];
  instructions.push(
    [LOAD_OCTET, 0, 0, message + FLAGS_OFFSET],
    [JUMP_IF_ANY_BIT, 0, 4, INITIATOR_FLAG],
    // Of the original initiator: by its own SPI as long as there is no other.
    [LOAD_WORD, 0, 0, message + RESPONDER_SPI_HIGH],
    [JUMP_IF_EQUAL, 0, 4, 0],
    [LOAD_WORD, 0, 0, message + RESPONDER_SPI_LOW],
    [JUMP_IF_EQUAL, 0, 3, 0],
    [LOAD_WORD, 0, 0, message + INITIATOR_SPI_LOW],
    [JUMP, 0, 0, 1],
    [LOAD_WORD, 0, 0, message + RESPONDER_SPI_LOW],
    [MODULO, 0, 0, workers],
  );
  for (let worker = 0; worker < workers; worker++) {
    instructions.push([JUMP_IF_EQUAL, 0, 1, worker], [RETURN, 0, 0, Math.max(0, sockets.indexOf(worker))]);
  }
  instructions.push([RETURN, 0, 0, 0]);
  return encoded(instructions);
}

/** `struct sock_filter` for each. */
function encoded(instructions: readonly Instruction[]): Uint8Array {
  const octets = new Uint8Array(INSTRUCTION_LENGTH * instructions.length);
  const view = new DataView(octets.buffer);
  for (const [index, [operation, ifTrue, ifFalse, operand]] of instructions.entries()) {
    const at = INSTRUCTION_LENGTH * index;
    view.setUint16(at, operation, true);
    view.setUint8(at + 2, ifTrue);
    view.setUint8(at + 3, ifFalse);
    view.setUint32(at + 4, operand, true);
  }
  return octets;
}
