/**
 * The script of a page that reads captures: the files stay in the browser, and so do the keys.
 */
import { COLUMNS, rowsOf } from "./rows.ts";

const [captureField, keysField] = document.querySelectorAll("input");
const [table, list] = [document.querySelector("table"), document.querySelector("ul")];
const update = async () => {
  const [capture, keys] = [captureField.files?.[0], keysField.files?.[0]];
  if (capture === undefined) return;
  const { rows, faults } = rowsOf(new Uint8Array(await capture.arrayBuffer()), await keys?.text());
  table?.replaceChildren(...[COLUMNS, ...rows].map((row) => filled("tr", row.map((text) => filled("td", [text])))));
  list?.replaceChildren(...faults.map((fault) => filled("li", [fault])));
};
for (const field of [captureField, keysField]) field.addEventListener("change", update);
function filled(name, content) {
  const element = document.createElement(name);
  element.append(...content);
  return element;
}
