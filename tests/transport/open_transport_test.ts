import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { chooseTransport } from "../../src/transport/open_transport.ts";
import { batchedTest } from "./scene.ts";

const OPTIONS = { address: "127.0.0.1", port: 0, natPort: 0, onDatagram: () => {} };

batchedTest("it is what auto takes where it can be had, and the line for people says by what", async ({ name }) => {
  for (const asked of ["auto", "batched"] as const) {
    const lines: string[] = [];
    const transport = await chooseTransport(asked, (line) => lines.push(line))(OPTIONS);
    assert.equal(transport.name, "batched");
    assert.deepEqual(lines, [`transport: batched (recvmmsg and sendmmsg by ${name})`]);
    await transport.close();
  }
});

test("dgram is what is asked for, and is not explained", async () => {
  const lines: string[] = [];
  const transport = await chooseTransport("dgram", (line) => lines.push(line))(OPTIONS);
  assert.deepEqual([transport.name, lines], ["dgram", []]);
  await transport.close();
});

/** What a process without the permission for foreign functions says of a transport. */
function withoutForeignFunctions(name: string, address: string): string {
  const module = new URL("../../src/transport/open_transport.ts", import.meta.url);
  const code = `
    import { chooseTransport } from "${module}";
    try {
      const open = chooseTransport("${name}", (line) => console.log(line));
      const transport = await open({ address: "${address}", port: 0, natPort: 0, onDatagram: () => {} });
      console.log("open: " + transport.name);
      await transport.close();
    } catch (error) {
      console.log(error.name + ": " + error.message);
    }`;
  const { stdout, stderr } = spawnSync(process.execPath, ["run", "-A", "--deny-ffi", "--no-lock", "-"], {
    input: code,
    encoding: "utf8",
  });
  return stdout === "" ? stderr : stdout;
}

test("without the permission for foreign functions auto is dgram and says why, and batched is refused with what it needs", {
  skip: process.versions.deno === undefined ? "a permission of Deno's" : false,
}, () => {
  const missing = "foreign functions need the permission --allow-ffi";
  const auto = withoutForeignFunctions("auto", "127.0.0.1");
  assert.equal(auto, `transport: dgram (no batches: ${missing})\nopen: dgram\n`);
  const batched = withoutForeignFunctions("batched", "127.0.0.1");
  assert.equal(batched, `TransportError: the transport "batched" cannot be had: ${missing}\n`);
  assert.equal(
    withoutForeignFunctions("auto", "0.0.0.0"),
    `transport: dgram (no batches: ${missing})\nopen: dgram\n`,
  );
});

test("the wildcard address without batches is not shared with other workers: who opens a late address first cannot be told", async () => {
  const share = { program: new Uint8Array(8), encapsulatedProgram: new Uint8Array(8) };
  await assert.rejects(
    chooseTransport("dgram")({ ...OPTIONS, address: "0.0.0.0", share }),
    {
      name: "TransportError",
      message:
        /wildcard address 0\.0\.0\.0 with other workers: that needs the transport "batched", or steering by the main thread/,
    },
  );
});
