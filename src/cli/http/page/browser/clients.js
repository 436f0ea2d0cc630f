// @ts-check
/// <reference lib="dom" />
/**
 * Finding clients, looking at them a page at a time, and ending one.
 *
 * @module
 */
import { byId, element, spanText } from "./elements.js";
import { ask } from "./server.js";

/** @type {Readonly<Record<string, string>>} */
const EXAMPLES = { identity: "ada@example.org", address: "192.0.2.7", spi: "0123456789abcdef" };
const HEADINGS = ["Identity", "Comes from", "Inner address", "Up for", "By", "Heard", "Child SAs", "Responder SPI", ""];

/** @type {string | null} */
let more = null;
let shown = 0;

/** @param {(error: unknown) => void} onRefused */
export function serveClients(onRefused) {
  const by = byId("by", HTMLSelectElement);
  const what = byId("what", HTMLInputElement);
  by.addEventListener("change", () => what.placeholder = EXAMPLES[by.value] ?? "");
  /** @param {object} which */
  const begin = (which) => find(which, true).catch(onRefused);
  byId("find", HTMLFormElement).addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    begin(what.value.trim() === "" ? {} : { [by.value]: what.value.trim() });
  });
  byId("all", HTMLButtonElement).addEventListener("click", () => {
    what.value = "";
    begin({});
  });
  byId("more", HTMLButtonElement).addEventListener("click", () => void find({ more }, false).catch(onRefused));
}

/**
 * @param {object} which
 * @param {boolean} isFirst
 */
async function find(which, isFirst) {
  say("Looking …");
  const { ike_sas: ikeSas, more: rest } = await ask("/page/clients", which);
  more = rest;
  const place = byId("clients", HTMLElement);
  if (isFirst) {
    shown = 0;
    place.replaceChildren(ikeSas.length === 0 ? "" : emptyTable());
  }
  place.querySelector("tbody")?.append(...ikeSas.map(rowOf));
  shown += ikeSas.length;
  byId("more", HTMLButtonElement).hidden = more === null;
  say(shown === 0 ? "None is up." : `${shown} shown${more === null ? "." : ", and there are more."}`);
}

function emptyTable() {
  const headings = HEADINGS.map((heading) => element("th", { scope: "col" }, heading));
  return element("table", { class: "clients" }, element("thead", {}, element("tr", {}, ...headings)), element("tbody", {}));
}

/** @param {any} sa `IkeSaJson` of the gateway's ike_sa_json.ts */
function rowOf(sa) {
  const upFor = sa.up_since === null ? "–" : spanText(Math.max(0, (Date.now() - Date.parse(sa.up_since)) / 1_000));
  const cells = [
    sa.eap_identity ?? sa.initiator_id,
    sa.remote,
    sa.inner_addresses.join(", ") || "–",
    upFor,
    sa.resumed ? "ticket" : "full exchange",
    `${spanText(sa.heard_s_ago)} ago`,
    String(sa.child_sas.length),
    element("code", {}, sa.responder_spi),
  ];
  const row = element("tr", {}, ...cells.map((cell, place) => element("td", { "data-label": HEADINGS[place] }, cell)));
  row.append(element("td", {}, sa.ending ? "ending" : endButton(sa, row)));
  return row;
}

/**
 * @param {any} sa
 * @param {HTMLElement} row
 */
function endButton(sa, row) {
  const button = element("button", { type: "button", class: "quiet danger" }, "End");
  button.addEventListener("click", () => {
    const dialog = byId("end", HTMLDialogElement);
    byId("end-who", HTMLElement).textContent = `${sa.eap_identity ?? sa.initiator_id}, from ${sa.remote}`;
    dialog.returnValue = "";
    dialog.onclose = () => void (dialog.returnValue === "end" && end(sa, row, button));
    dialog.showModal();
  });
  return button;
}

/**
 * @param {any} sa
 * @param {HTMLElement} row
 * @param {HTMLButtonElement} button
 */
async function end(sa, row, button) {
  button.disabled = true;
  try {
    const { count } = await ask("/page/terminate", { spi: sa.responder_spi });
    row.classList.add("gone");
    button.replaceWith(count === 0 ? "was gone" : "ended");
    say(count === 0 ? "It was gone already." : "It is ended.");
  } catch (error) {
    button.disabled = false;
    say(error instanceof Error ? error.message : String(error));
  }
}

/** @param {string} words */
export function say(words) {
  byId("clients-said", HTMLElement).textContent = words;
}
