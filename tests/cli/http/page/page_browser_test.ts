/// <reference lib="dom" />
/**
 * The page in a browser, while clients come and go. Without Chromium the test is skipped with one line; where skips are failures, it fails.
 */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import puppeteer, { type Page as BrowserPage } from "puppeteer-core";
import { skipIsFailure } from "../../../skips.ts";
import { ended, start } from "../../command_line.ts";
import { gatewayProcess } from "../../gateway_process.ts";
import { TOKEN } from "./scene.ts";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path));
if (CHROMIUM === undefined) console.warn("the page's tests in a browser are skipped: there is no Chromium in /usr/bin");
/** How long a busy machine may take for a step, in milliseconds. */
const PATIENCE_MS = 120_000;
const TITLE = "the page moves while clients come and go, in light and dark and at 400 pixels, and breaks none of its rules";

test(TITLE, { skip: CHROMIUM === undefined && !skipIsFailure() }, async () => {
  assert.ok(CHROMIUM !== undefined, "not skipped, because IKE_RESUME_NO_SKIPS is set: there is no Chromium in /usr/bin");
  const folder = mkdtempSync(join(tmpdir(), "page-browser-"));
  const token = join(folder, "token");
  writeFileSync(token, TOKEN, { mode: 0o600 });
  const gateway = await gatewayProcess(
    ...["--json", "--http", "127.0.0.1:0", "--http-page", "--http-page-token", token, "--workers", "2", "--steering", "main"],
  );
  gateway.child.stdout!.resume();
  const { port, nat_port: natPort, http } = gateway.listening as {
    readonly port: number;
    readonly nat_port: number;
    readonly http: { readonly port: number };
  };
  const load = start(
    ...[
      "load",
      `127.0.0.1:${port}`,
      "--nat-port",
      `${natPort}`,
      "--psk-file",
      join(gateway.folder, "psk"),
      "--scenario",
      "flap",
    ],
    ...["--clients", "40", "--rate", "20", "--hold", "1", "--duration", "600"],
  );
  const loaded = ended(load);
  const browser = await puppeteer.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const wrong: string[] = [];
    page.on("console", (message) => {
      if (message.type() !== "verbose") wrong.push(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => wrong.push(String(error)));
    page.on("requestfailed", (request) => wrong.push(`${request.url()}: ${request.failure()?.errorText}`));
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.evaluateOnNewDocument(() => {
      document.addEventListener("securitypolicyviolation", ({ violatedDirective }) => console.error(violatedDirective));
    });
    await page.setViewport({ width: 1_280, height: 900 });
    await page.goto(`http://127.0.0.1:${http.port}/`);
    await page.type("#token", TOKEN);
    await page.click("#login-form button");

    // Numbers come, and move: so many resumptions as the charts and the row above them say.
    await page.waitForFunction(() => Number(document.querySelectorAll(".tile strong")[2]?.textContent) > 0);
    assert.equal(await textOf(page, "#identity"), "gateway.example");
    assert.deepEqual([await textOf(page, "#live"), await textOf(page, "#store")], ["live", "store up"]);
    await page.waitForFunction(() => document.querySelectorAll(".tile strong")[4]?.textContent?.endsWith("s"));
    const ended = () => page.$eval("#refusals", ({ textContent }) => textContent ?? "");
    const before = await ended();
    await page.waitForFunction((earlier) => document.querySelector("#refusals")?.textContent !== earlier, {}, before);
    assert.match(await ended(), /replaced by resumption/);
    assert.match(await textOf(page, "#keys"), /^KeyPhaseMade[0-9a-f]{16}current/);
    assert.equal((await page.$$("#charts canvas")).length, 5);
    // Each scheme has its colours; and something is drawn.
    for (const [scheme, back] of [["light", "rgb(244, 246, 249)"], ["dark", "rgb(14, 19, 26)"]]) {
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), back);
    }
    const isDrawn = await page.$eval("#charts canvas", (canvas) => {
      const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
      return data.some((value) => value !== 0);
    });
    assert.ok(isDrawn);

    // One client is found, and ended; to leave it leaves it.
    const look = async (button: string) => {
      await press(page, button);
      await page.waitForFunction(() => document.querySelector("#clients-said")?.textContent !== "Looking …");
    };
    await look("#all");
    const identity = await textOf(page, ".clients tbody td");
    assert.match(identity, /^user-\d+@load\.example$/);
    await page.type("#what", identity);
    await look("#find button[type=submit]");
    // It may have gone meanwhile.
    assert.ok((await page.$$(".clients tbody tr")).length <= 1);
    await look("#all");
    for (const [button, words] of [["[value='']", "End"], ["[value=end]", "ended|was gone"]] as const) {
      await press(page, ".clients tbody tr button");
      await page.waitForSelector("#end[open]");
      await press(page, `#end ${button}`);
      await page.waitForFunction(
        (expected) =>
          new RegExp(`^(${expected})$`).test(document.querySelector(".clients tbody td:last-child")?.textContent ?? ""),
        {},
        words,
      );
    }

    await page.setViewport({ width: 400, height: 800 });
    await page.waitForFunction(() => document.querySelector(".u-wrap")!.clientWidth < 400);
    const widths = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
    assert.deepEqual(widths, [400, 400]);
    assert.deepEqual(wrong, []);

    // A token that is none is refused in words; and none stands in an address.
    await page.evaluate(() => sessionStorage.clear());
    await page.reload();
    await page.type("#token", "another-token-of-its-own");
    await press(page, "#login-form button");
    await page.waitForFunction(() => document.querySelector("#login-said")?.textContent?.startsWith("This is not the token"));
    assert.deepEqual(asked.filter((url) => url.includes(TOKEN) || !url.startsWith(`http://127.0.0.1:${http.port}/`)), []);
  } finally {
    await browser.close();
    load.kill("SIGKILL");
    await loaded;
    process.kill(gateway.child.pid!, "SIGTERM");
    const { status, stderr } = await gateway.end;
    gateway.remove();
    rmSync(folder, { recursive: true });
    assert.equal(status, 0, stderr);
  }
});

async function textOf(page: BrowserPage, selector: string): Promise<string> {
  return await page.$eval(selector, ({ textContent }) => textContent ?? "");
}

/** What stands above may grow at any moment: a click at a place could miss. */
async function press(page: BrowserPage, selector: string): Promise<void> {
  await page.$eval(selector, (found) => (found as HTMLElement).click());
}
