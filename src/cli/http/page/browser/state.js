// @ts-check
/// <reference lib="dom" />
/**
 * How the gateway stands now: the row of numbers, refusals by reason, ticket keys, queues and the store.
 *
 * @module
 */
import { lastSample, PLACES } from "./charts.js";
import { byId, countText, element, latencyText, spanText } from "./elements.js";

/** Counters that are looked at when something is wrong, and those of them that are shown at 0 too. */
const HEALTH = [
  ["queue_waiting", "Waiting in line"],
  ["queue_dropped_datagrams_total", "Dropped, as the queue was full"],
  ["kernel_dropped_datagrams_total", "Dropped by the system"],
  ["cookies_asked_total", "Cookies asked for"],
  ["tickets_issued_total", "Tickets issued"],
  ["tickets_revoked_total", "Tickets taken back"],
  ["store_failures_total", "Store: failed calls"],
];
const HEALTH_IF_ANY = [
  ["socket_errors_total", "Errors of sockets"],
  ["half_open_evicted_total", "Half-open, made room"],
  ["tickets_not_revoked_total", "Tickets not taken back"],
  ["store_owed_writes", "Store: writes owed"],
  ["store_unasked_requests_total", "Store: not asked"],
  ["wave_faults_total", "Faults in waves"],
  ["hook_faults_total", "Faults of hooks"],
  ["worker_restarts_total", "Workers started again"],
  ["output_lines_left_out_total", "Lines of the log left out"],
];

/** @type {Readonly<Record<string, string>>} */
const KINDS = {
  tickets_refused: "Ticket refused",
  inits_refused: "IKE_SA_INIT refused",
  dropped_messages: "Message dropped",
  ike_sas_ended: "IKE SA ended",
};

/** What every reader of these tables is told of each phase. */
/** @type {Readonly<Record<string, string>>} */
const PHASES = {
  current: "seals and opens",
  staged: "opens, seals later",
  previous: "opens until its tickets expire",
  "opens-only": "opens",
};

/**
 * @param {{ version: string, provider: string, workers: number, identity: string }} about
 */
export function showAbout({ version, provider, workers, identity }) {
  byId("identity", HTMLElement).textContent = identity;
  document.title = `${identity} – ike-resume`;
  byId("about", HTMLElement).dataset.about = `ike-resume ${version}, provider ${provider}, ${
    workers === 1 ? "one thread" : `${workers} workers`
  }`;
}

/** @param {"live" | "waiting"} standing */
export function showStanding(standing) {
  const chip = byId("live", HTMLElement);
  chip.textContent = standing === "live" ? "live" : "no answer, asking again";
  chip.dataset.mood = standing === "live" ? "good" : "bad";
}

/** @param {any} state `PageState` of the gateway's page_samples.ts */
export function showState(state) {
  const about = byId("about", HTMLElement);
  about.textContent = `${about.dataset.about}, up for ${spanText(state.up_s)}`;
  const store = byId("store", HTMLElement);
  store.textContent = `store ${state.store}`;
  store.dataset.mood = state.store === "up" ? "good" : "bad";
  showTiles();
  showRefusals(state.refusals);
  showKeys(state.ticket_keys);
  showHealth(state.counters);
}

function showTiles() {
  const sample = lastSample() ?? [];
  const tiles = [
    ["IKE SAs up", countText(sample[PLACES.up]), ""],
    ["Half-open", countText(sample[PLACES.halfOpen]), ""],
    ["Resumptions", countText(sample[PLACES.resumed]), "in a second"],
    ["Full exchanges", countText(sample[PLACES.full]), "in a second"],
    ["A resumption took", latencyText(sample[PLACES.resumedMedian]), `99 %: ${latencyText(sample[PLACES.resumedMost])}`],
    ["Refused", countText(sample[PLACES.refused]), "in a second"],
  ];
  byId("tiles", HTMLElement).replaceChildren(
    ...tiles.map(([label, value, hint]) =>
      element(
        "div",
        { class: "card tile" },
        element("span", { class: "label" }, label),
        element("strong", {}, value),
        element("span", { class: "hint" }, hint),
      )
    ),
  );
}

/** @param {Readonly<Record<string, Readonly<Record<string, number>>>>} refusals */
function showRefusals(refusals) {
  const rows = Object.entries(refusals).flatMap(([kind, reasons]) =>
    kind in KINDS ? Object.entries(reasons).map(([reason, count]) => ({ kind: KINDS[kind], reason, count })) : []
  ).sort((a, b) => b.count - a.count);
  byId("refusals", HTMLElement).replaceChildren(
    rows.length === 0 ? element("p", { class: "hint" }, "None yet.") : table(
      ["What", "Reason", "Count"],
      rows.map(({ kind, reason, count }) => [kind, reason.replaceAll("-", " "), countText(count)]),
    ),
  );
}

/** @param {readonly { name: string, phase: string, algorithm: string, made_s_ago: number }[]} keys */
function showKeys(keys) {
  const rows = keys.map(({ name, phase, algorithm, made_s_ago: age }) => [
    element("code", { title: `${name}, ${algorithm}` }, name),
    element("span", { class: "phase", "data-phase": phase, title: PHASES[phase] ?? "" }, phase),
    `${spanText(age)} ago`,
  ]);
  byId("keys", HTMLElement).replaceChildren(table(["Key", "Phase", "Made"], rows));
}

/** @param {Readonly<Record<string, number>>} counters */
function showHealth(counters) {
  const shown = [
    ...HEALTH.filter(([name]) => name in counters),
    ...HEALTH_IF_ANY.filter(([name]) => (counters[name] ?? 0) > 0),
  ];
  const rows = shown.map(([name, label]) => [label, countText(counters[name])]);
  byId("health", HTMLElement).replaceChildren(table(["Since the start", ""], rows));
}

/**
 * @param {readonly string[]} headings
 * @param {readonly (readonly (string | Node)[])[]} rows
 */
function table(headings, rows) {
  return element(
    "table",
    {},
    element("thead", {}, element("tr", {}, ...headings.map((heading) => element("th", { scope: "col" }, heading)))),
    element("tbody", {}, ...rows.map((cells) => element("tr", {}, ...cells.map((cell) => element("td", {}, cell))))),
  );
}
