/**
 * The operations that each serve one step of a resumption, put together from basic ones, one request after the other: for
 * providers whose cryptography gains nothing by a batch.
 *
 * @module
 */
import type { PrfAlgorithm } from "./algorithms.ts";
import { encryptionKeyLength, integrityKeyLength } from "./algorithms.ts";
import { assertAuthenticate, assertDeriveAndOpen, assertSealWithTicket } from "./guards.ts";
import type {
  Authenticated,
  AuthenticateRequest,
  CryptoProvider,
  DeriveAndOpenRequest,
  DerivedAndOpened,
  DeriveKeysRequest,
  OpenRequest,
  PrfPlusRequest,
  SealRequest,
  SealWithTicketRequest,
  SignedOctets,
} from "./provider.ts";
import { wipe } from "./wipe.ts";

/** A provider's own operations, for one request each. */
export interface BasicOperations {
  deriveKeys(request: DeriveKeysRequest): Uint8Array;
  prfPlus(request: PrfPlusRequest): Uint8Array;
  /** The AUTH that {@link SignedOctets} describes. */
  authOf(prf: PrfAlgorithm, signed: SignedOctets): Uint8Array;
  /** Compared in constant time; arrays of different lengths are not equal. */
  isEqual(a: Uint8Array, b: Uint8Array): boolean;
  seal(request: SealRequest): Uint8Array;
  open(request: OpenRequest): Uint8Array | undefined;
}

/** The operations of a provider that each serve one step of a resumption. */
export function composedOf(
  basic: BasicOperations,
): Pick<CryptoProvider, "deriveAndOpen" | "authenticate" | "sealWithTicket"> {
  return {
    deriveAndOpen: (batch) => batch.map((request) => deriveAndOpen(request, basic)),
    authenticate: (batch) => batch.map((request) => authenticate(request, basic)),
    sealWithTicket: (batch) => batch.map((request) => sealWithTicket(request, basic)),
  };
}

function deriveAndOpen(request: DeriveAndOpenRequest, { deriveKeys, open }: BasicOperations): DerivedAndOpened {
  assertDeriveAndOpen(request);
  const { derivation, protection, encryptionKeyOffset, integrityKeyOffset, sealed, associatedDataLength } = request;
  const keyingMaterial = deriveKeys(derivation);
  const keyAt = (offset: number, length: number) => keyingMaterial.subarray(offset, offset + length);
  const plaintext = open({
    protection,
    encryptionKey: keyAt(encryptionKeyOffset, encryptionKeyLength(protection)),
    integrityKey: keyAt(integrityKeyOffset, integrityKeyLength(protection)),
    sealed,
    associatedDataLength,
  });
  return { keyingMaterial, plaintext };
}

function authenticate(
  request: AuthenticateRequest,
  { authOf, isEqual, prfPlus }: BasicOperations,
): Authenticated | undefined {
  assertAuthenticate(request);
  const { prf, theirs, theirAuth, ours, expansion } = request;
  const expected = authOf(prf, theirs);
  const isProven = isEqual(expected, theirAuth);
  // Whoever could read the expected AUTH could prove itself with it.
  wipe(expected);
  if (!isProven) return undefined;
  const keyingMaterial = expansion === undefined ? new Uint8Array(0) : prfPlus({ prf, ...expansion });
  return { auth: authOf(prf, ours), keyingMaterial };
}

function sealWithTicket({ ticket, message, ticketOffset }: SealWithTicketRequest, { seal }: BasicOperations): Uint8Array {
  assertSealWithTicket({ ticket, message, ticketOffset });
  const plaintext = message.plaintext.slice();
  plaintext.set(seal(ticket), ticketOffset);
  const sealed = seal({ ...message, plaintext });
  // It holds what the message has beside the ticket, such as AUTH.
  wipe(plaintext);
  return sealed;
}
