import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import process from "node:process";
import { parseSelectors } from "../../src/configuration/mod.ts";
import type { InstalledChildSa } from "../../src/esp/child_sa_system.ts";
import type { RunIp } from "../../src/esp/xfrm/ip_command.ts";
import { XfrmChildSas } from "../../src/esp/xfrm/xfrm_child_sas.ts";
import { installed } from "../esp/xfrm_scene.ts";
import { interopTest } from "./scene.ts";

const FIRST_REQID = 4_200;

/** One of several, of both families, behind a NAT. */
function numbered(number: number): InstalledChildSa {
  return installed({ number, ends: { ...installed().ends, udpEncapsulation: true } }, {
    inboundSpi: 0x1000 + number,
    outboundSpi: 0x2000 + number,
    localSelectors: parseSelectors("10.0.0.0/8, 2001:db8::/32"),
    remoteSelectors: parseSelectors(`10.9.0.${number}, fd00::${number}`),
    udpEncapsulation: true,
  });
}

interopTest(
  "Linux takes the policies of Child SAs, of both families, with mark and interface, has them moved, and has none left after the end or a crash",
  ["root", "network namespaces"],
  async () => {
    await inNamespace(async (run) => {
      const faults: string[] = [];
      const options = {
        run,
        firstReqid: FIRST_REQID,
        mark: { value: 42, mask: 255 },
        interfaceId: 5,
        onFault: ({ message }: Error) => void faults.push(message),
      };
      await run(["xfrm", "policy", "add", "src", "10.77.0.0/16", "dst", "10.78.0.0/16", "dir", "out"]);
      const crashed = await XfrmChildSas.open(options);
      crashed.install(numbered(1));
      crashed.install(numbered(2));
      assert.equal((await policiesIn(run)).length, 12 + 1);
      // The one after it takes out what it left, and no policy of another program.
      const xfrm = await XfrmChildSas.open(options);
      assert.equal((await policiesIn(run)).length, 1);

      const one = numbered(1);
      xfrm.install(one);
      const before = await policiesIn(run);
      assert.equal(before.filter((policy) => policy.includes(`reqid ${FIRST_REQID}`)).length, 6);
      for (const policy of before.slice(1)) assert.match(policy, /mark 0x2a\/0xff|10\.77/);
      const moved = { ...one, ends: { ...one.ends, remote: { address: "203.0.113.9", port: 4500 } } };
      xfrm.move(moved, one.ends);
      const after = await policiesIn(run);
      assert.equal(after.length, before.length);
      assert.equal(after.filter((policy) => policy.includes("203.0.113.9")).length, 6);
      await xfrm.close();
      assert.equal((await policiesIn(run)).length, 1);

      // Whether the kernel has ESP decides what is said of states: none is left, or it has none.
      const { output } = await run(["xfrm", "state", "list"]);
      assert.equal(output, "");
      const refused = faults.filter((fault) => !/algorithm not found|not supported/i.test(fault));
      assert.deepEqual(refused, [], "nothing is refused but algorithms that this kernel has not");
      console.log(
        faults.length === 0
          ? "this kernel has ESP: states were made and taken out"
          : "this kernel has no ESP: policies alone are proven here",
      );
    });
  },
);

/** The blocks of `ip -s xfrm policy list`, once all that waits was done. */
async function policiesIn(run: RunIp): Promise<string[]> {
  await new Promise((resolve) => setTimeout(resolve, 500));
  const { output } = await run(["-s", "xfrm", "policy", "list"]);
  return output.split(/^(?=src )/m).filter((block) => block !== "");
}

async function inNamespace(body: (run: RunIp) => Promise<void>): Promise<void> {
  const name = `xfrm-test-${process.pid}`;
  assert.equal(spawnSync("ip", ["netns", "add", name]).status, 0);
  const run: RunIp = (args, input) =>
    new Promise((resolve, reject) => {
      const child = spawn("ip", ["-n", name, ...args], { stdio: ["pipe", "pipe", "pipe"] });
      let [output, errors] = ["", ""];
      child.stdout.on("data", (chunk) => output += chunk);
      child.stderr.on("data", (chunk) => errors += chunk);
      child.once("error", reject);
      child.once("close", () => resolve({ output, errors }));
      child.stdin.end(input);
    });
  try {
    await body(run);
  } finally {
    spawnSync("ip", ["netns", "delete", name]);
  }
}
