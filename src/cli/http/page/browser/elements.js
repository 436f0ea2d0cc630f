// @ts-check
/// <reference lib="dom" />
/**
 * Making and finding elements. All that comes from the gateway is set as text, never as HTML.
 *
 * @module
 */

/**
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Readonly<Record<string, string>>} attributes
 * @param {...(string | Node)} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...children);
  return made;
}

/**
 * The element of an identifier that page.html has.
 *
 * @template {HTMLElement} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
export function byId(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${id}`);
  return found;
}

const COUNT = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

/**
 * @param {number | null | undefined} value
 * @returns {string}
 */
export function countText(value) {
  return value === null || value === undefined ? "–" : COUNT.format(value);
}

/**
 * @param {number | null | undefined} seconds
 * @returns {string}
 */
export function latencyText(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds >= 1) return `${COUNT.format(seconds)} s`;
  return `${(1_000 * seconds).toFixed(seconds < 0.01 ? 1 : 0)} ms`;
}

/**
 * @param {number} seconds
 * @returns {string}
 */
export function spanText(seconds) {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h ${Math.floor(seconds % 3_600 / 60)} min`;
  return `${Math.floor(seconds / 86_400)} days`;
}
