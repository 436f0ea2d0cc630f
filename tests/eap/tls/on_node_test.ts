import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { EapTlsError } from "../../../src/eap/mod.ts";
import { bundleForNode, nodePath } from "../../node_bundle.ts";
import { skipIsFailure } from "../../skips.ts";
import { authorityNow, eapTlsOf, issuedNow, named, SERVER_NAME } from "./tls_scene.ts";

test("Deno, whose TLS exports no keying material, says so when EAP-TLS is loaded", async () => {
  const authority = authorityNow();
  await assert.rejects(
    eapTlsOf(authority, [issuedNow(named(SERVER_NAME), authority)]),
    (error: Error) => error instanceof EapTlsError && /this runtime's TLS exports no keying material/.test(error.message),
  );
});

const hasToRun = skipIsFailure();
/** In CI all versions that the project supports; on a developer's machine the one that is there. */
const VERSIONS = hasToRun ? [22, 24, 26] : [undefined];

for (const version of VERSIONS) {
  for (const [file, title] of [["handshakes.ts", "EAP-TLS"], ["ike_by_tls.ts", "[C-3.4] IKE_AUTH by EAP-TLS"]]) {
    const skip = !hasToRun && nodePath(version) === undefined ? "there is no Node" : false;
    test(`${title} on Node ${version ?? ""}: all of ${file}`, { skip }, () => {
      const node = nodePath(version);
      assert.ok(node !== undefined, "there is no Node, and IKE_RESUME_NO_SKIPS is set");
      const bundle = bundleForNode(new URL(file, import.meta.url));
      const { status, stdout, stderr } = spawnSync(node, ["--test", bundle], { encoding: "utf8", timeout: 120_000 });
      assert.equal(status, 0, `${stdout}\n${stderr}`);
      assert.match(stdout, /pass \d+/);
    });
  }
}
