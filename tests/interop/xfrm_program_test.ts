/**
 * `--xfrm` of the program at both ends, in Linux itself: its policies come, are those of the new Child SA after a resumption, and go at the end and
 * after a crash. States come only where the kernel has ESP; what they are is proven by a recorded `ip` (tests/cli/xfrm_program_test.ts).
 *
 * @module
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { BackgroundProgram } from "./background.ts";
import { eventually, run } from "./command.ts";
import type { NamespacePair } from "./namespaces.ts";
import { interopTest, OUR_IDENTITY, type Scene, THEIR_IDENTITY } from "./scene.ts";

const PROGRAM = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
/** As `--xfrm-reqid` has it by default. */
const FIRST_REQID = 0x49000000;

interopTest(
  "both ends of the program put policies into Linux, others after a resumption, and leave none behind at the end or after a crash",
  ["root", "network namespaces"],
  async (scene) => {
    const pair = await scene.namespacePair();
    const folder = scene.folder();
    writeFileSync(join(folder, "psk"), "a secret that both ends hold\n", { mode: 0o600 });
    const crashed = await gatewayIn(scene, pair, folder);
    const first = clientIn(scene, pair, folder);
    const reqids = () => reqidsIn(pair.theirs.name);
    await eventually("policies of both ends", async () => {
      return (await reqids()).length === 3 && (await reqidsIn(pair.ours.name)).length === 3 ? true : undefined;
    });
    assert.deepEqual(await reqids(), new Array(3).fill(FIRST_REQID));
    first.kill();
    await eventually("the client is gone", () => first.ended ? true : undefined);
    assert.equal((await reqidsIn(pair.ours.name)).length, 3, "of one that was killed they stay");

    // It comes back by its ticket: its policies at the gateway are those of the new Child SA, its own leftovers go first.
    const second = clientIn(scene, pair, folder);
    await eventually("it is back", () => /"resumed":true/.test(second.output) ? true : undefined);
    await eventually("the new Child SA's policies alone", async () => {
      return (await reqids()).join() === new Array(3).fill(FIRST_REQID + 1).join() ? true : undefined;
    });
    assert.equal((await reqidsIn(pair.ours.name)).length, 3);
    await second.stop("SIGTERM");
    await eventually("none at the client", async () => (await reqidsIn(pair.ours.name)).length === 0 ? true : undefined);
    await eventually("nor at the gateway", async () => (await reqids()).length === 0 ? true : undefined);

    const third = clientIn(scene, pair, folder);
    await eventually("policies again", async () => (await reqids()).length === 3 ? true : undefined);
    crashed.kill();
    await eventually("the gateway is gone", () => crashed.ended ? true : undefined);
    assert.equal((await reqids()).length, 3);
    const next = await gatewayIn(scene, pair, folder);
    assert.deepEqual(await reqids(), [], "the next one has taken them out before it listens");
    third.kill();
    await next.stop("SIGTERM");
  },
);

async function gatewayIn(scene: Scene, { theirs }: NamespacePair, folder: string): Promise<BackgroundProgram> {
  const gateway = programIn(scene, theirs.name, [
    ...["gateway", "--address", theirs.address, "--identity", THEIR_IDENTITY, "--psk-file", join(folder, "psk"), "--xfrm"],
    ...["--ticket-keys", join(folder, "ticket-keys"), "--store", `sqlite:${join(folder, "store")}`, "--json"],
  ]);
  await eventually("the gateway listens", () => {
    assert.ok(!gateway.ended, gateway.toString());
    return gateway.output.includes('"listening"') ? true : undefined;
  });
  return gateway;
}

function clientIn(scene: Scene, { ours, theirs }: NamespacePair, folder: string): BackgroundProgram {
  return programIn(scene, ours.name, [
    ...["connect", "--peer", theirs.address, "--identity", OUR_IDENTITY, "--peer-identity", THEIR_IDENTITY],
    ...["--psk-file", join(folder, "psk"), "--ticket", join(folder, "ticket"), "--xfrm", "--json"],
  ]);
}

function programIn(scene: Scene, namespace: string, words: readonly string[]): BackgroundProgram {
  const deno = [process.execPath, "run", "--allow-all", "--cached-only", "--quiet", PROGRAM];
  return scene.background(words[0], namespace, [...deno, ...words]);
}

/** Of every policy in a namespace. */
async function reqidsIn(namespace: string): Promise<number[]> {
  const output = await run("ip", ["-n", namespace, "-s", "xfrm", "policy", "list"]);
  return [...output.matchAll(/\breqid (\d+)/g)].map(([, reqid]) => Number(reqid));
}
