/**
 * examples/road-warriors as it stands there, gateway and client, with its scripts: the client has its inner addresses while it is up, and the
 * gateway writes down who has which. Interfaces of XFRM are made where the kernel has them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { blocksBelow } from "../docs/page_blocks.ts";
import { attempt, eventually, run } from "./command.ts";
import { interopTest } from "./scene.ts";

const EXAMPLE = fileURLToPath(new URL("../../examples/road-warriors", import.meta.url));
const PROGRAM = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const PAGE_ADDRESS = "192.0.2.1";

interopTest(
  "the example for road warriors gives a client its inner addresses, writes down who has which, and takes all of it back",
  ["root", "network namespaces"],
  async (scene) => {
    const pair = await scene.namespacePair();
    const folder = scene.folder();
    const program = `exec "${process.execPath}" run --allow-all --cached-only --quiet "${PROGRAM}" "$@"`;
    writeFileSync(join(folder, "ike-resume"), `#!/bin/sh\n${program}\n`, { mode: 0o755 });
    writeFileSync(join(folder, "logger"), `#!/bin/sh\nshift 2\necho "$*" >> ${folder}/logged\n`, { mode: 0o755 });
    writeFileSync(join(folder, "psk"), "a secret that both ends hold\n", { mode: 0o600 });
    for (const name of ["updown.sh", "client-updown.sh"]) {
      writeFileSync(join(folder, name), readFileSync(join(EXAMPLE, name)), { mode: 0o755 });
    }
    const path = `PATH=${folder}${delimiter}${process.env["PATH"]}`;
    const shell = (name: string, namespace: string, text: string) =>
      scene.background(name, namespace, [
        "env",
        "-C",
        folder,
        path,
        "sh",
        "-e",
        "-c",
        text.replaceAll(PAGE_ADDRESS, pair.ours.address),
      ]);

    const [gatewayBlock, clientBlock] = blocksBelow("examples/road-warriors/README.md", "A gateway for road warriors");
    const start = gatewayBlock.text.indexOf("ike-resume gateway");
    const device = await attempt("ip", ["-n", pair.ours.name, "link", "add", "probe", "type", "xfrm", "if_id", "1"]);
    const gateway = shell("gateway", pair.ours.name, gatewayBlock.text.slice(device.status === 0 ? 0 : start));
    await eventually("the gateway listens", () => {
      assert.ok(!gateway.ended, gateway.toString());
      return /listening address=/.test(gateway.output) ? true : undefined;
    }, 30_000);

    const client = shell("client", pair.theirs.name, `exec ${clientBlock.text}`);
    const addresses = () => run("ip", ["-n", pair.theirs.name, "-o", "address", "show", "dev", "lo"]);
    await eventually("the client has its inner addresses", async () => {
      assert.ok(!client.ended, client.toString());
      const shown = await addresses();
      return /inet 10\.9\.0\.\d+\/32/.test(shown) && /inet6 fd00:9::[0-9a-f:]+\/128/.test(shown) ? true : undefined;
    }, 30_000);
    const logged = () => readFileSync(join(folder, "logged"), "utf8");
    await eventually("the gateway has written it down", () => {
      return /^up alice@example\.org at 10\.99\.0\.2 has 10\.9\.0\.\d+ fd00:9::/m.test(logged()) ? true : undefined;
    });
    await client.stop("SIGTERM");
    assert.doesNotMatch(await addresses(), /10\.9\.0\.|fd00:9::/);
    await eventually("and that it is gone", () => /^down alice@example\.org /m.test(logged()) ? true : undefined);
  },
);
