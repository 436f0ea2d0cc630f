import assert from "node:assert/strict";
import { test } from "node:test";
import { createContext, runInContext } from "node:vm";
import * as esbuild from "esbuild";

const HI_THERE = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";

test("a bundler for browsers takes the core without configuration, and it runs on web standards alone", async () => {
  const { outputFiles } = await esbuild.build({
    entryPoints: ["browser_entry.ts"],
    bundle: true,
    platform: "browser",
    format: "iife",
    write: false,
  });
  await esbuild.stop();
  const page: { outcome?: Promise<string> } = createContext({ WebAssembly, TextEncoder, atob });
  runInContext(outputFiles[0]?.text ?? "", page);
  assert.equal(await page.outcome, HI_THERE);
});
