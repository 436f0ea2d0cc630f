// @ts-check
/// <reference lib="dom" />
/**
 * The page: it asks for the token, then shows what the gateway tells.
 *
 * @module
 */
import { showSamples } from "./charts.js";
import { say, serveClients } from "./clients.js";
import { byId } from "./elements.js";
import { forgetToken, keepToken, keptToken, listen, TokenRefused } from "./server.js";
import { showAbout, showStanding, showState } from "./state.js";

byId("login-form", HTMLFormElement).addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
  event.preventDefault();
  const field = byId("token", HTMLInputElement);
  keepToken(field.value.trim());
  field.value = "";
  void show();
});
byId("leave", HTMLButtonElement).addEventListener("click", () => {
  forgetToken();
  location.reload();
});
serveClients((/** @type {unknown} */ error) => {
  const words = error instanceof Error ? error.message : String(error);
  if (error instanceof TokenRefused) askForToken(words);
  else say(words);
});

if (keptToken() === null) askForToken("");
else void show();

async function show() {
  try {
    await listen(showAll, showStanding);
  } catch (error) {
    askForToken(error instanceof Error ? error.message : String(error));
  }
}

/** @param {any} told the first of a stream has `about`, and all samples that there are */
function showAll({ about, samples, state }) {
  byId("login", HTMLElement).hidden = true;
  byId("board", HTMLElement).hidden = false;
  if (about) showAbout(about);
  showSamples(samples, about !== undefined);
  if (state) showState(state);
}

/** @param {string} words why it is asked for again */
function askForToken(words) {
  forgetToken();
  byId("board", HTMLElement).hidden = true;
  byId("login", HTMLElement).hidden = false;
  byId("login-said", HTMLElement).textContent = words;
  byId("token", HTMLInputElement).focus();
}
