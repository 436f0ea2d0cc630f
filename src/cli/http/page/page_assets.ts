/**
 * The files of the page, as they are served: nothing is built at the user's.
 *
 * @module
 */
import BOARD_CSS from "./browser/board.css" with { type: "text" };
import CLIENTS_CSS from "./browser/clients.css" with { type: "text" };
import PAGE_CSS from "./browser/page.css" with { type: "text" };
import CHARTS_JS from "./browser/charts.js" with { type: "text" };
import CLIENTS_JS from "./browser/clients.js" with { type: "text" };
import ELEMENTS_JS from "./browser/elements.js" with { type: "text" };
import ICON_SVG from "./browser/icon.svg" with { type: "text" };
import MAIN_JS from "./browser/main.js" with { type: "text" };
import PAGE_HTML from "./browser/page.html" with { type: "text" };
import SERVER_JS from "./browser/server.js" with { type: "text" };
import STATE_JS from "./browser/state.js" with { type: "text" };
import UPLOT_JS from "uplot/dist/uPlot.iife.min.js" with { type: "text" };
import UPLOT_CSS from "uplot/dist/uPlot.min.css" with { type: "text" };

export interface PageAsset {
  readonly type: string;
  readonly text: string;
}

const SCRIPT = "text/javascript; charset=utf-8";
const STYLE = "text/css; charset=utf-8";

/** By path. */
export const PAGE_ASSETS: { readonly [path: string]: PageAsset } = {
  "/": { type: "text/html; charset=utf-8", text: PAGE_HTML },
  "/page/page.css": { type: STYLE, text: PAGE_CSS },
  "/page/board.css": { type: STYLE, text: BOARD_CSS },
  "/page/clients.css": { type: STYLE, text: CLIENTS_CSS },
  "/page/main.js": { type: SCRIPT, text: MAIN_JS },
  "/page/charts.js": { type: SCRIPT, text: CHARTS_JS },
  "/page/clients.js": { type: SCRIPT, text: CLIENTS_JS },
  "/page/elements.js": { type: SCRIPT, text: ELEMENTS_JS },
  "/page/server.js": { type: SCRIPT, text: SERVER_JS },
  "/page/state.js": { type: SCRIPT, text: STATE_JS },
  "/page/uplot.js": { type: SCRIPT, text: UPLOT_JS },
  "/page/uplot.css": { type: STYLE, text: UPLOT_CSS },
  "/page/icon.svg": { type: "image/svg+xml", text: ICON_SVG },
};
