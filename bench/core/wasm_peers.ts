/**
 * RustCrypto and ring in WebAssembly, called for one operation of one session after the other: inputs are written to fixed places of
 * their memory and outputs copied from there. Built from bench/peers-rs.
 *
 * @module
 */
import { type PeersExports, WASM_BASE64 } from "../generated/peers.ts";
import { NotAuthentic, type OneByOne } from "./implementation.ts";
import {
  CHILD_KEYS_LENGTH,
  ICV_LENGTH,
  KEYING_MATERIAL_LENGTH,
  MAC_LENGTH,
  MESSAGE_CLEAR_LENGTH,
  MESSAGE_IV_LENGTH,
  type Plain,
  RESUMPTION_LABEL,
  TICKET_CLEAR_LENGTH,
  TICKET_IV_LENGTH,
} from "./session.ts";

/** What one library exports. */
interface Library {
  setTicketKey(key: number): void;
  openTicket(ticket: number, length: number, clearLength: number): number;
  sealTicket(ticket: number, length: number, clearLength: number): void;
  open(key: number, message: number, length: number, clearLength: number): number;
  seal(key: number, message: number, length: number, clearLength: number): void;
  deriveKeys(
    key: number,
    data: number,
    dataLength: number,
    seed: number,
    seedLength: number,
    keys: number,
    keysLength: number,
  ): void;
  prfPlus(key: number, seed: number, seedLength: number, keys: number, keysLength: number): void;
  auth(key: number, content: number, contentLength: number, id: number, idLength: number, mac: number): void;
  verifyAuth(key: number, content: number, contentLength: number, id: number, idLength: number, mac: number): number;
}

/** Each with a memory of its own. */
export async function loadWasmPeers(): Promise<OneByOne[]> {
  const module = await WebAssembly.compile(Uint8Array.from(atob(WASM_BASE64), (character) => character.charCodeAt(0)));
  const load = async () => (await WebAssembly.instantiate(module, refusals(module))).exports as unknown as PeersExports;
  const [first, second] = [await load(), await load()];
  return [
    wasmPeer("rustcrypto-wasm", first, {
      setTicketKey: first.rust_crypto_set_ticket_key,
      openTicket: first.rust_crypto_open_ticket,
      sealTicket: first.rust_crypto_seal_ticket,
      open: first.rust_crypto_open,
      seal: first.rust_crypto_seal,
      deriveKeys: first.rust_crypto_derive_keys,
      prfPlus: first.rust_crypto_prf_plus,
      auth: first.rust_crypto_auth,
      verifyAuth: first.rust_crypto_verify_auth,
    }),
    wasmPeer("ring-wasm", second, {
      setTicketKey: second.ring_set_ticket_key,
      openTicket: second.ring_open_ticket,
      sealTicket: second.ring_seal_ticket,
      open: second.ring_open,
      seal: second.ring_seal,
      deriveKeys: second.ring_derive_keys,
      prfPlus: second.ring_prf_plus,
      auth: second.ring_auth,
      verifyAuth: second.ring_verify_auth,
    }),
  ];
}

/** What ring's source of random numbers would call, which nothing here asks for any. */
function refusals(module: WebAssembly.Module): WebAssembly.Imports {
  const imports: Record<string, Record<string, () => never>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    imports[from] = {
      ...imports[from],
      [name]: () => {
        throw new Error(`bench/peers-rs calls ${name}`);
      },
    };
  }
  return imports;
}

/** Places in the buffer, in octets from its start. */
const KEY = 0;
const MAC = 64;
const ID = 128;
const SEED = 1024;
const OUTPUT = 2048;
const MESSAGE = 4096;
const BUFFER_LENGTH = 16384;

/** Outputs stand in arrays of this many octets: one array for each would cost as much as copying. */
const POOL_LENGTH = 65536;

const OPEN_TICKET_BODY = TICKET_CLEAR_LENGTH + TICKET_IV_LENGTH;
const OPEN_MESSAGE_BODY = MESSAGE_CLEAR_LENGTH + MESSAGE_IV_LENGTH;

