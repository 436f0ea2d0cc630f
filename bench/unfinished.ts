/**
 * What a bench prints that is stopped before its end: what it has measured so far.
 *
 * @module
 */

/** A report in the form that was asked for, of what was measured so far; `undefined`: nothing was. */
export type ReportSoFar = () => string | undefined;

let reportSoFar: ReportSoFar | undefined;

/** From now on this is printed where the bench is stopped. */
export function ifStopped(report: ReportSoFar): void {
  reportSoFar = report;
}

/** To be called as the process ends. Says on standard error that it is not the whole. */
export function printUnfinished(): void {
  const text = reportSoFar?.();
  if (text === undefined) return console.error("bench: stopped before anything was measured");
  console.log(text);
  console.error("bench: stopped: that is what was measured until then");
}

/** JSON says so by a field of its own. */
export function unfinishedJson(report: object): string {
  return JSON.stringify({ unfinished: true, ...report });
}
