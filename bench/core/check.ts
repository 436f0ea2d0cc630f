/**
 * No time counts before its outputs were compared.
 *
 * @module
 */
import { type Implementation, NotAuthentic, type Operation, type OperationName } from "./implementation.ts";
import type { Outcome, Session } from "./session.ts";

/** An implementation did not give what it should have. */
export class WrongOutput extends Error {
  override readonly name = "WrongOutput";
}

/** Which operation is answerable for each output of a resumption, in the order in which they are computed. */
const ANSWERABLE: readonly (readonly [keyof Outcome, OperationName])[] = [
  ["ticketState", "open ticket"],
  ["keyingMaterial", "derive keys"],
  ["requestPlaintext", "open request"],
  ["auth", "authenticate"],
  ["childKeys", "child keys"],
  ["response", "seal response"],
];

const EXPECTED: Readonly<Record<OperationName, (expected: Session["expected"]) => readonly Uint8Array[]>> = {
  "open ticket": ({ ticketState }) => [ticketState],
  "derive keys": ({ keyingMaterial }) => [keyingMaterial],
  "open request": ({ requestPlaintext }) => [requestPlaintext],
  "authenticate": ({ auth }) => [auth],
  "child keys": ({ childKeys }) => [childKeys],
  "seal ticket": ({ nextTicket }) => [nextTicket],
  "seal response": ({ response }) => [response],
  "derive keys and open request": ({ keyingMaterial, requestPlaintext }) => [keyingMaterial, requestPlaintext],
  "authenticate with child keys": ({ auth, childKeys }) => [auth, childKeys],
  "seal response with ticket": ({ response }) => [response],
};

/**
 * Resumes all sessions in batches.
 *
 * @return milliseconds, of the implementation alone
 * @throws {WrongOutput} an output is not what it has to be.
 */
export function timeResumptions({ name, resume }: Implementation, batches: readonly (readonly Session[])[]): Promise<number> {
  return timed(name, batches, resume, (sessions, outcomes) => {
    for (const [index, { expected }] of sessions.entries()) {
      for (const [output, operation] of ANSWERABLE) {
        if (!same(outcomes[index]?.[output], expected[output])) throw wrong(name, operation, index);
      }
    }
  });
}

/** Likewise for one operation. */
export function timeOperation(
  name: string,
  operation: OperationName,
  run: Operation,
  batches: readonly (readonly Session[])[],
): Promise<number> {
  return timed(name, batches, run, (sessions, outputs) => {
    let next = 0;
    for (const [index, { expected }] of sessions.entries()) {
      for (const octets of EXPECTED[operation](expected)) {
        if (!same(outputs[next++], octets)) throw wrong(name, operation, index);
      }
    }
  });
}

/**
 * A batch's outputs are compared before the next batch is run, while the clock stands: kept until the end, they would cost each
 * implementation that makes many arrays more of the collection of garbage than they do in a gateway, which lets go of them.
 */
async function timed<Result>(
  name: string,
  batches: readonly (readonly Session[])[],
  run: (sessions: readonly Session[]) => Result | Promise<Result>,
  compare: (sessions: readonly Session[], result: Result) => void,
): Promise<number> {
  let milliseconds = 0;
  for (const batch of batches) {
    try {
      const started = performance.now();
      let result = run(batch);
      // Those that answer at once are not made to wait.
      if (result instanceof Promise) result = await result;
      milliseconds += performance.now() - started;
      compare(batch, result);
    } catch (error) {
      if (error instanceof NotAuthentic) throw new WrongOutput(`${name}: ${error.message}`);
      throw error;
    }
  }
  return milliseconds;
}

function wrong(name: string, operation: OperationName, index: number): WrongOutput {
  return new WrongOutput(`${name}: ${operation}: the output of session ${index} of a batch is wrong`);
}

function same(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  if (one === undefined || other === undefined || one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}