function wasmPeer(name: string, { memory, buffer }: PeersExports, library: Library): OneByOne {
  const base = buffer();
  const octets = new Uint8Array(memory.buffer, base, BUFFER_LENGTH);
  let pool = new Uint8Array(POOL_LENGTH);
  let pooled = 0;
  let ticketKeySet = false;

  /** A copy of so many octets of the buffer. */
  function copy(start: number, length: number): Uint8Array {
    if (pooled + length > POOL_LENGTH) {
      pool = new Uint8Array(POOL_LENGTH);
      pooled = 0;
    }
    const output = pool.subarray(pooled, pooled += length);
    output.set(octets.subarray(start, start + length));
    return output;
  }

  function expandTicketKey(key: Uint8Array): void {
    if (ticketKeySet) return;
    octets.set(key, KEY);
    library.setTicketKey(base + KEY);
    ticketKeySet = true;
  }

  /** To {@link MESSAGE}; its length with the ICV. */
  function layOut({ associatedData, iv, plaintext }: Plain): number {
    octets.set(associatedData, MESSAGE);
    octets.set(iv, MESSAGE + associatedData.length);
    octets.set(plaintext, MESSAGE + associatedData.length + iv.length);
    return associatedData.length + iv.length + plaintext.length + ICV_LENGTH;
  }

  /** Real message | nonce to {@link MESSAGE}, and key and identity to their places; the length of the former. */
  function layOutSigned(key: Uint8Array, realMessage: Uint8Array, nonce: Uint8Array, id: Uint8Array): number {
    octets.set(key, KEY);
    octets.set(realMessage, MESSAGE);
    octets.set(nonce, MESSAGE + realMessage.length);
    octets.set(id, ID);
    return realMessage.length + nonce.length;
  }

  return {
    name,
    openTicket({ ticketKey, ticket }) {
      expandTicketKey(ticketKey);
      octets.set(ticket, MESSAGE);
      const opened = library.openTicket(base + MESSAGE, ticket.length, TICKET_CLEAR_LENGTH);
      if (opened === 0) throw new NotAuthentic("open ticket");
      return copy(MESSAGE + OPEN_TICKET_BODY, ticket.length - OPEN_TICKET_BODY - ICV_LENGTH);
    },
    deriveKeys({ initiatorNonce, responderNonce, spis }, oldSkD) {
      octets.set(oldSkD, KEY);
      // The nonces stand in the data and in the seed.
      const label = SEED - RESUMPTION_LABEL.length;
      octets.set(RESUMPTION_LABEL, label);
      octets.set(initiatorNonce, SEED);
      octets.set(responderNonce, SEED + initiatorNonce.length);
      const noncesLength = initiatorNonce.length + responderNonce.length;
      octets.set(spis, SEED + noncesLength);
      library.deriveKeys(
        base + KEY,
        base + label,
        RESUMPTION_LABEL.length + noncesLength,
        base + SEED,
        noncesLength + spis.length,
        base + OUTPUT,
        KEYING_MATERIAL_LENGTH,
      );
      return copy(OUTPUT, KEYING_MATERIAL_LENGTH);
    },
    openRequest({ request }, skEi) {
      octets.set(skEi, KEY);
      octets.set(request, MESSAGE);
      const opened = library.open(base + KEY, base + MESSAGE, request.length, MESSAGE_CLEAR_LENGTH);
      if (opened === 0) throw new NotAuthentic("open request");
      return copy(MESSAGE + OPEN_MESSAGE_BODY, request.length - OPEN_MESSAGE_BODY - ICV_LENGTH);
    },
    authenticate(session, skPi, skPr, initiatorAuth) {
      const { initiatorMessage, responderMessage, initiatorNonce, responderNonce, initiatorId, responderId } = session;
      const theirs = layOutSigned(skPi, initiatorMessage, responderNonce, initiatorId);
      octets.set(initiatorAuth, MAC);
      const proven = library.verifyAuth(base + KEY, base + MESSAGE, theirs, base + ID, initiatorId.length, base + MAC);
      if (proven === 0) throw new NotAuthentic("authenticate");
      const ours = layOutSigned(skPr, responderMessage, initiatorNonce, responderId);
      library.auth(base + KEY, base + MESSAGE, ours, base + ID, responderId.length, base + OUTPUT);
      return copy(OUTPUT, MAC_LENGTH);
    },
    childKeys({ initiatorNonce, responderNonce }, skD) {
      octets.set(skD, KEY);
      octets.set(initiatorNonce, SEED);
      octets.set(responderNonce, SEED + initiatorNonce.length);
      const seedLength = initiatorNonce.length + responderNonce.length;
      library.prfPlus(base + KEY, base + SEED, seedLength, base + OUTPUT, CHILD_KEYS_LENGTH);
      return copy(OUTPUT, CHILD_KEYS_LENGTH);
    },
    sealTicket({ ticketKey, nextTicket }) {
      expandTicketKey(ticketKey);
      const length = layOut(nextTicket);
      library.sealTicket(base + MESSAGE, length, TICKET_CLEAR_LENGTH);
      return copy(MESSAGE, length);
    },
    sealResponse({ response, ticketOffset }, skEr, ticket) {
      octets.set(skEr, KEY);
      const length = layOut(response);
      octets.set(ticket, MESSAGE + OPEN_MESSAGE_BODY + ticketOffset);
      library.seal(base + KEY, base + MESSAGE, length, MESSAGE_CLEAR_LENGTH);
      return copy(MESSAGE, length);
    },
  };
}
