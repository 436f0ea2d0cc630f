import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const TOP = fileURLToPath(new URL("../..", import.meta.url));

/** Links within the site that lead to no file, or to no place in it. */
function brokenLinks(site: string): string[] {
  const pages = globSync("**/*.html", { cwd: site });
  const read = new Map(pages.map((path) => [path, readFileSync(join(site, path), "utf8")]));
  const places = new Map(
    [...read].map(([path, text]) => [path, new Set([...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))]),
  );
  const broken: string[] = [];
  for (const [path, text] of read) {
    for (const [, link] of text.matchAll(/ (?:href|src)="([^"]+)"/g)) {
      if (/^(?:[a-z]+:|\/\/)/.test(link)) continue;
      const [file, place] = link.replaceAll("&amp;", "&").split("#");
      const target = file === "" ? path : normalize(join(dirname(path), decodeURIComponent(file.split("?")[0])));
      // A folder is no page where there is no server.
      const isThere = existsSync(join(site, target)) && statSync(join(site, target)).isFile();
      const hasPlace = place === undefined || place === "" || !places.has(target) ||
        places.get(target)?.has(decodeURIComponent(place));
      if (!isThere || !hasPlace) broken.push(`${path}: ${link}`);
    }
  }
  return broken;
}

test("the site is made without a warning, and every link in it leads to a page and a place that is there", () => {
  const site = mkdtempSync(join(tmpdir(), "ike-resume-site-test-"));
  try {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["run", "-A", "--quiet", join(TOP, "scripts/site.ts"), site],
      { cwd: TOP, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } },
    );
    assert.equal(status, 0, `${stdout}${stderr}`);
    assert.ok(existsSync(join(site, "documents", "Quick_start.html")));
    assert.ok(existsSync(join(site, "modules", "ike-resume_wire.html")));
    assert.deepEqual(brokenLinks(site), []);
    assert.match(readFileSync(join(site, "documents", "Quick_start.html"), "utf8"), / href="\.\.\/index\.html#embed-it"/);
    // What is shown can be read without any network: nothing is fetched from elsewhere.
    const first = readFileSync(join(site, "index.html"), "utf8");
    assert.deepEqual([...first.matchAll(/<(?:script|link|img)[^>]* (?:src|href)="(?:https?:)?\/\/[^"]*"/g)], []);
  } finally {
    rmSync(site, { recursive: true });
  }
});
