/**
 * Answers of the control socket for people.
 *
 * @module
 */
import { seenText } from "../effect_event.ts";
import type { IkeSaJson } from "./ike_sa_json.ts";

/** Columns of `list`: a heading, its width, and what stands there. Rows are written as they come: widths are not known before. */
const COLUMNS: readonly (readonly [string, number, (sa: IkeSaJson) => string])[] = [
  ["RESPONDER SPI", 16, ({ responder_spi }) => responder_spi],
  ["SINCE", 20, ({ up_since }) => up_since ?? "-"],
  ["BY", 7, ({ ending, resumed }) => ending ? "ending" : resumed ? "ticket" : "full"],
  ["CHILD", 5, ({ child_sas }) => String(child_sas.length)],
  ["REMOTE", 21, ({ remote }) => remote],
  ["INNER", 15, ({ inner_addresses }) => inner_addresses.join(",") || "-"],
  ["IDENTITY", 0, ({ initiator_id, eap_identity }) => seenText(eap_identity ?? initiator_id)],
];

export const LIST_HEADING: string = COLUMNS.map(([heading, width]) => heading.padEnd(width)).join("  ");

export function listRow(sa: IkeSaJson): string {
  return COLUMNS.map(([, width, textOf]) => textOf(sa).padEnd(width)).join("  ");
}

/** The counters that have counted something: the others are left out. */
export function statusLines({ counters, ...status }: { readonly counters?: object }): string[] {
  const counted = Object.entries(counters ?? {}).filter(([, count]) => count !== 0);
  return detailLines({ ...status, counters: Object.fromEntries(counted) });
}

/** Names and values, one a line; what stands within another is set in. */
export function detailLines(value: object, indent = ""): string[] {
  return Object.entries(value).flatMap(([name, each]) => {
    const label = `${indent}${name.replaceAll("_", " ")}:`;
    if (Array.isArray(each) && each.some((one) => typeof one === "object")) {
      return each.flatMap((one: object) => [label, ...detailLines(one, `${indent}  `)]);
    }
    if (typeof each === "object" && each !== null && !Array.isArray(each)) {
      return [label, ...detailLines(each, `${indent}  `)];
    }
    return [`${label} ${seenText(Array.isArray(each) ? each.join(", ") || "-" : String(each ?? "-"))}`];
  });
}
