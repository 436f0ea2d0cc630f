/**
 * A gateway's process is killed in the middle of a resumption, at the two moments that matter for its ticket.
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Client } from "../../src/client/client.ts";
import { parseIdentity } from "../../src/configuration/mod.ts";
import { initiatorConfiguration } from "../../src/ike/policy/initiator_configuration.ts";
import { GatewayProcess } from "../../src/load/gateway_process.ts";
import { TemporaryFolder } from "../../src/load/temporary_folder.ts";
import type { ClientTicket } from "../../src/ticket/client_ticket.ts";
import { ExchangeType } from "../../src/wire/constants.ts";
import type { Header } from "../../src/wire/header.ts";
import { copyOf } from "../simulation/coming_back.ts";
import { UdpRelay } from "./udp_relay.ts";

const SECRET = "a secret that both ends hold";
const PROGRAM = {
  command: process.execPath,
  arguments: ["run", "--allow-all", "--quiet", fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url))],
};

test("[R-4.3.1-2] a gateway killed between IKE_SESSION_RESUME and IKE_AUTH has not used the ticket: it opens at the next one", async () => {
  const { interrupted, later } = await killedAt(({ isResponse }) => !isResponse);
  // The attempt goes on with the next gateway, if that is there in time; it serves once, then or when it is presented anew.
  assert.notEqual(interrupted.resumed, later.resumed);
});

test("[R-4.3.1-2] a gateway killed between its claim and its answer has used the ticket: the next one refuses it, and the client is up all the same", async () => {
  const { interrupted, later } = await killedAt(({ isResponse }) => isResponse);
  assert.equal(interrupted.resumed, false);
  assert.equal(later.resumed, false);
});

/**
 * Resumes through a relay, and kills the gateway when the IKE_AUTH message comes by that `strikes` is true of, which is lost with it. Another
 * takes its place on the same ports, with the same keys and store.
 *
 * @returns how that attempt ended, and what became of the same ticket when it was presented once more.
 */
async function killedAt(strikes: (header: Header) => boolean): Promise<{ interrupted: Attempt; later: Attempt }> {
  const folder = new TemporaryFolder("ike-resume-struck-");
  const psk = join(folder.path, "psk");
  writeFileSync(psk, SECRET, { mode: 0o600 });
  const start = (port: number, natPort: number) =>
    GatewayProcess.start(PROGRAM, [
      ...["--address", "127.0.0.1", "--port", `${port}`, "--nat-port", `${natPort}`, "--identity", "gateway.example"],
      ...["--psk-file", psk, "--ticket-keys", join(folder.path, "keys"), "--store", `sqlite:${join(folder.path, "store.db")}`],
    ]);
  const client = await Client.open({ address: "127.0.0.1" });
  let gateway = await start(0, 0);
  const { local, encapsulatedLocal } = gateway;
  let isArmed = false;
  let restarted: Promise<void> | undefined;
  const relay = await UdpRelay.open(local, encapsulatedLocal, (header) => {
    if (!isArmed || header.exchangeType !== ExchangeType.IKE_AUTH || !strikes(header)) return true;
    isArmed = false;
    restarted = gateway.kill().then(async () => {
      gateway = await start(local.port, encapsulatedLocal.port);
    });
    return false;
  });
  try {
    const connect = (ticket?: ClientTicket) =>
      client.connect({
        configuration: initiatorConfiguration({
          identity: parseIdentity("client@example.org"),
          presharedKey: new TextEncoder().encode(SECRET),
          // Long enough for the next gateway to start, short enough for a test.
          retransmission: { initialMs: 400, factor: 1.5, maximumMs: 1_000, attempts: 6, jitter: 0 },
        }),
        gateway: { address: "127.0.0.1", port: relay.port, natPort: relay.natPort },
        ...(ticket && { ticket: copyOf(ticket) }),
      });
    const ticket = (await connect()).abandon();
    assert.ok(ticket);
    isArmed = true;
    const interrupted = await connect(ticket);
    assert.ok(restarted, "the gateway was never struck");
    await restarted;
    interrupted.abandon();
    const later = await connect(ticket);
    return { interrupted: { resumed: interrupted.resumed }, later: { resumed: later.resumed } };
  } finally {
    await client.close();
    relay.close();
    await gateway.kill();
    folder.remove();
  }
}

interface Attempt {
  readonly resumed: boolean;
}
