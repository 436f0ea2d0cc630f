/**
 * The table of what is proven against other implementations, from what the tests wrote down.
 *
 * @module
 */
import { type OurRole, PEER_CASES, type PeerCase, type TableResult } from "./peer_cases.ts";

const HEAD = ["peer", "our role", "what", "suite", "result", "seconds"];
const ROLES: readonly OurRole[] = ["client", "gateway"];
/** Worst first: a case is as good as its worst test. */
const WORST_FIRST = ["failed", "skipped", "ok"] as const;

/** Of results in JSON lines. */
export function resultsOf(text: string): TableResult[] {
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as TableResult);
}

/** One line for each case, role, peer and suite; a case without a test that ran is `missing`, where all were to run. */
export function tableOf(results: readonly TableResult[], isWhole = true): string {
  const rows = Object.keys(PEER_CASES).flatMap((name) => ROLES.flatMap((role) => rowsOf(name as PeerCase, role, results)))
    .filter(([peer]) => isWhole || peer !== "");
  const widths = HEAD.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column].length)));
  const lineOf = (words: readonly string[]) => `| ${words.map((word, column) => word.padEnd(widths[column])).join(" | ")} |`;
  return [lineOf(HEAD), lineOf(widths.map((width) => "-".repeat(width))), ...rows.map(lineOf), ""].join("\n");
}

/** What has no test that went well. */
export function missingOf(results: readonly TableResult[]): string[] {
  return Object.entries(PEER_CASES).flatMap(([name, what]) =>
    ROLES.filter((role) => !ofCase(name as PeerCase, role, results).some(({ result }) => result === "ok"))
      .map((role) => `${role}: ${what}`)
  );
}

function rowsOf(name: PeerCase, role: OurRole, results: readonly TableResult[]): string[][] {
  const groups = Map.groupBy(ofCase(name, role, results), ({ peer, suite }) => `${peer}\n${suite}`);
  if (groups.size === 0) return [["", role, PEER_CASES[name], "", "missing", ""]];
  return [...groups.values()].map((group) => [
    group[0].peer,
    role,
    PEER_CASES[name],
    group[0].suite,
    WORST_FIRST.find((result) => group.some((one) => one.result === result))!,
    group.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(1),
  ]);
}

function ofCase(name: PeerCase, role: OurRole, results: readonly TableResult[]): TableResult[] {
  return results.filter((one) => one.role === role && one.cases.includes(name));
}
