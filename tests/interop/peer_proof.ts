/**
 * A test against another implementation, which is a line of the table.
 *
 * @module
 */
import { appendFileSync } from "node:fs";
import process from "node:process";
import type { Need } from "./environment.ts";
import { type OurRole, type PeerCase, RESULTS_FILE, type TableLine, type TableResult } from "./peer_cases.ts";
import { CHARON_NEEDS, interopTest, type Scene } from "./scene.ts";
import type { Suite } from "./suites.ts";

export interface PeerProof {
  readonly role: OurRole;
  readonly cases: readonly PeerCase[];
  readonly suite: Suite;
  /** Default: strongSwan, as it is installed. */
  readonly peer?: string;
  readonly needs?: readonly Need[];
  readonly timeoutMs?: number;
}

export function peerTest(title: string, proof: PeerProof, body: (scene: Scene) => Promise<void>): void {
  const { role, cases, suite, peer = "strongSwan", needs = CHARON_NEEDS, timeoutMs } = proof;
  const line: TableLine = { peer, role, cases, suite: `${suite.ike}/${suite.esp}` };
  interopTest(title, needs, body, { timeoutMs, onEnd: (result, seconds) => tell({ ...line, result, seconds }) });
}

function tell(result: TableResult): void {
  const path = process.env[RESULTS_FILE];
  if (path !== undefined) appendFileSync(path, `${JSON.stringify(result)}\n`);
}
