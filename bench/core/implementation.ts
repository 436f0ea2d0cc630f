/**
 * What is compared: ways to do the cryptography of a resumption.
 *
 * @module
 */
import { initiatorAuth, oldSkD, type Outcome, type Session, skD, skEi, skEr, skPi, skPr } from "./session.ts";

/** Each operation of a resumption, and the batch core's four calls, which do several at once. */
export const OPERATIONS = [
  "open ticket",
  "derive keys",
  "open request",
  "authenticate",
  "child keys",
  "seal ticket",
  "seal response",
  "derive keys and open request",
  "authenticate with child keys",
  "seal response with ticket",
] as const;
export type OperationName = typeof OPERATIONS[number];

type Answer<Value> = Value | Promise<Value>;

/** An operation's outputs, in the order of the sessions. What an operation is given, it takes from the sessions' expected outputs. */
export type Operation = (sessions: readonly Session[]) => Answer<readonly Uint8Array[]>;

export interface Implementation {
  readonly name: string;
  /** All of a resumption, each step with what the steps before it gave, for all sessions in one batch. */
  resume(sessions: readonly Session[]): Answer<readonly Outcome[]>;
  readonly operations: ReadonlyMap<OperationName, Operation>;
  /** What it chose of several forms, for the report. */
  readonly forms?: Readonly<Record<string, string>>;
}

/** The seven operations of one session. What is not authentic throws {@link NotAuthentic}. */
export interface OneByOne {
  readonly name: string;
  readonly forms?: Readonly<Record<string, string>>;
  /** The state. */
  openTicket(session: Session): Uint8Array;
  /** The keying material. */
  deriveKeys(session: Session, oldSkD: Uint8Array): Uint8Array;
  /** The plaintext. */
  openRequest(session: Session, skEi: Uint8Array): Uint8Array;
  /** AUTHr, after AUTHi was found right. */
  authenticate(session: Session, skPi: Uint8Array, skPr: Uint8Array, initiatorAuth: Uint8Array): Uint8Array;
  childKeys(session: Session, skD: Uint8Array): Uint8Array;
  /** The next ticket. */
  sealTicket(session: Session): Uint8Array;
  sealResponse(session: Session, skEr: Uint8Array, ticket: Uint8Array): Uint8Array;
}

export class NotAuthentic extends Error {
  override readonly name = "NotAuthentic";

  constructor(operation: OperationName) {
    super(`${operation}: what is authentic was refused`);
  }
}

/** One session after the other. */
export function oneByOne(peer: OneByOne): Implementation {
  const each = (run: (session: Session) => Uint8Array): Operation => (sessions) => sessions.map(run);
  return {
    name: peer.name,
    forms: peer.forms,
    resume: (sessions) => sessions.map((session) => resumeOne(peer, session)),
    operations: new Map<OperationName, Operation>([
      ["open ticket", each((session) => peer.openTicket(session))],
      ["derive keys", each((session) => peer.deriveKeys(session, oldSkD(session, session.expected.ticketState)))],
      ["open request", each((session) => peer.openRequest(session, skEi(session.expected.keyingMaterial)))],
      [
        "authenticate",
        each((session) => {
          const { keyingMaterial, requestPlaintext } = session.expected;
          return peer.authenticate(
            session,
            skPi(keyingMaterial),
            skPr(keyingMaterial),
            initiatorAuth(session, requestPlaintext),
          );
        }),
      ],
      ["child keys", each((session) => peer.childKeys(session, skD(session.expected.keyingMaterial)))],
      ["seal ticket", each((session) => peer.sealTicket(session))],
      [
        "seal response",
        each((session) => peer.sealResponse(session, skEr(session.expected.keyingMaterial), session.expected.nextTicket)),
      ],
    ]),
  };
}

function resumeOne(peer: OneByOne, session: Session): Outcome {
  const ticketState = peer.openTicket(session);
  const keyingMaterial = peer.deriveKeys(session, oldSkD(session, ticketState));
  const requestPlaintext = peer.openRequest(session, skEi(keyingMaterial));
  const theirs = initiatorAuth(session, requestPlaintext);
  const auth = peer.authenticate(session, skPi(keyingMaterial), skPr(keyingMaterial), theirs);
  const childKeys = peer.childKeys(session, skD(keyingMaterial));
  const ticket = peer.sealTicket(session);
  const response = peer.sealResponse(session, skEr(keyingMaterial), ticket);
  return { ticketState, keyingMaterial, requestPlaintext, auth, childKeys, response };
}
