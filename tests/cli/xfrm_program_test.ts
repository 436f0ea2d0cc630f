import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { ended, signal } from "./command_line.ts";
import { gatewayProcess, gatewayProcessIn } from "./gateway_process.ts";

const PROGRAM = fileURLToPath(new URL("fake_ip.ts", import.meta.url));
/** As `--xfrm-reqid` has it by default. */
const FIRST_REQID = 0x49000000;
const OTHERS = "reqid 7";

/** A machine of its own, as far as `ip xfrm` knows. */
class FakeKernel {
  readonly #folder: string;

  constructor(folder: string, name: string) {
    this.#folder = join(folder, name);
    mkdirSync(this.#folder);
    const command = `exec "${process.execPath}" run --allow-all --quiet --no-config "${PROGRAM}" "$@"`;
    writeFileSync(join(this.#folder, "ip"), `#!/bin/sh\n${command}\n`);
    chmodSync(join(this.#folder, "ip"), 0o755);
  }

  get environment(): Record<string, string> {
    return { PATH: `${this.#folder}${delimiter}${process.env.PATH}`, FAKE_IP_FOLDER: this.#folder };
  }

  /** Lines that it was told, in their order. */
  get lines(): string[] {
    const place = join(this.#folder, "lines");
    return existsSync(place) ? readFileSync(place, "utf8").trimEnd().split("\n") : [];
  }

  get states(): string[] {
    return Object.values(this.#kernel.state);
  }

  get policies(): string[] {
    return Object.values(this.#kernel.policy);
  }

  /** Of another program. */
  addOthers(): void {
    const state = { other: `xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00000abc ${OTHERS} mode tunnel` };
    const policy = {
      "src 10.77.0.0/16 dst 10.78.0.0/16 dir out": `xfrm policy update src 10.77.0.0/16 dst 10.78.0.0/16 dir out ${OTHERS}`,
    };
    writeFileSync(join(this.#folder, "kernel.json"), JSON.stringify({ state, policy }));
  }

  carry(octets: number, packets: number): void {
    writeFileSync(join(this.#folder, "carried"), `${octets} ${packets}`);
  }

  get #kernel(): { state: Record<string, string>; policy: Record<string, string> } {
    const place = join(this.#folder, "kernel.json");
    const text = existsSync(place) ? readFileSync(place, "utf8") : "";
    return text === "" ? { state: {}, policy: {} } : JSON.parse(text);
  }
}

async function withKernels(body: (kernel: (name: string) => FakeKernel, folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "xfrm-program-"));
  try {
    await body((name) => new FakeKernel(folder, name), folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What a line says of a state: its addresses, SPI and keys. */
function stateOf(line: string): string | undefined {
  const found = /xfrm state add (src \S+ dst \S+ proto esp spi \S+) .* (aead \S+ 0x[0-9a-f]+ \d+)/.exec(line);
  return found === null ? undefined : `${found[1]} ${found[2]}`;
}

function statesIn(lines: readonly string[]): string[] {
  return lines.map(stateOf).filter((state) => state !== undefined).sort();
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 50) {
    // A look that takes long, as on a busy machine, is followed by a long wait.
    assert.ok(waited < 90_000, what);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test("--xfrm of both ends makes the same two states, a resumption puts others in their place, and at the end nothing is left", async () => {
  await withKernels(async (kernel, folder) => {
    const [atGateway, atClient] = [kernel("gateway"), kernel("client")];
    const { child, end, connecting, remove } = await gatewayProcessIn(
      atGateway.environment,
      ...["--json", "--xfrm", "--inner-addresses", "10.9.0.7"],
    );
    try {
      const words = ["--inner-address", "--xfrm", "--abandon", "--ticket", join(folder, "ticket")];
      const first = await ended(connecting(atClient.environment, ...words));
      assert.equal(first.status, 0, first.stderr);
      await until("two states", () => atGateway.states.length === 2);
      const before = statesIn(atGateway.states);
      assert.equal(before.length, 2);
      assert.deepEqual(statesIn(atClient.lines), before);
      assert.deepEqual(atGateway.policies.map((line) => / dir (\w+)/.exec(line)![1]).sort(), ["fwd", "in", "out"]);
      for (const line of atGateway.policies) assert.ok(line.includes(`reqid ${FIRST_REQID} `), line);
      assert.deepEqual([atClient.states, atClient.policies], [[], []], "the client has taken out all of its own");

      const told = atClient.lines.length;
      const second = await ended(connecting(atClient.environment, ...words));
      assert.equal(second.status, 0, second.stderr);
      assert.ok(second.stdout.split("\n").some((line) => /"ike-sa-up".*"resumed":true/.test(line)), second.stdout);
      const states = () => statesIn(atGateway.states);
      await until("the old states are gone", () => states().length === 2 && states().every((state) => !before.includes(state)));
      assert.deepEqual(statesIn(atClient.lines.slice(told)), states());
      // The policies are those of the Child SA that is there, and none twice.
      assert.equal(atGateway.policies.length, 3);
      for (const line of atGateway.policies) assert.ok(line.includes(`reqid ${FIRST_REQID + 1} `), line);

      signal(child, "SIGTERM");
      assert.equal((await end).status, 0);
      assert.deepEqual([atGateway.states, atGateway.policies], [[], []]);
    } finally {
      child.kill("SIGKILL");
      remove();
    }
  });
});

test("what a gateway with --xfrm has left that was killed, the next one takes out, and nothing of another program", async () => {
  await withKernels(async (kernel) => {
    const machine = kernel("gateway");
    machine.addOthers();
    const first = await gatewayProcessIn(machine.environment, "--json", "--xfrm");
    try {
      const client = await first.connect("--abandon");
      assert.equal(client.status, 0, client.stderr);
      await until("two states", () => statesIn(machine.states).length === 2);
    } finally {
      first.child.kill("SIGKILL");
      await first.end;
      first.remove();
    }
    assert.deepEqual([machine.states.length, machine.policies.length], [3, 4]);
    const second = await gatewayProcessIn(machine.environment, "--json", "--xfrm");
    try {
      for (const left of [machine.states, machine.policies]) {
        assert.equal(left.length, 1);
        assert.ok(left[0].includes(OTHERS));
      }
    } finally {
      second.child.kill("SIGKILL");
      second.remove();
    }
  });
});

for (const end of ["gateway", "client"] as const) {
  test(`a ${end} with --xfrm rekeys its Child SA once Linux says that it has carried what it may`, async () => {
    await withKernels(async (kernel) => {
      const machine = kernel(end);
      const words = ["--json", "--xfrm", "--xfrm-use-interval", "1", "--child-lifetime-octets", "1000000"];
      const gateway = end === "gateway"
        ? await gatewayProcessIn(machine.environment, ...words)
        : await gatewayProcess("--json");
      const client = gateway.connecting(
        end === "client" ? machine.environment : {},
        ...["--hold", "60", ...end === "client" ? words : []],
      );
      try {
        await until("two states", () => machine.states.length === 2);
        machine.carry(300_000, 300);
        const looks = () => machine.lines.filter((line) => line === "-s xfrm state list nokeys").length;
        const before = looks();
        await until("it has looked", () => looks() > before);
        assert.equal(statesIn(machine.lines).length, 2, "not yet");
        machine.carry(450_000, 450);
        await until("another Child SA", () => statesIn(machine.lines).length >= 4);
      } finally {
        client.kill("SIGKILL");
        gateway.child.kill("SIGKILL");
        gateway.remove();
      }
    });
  });
}
