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
import { copyOf } from "../simulation/coming_back.ts";
import { lacksRedis, RedisServer } from "../store/redis_server.ts";

const SECRET = "a secret that both ends hold";
const PROGRAM = {
  command: process.execPath,
  arguments: ["run", "--allow-all", "--quiet", fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url))],
};

/** Whether a ticket that was used before a gateway's process was killed is accepted by the next one. */
async function isAcceptedAgain(storeIn: (folder: string) => string): Promise<boolean> {
  const folder = new TemporaryFolder("ike-resume-restart-");
  const psk = join(folder.path, "psk");
  writeFileSync(psk, SECRET, { mode: 0o600 });
  const start = (port: number, natPort: number) =>
    GatewayProcess.start(PROGRAM, [
      ...["--address", "127.0.0.1", "--port", `${port}`, "--nat-port", `${natPort}`, "--identity", "gateway.example"],
      ...["--psk-file", psk, "--ticket-keys", join(folder.path, "keys"), "--store", storeIn(folder.path)],
    ]);
  const client = await Client.open({ address: "127.0.0.1" });
  let gateway = await start(0, 0);
  try {
    const { local, encapsulatedLocal } = gateway;
    const connect = (ticket?: ClientTicket) =>
      client.connect({
        configuration: initiatorConfiguration({
          identity: parseIdentity("client@example.org"),
          presharedKey: new TextEncoder().encode(SECRET),
        }),
        gateway: { ...local, natPort: encapsulatedLocal.port },
        ...(ticket && { ticket: copyOf(ticket) }),
      });
    const used = (await connect()).abandon();
    assert.ok(used);
    const fresh = (await resumed(connect(used))).abandon();
    assert.ok(fresh);
    await gateway.kill();
    gateway = await start(local.port, encapsulatedLocal.port);
    const again = await connect(used);
    await resumed(connect(fresh));
    return again.resumed;
  } finally {
    await client.close();
    await gateway.kill();
    folder.remove();
  }
}

async function resumed(connecting: ReturnType<Client["connect"]>): ReturnType<Client["connect"]> {
  const session = await connecting;
  assert.equal(session.resumed, true);
  return session;
}

test("[R-4.3.1-2] a ticket that was used before the gateway was killed is refused by the next gateway on the same SQLite file", async () => {
  assert.equal(await isAcceptedAgain((folder) => `sqlite:${join(folder, "store.db")}`), false);
});

test("[R-4.3.1-2] a ticket that was used before the gateway was killed is refused by the next gateway on the same server", {
  skip: lacksRedis(),
}, async () => {
  const server = await RedisServer.start();
  try {
    assert.equal(await isAcceptedAgain(() => server.url), false);
  } finally {
    await server.remove();
  }
});

test("what is kept in memory is forgotten with the gateway, as documented: the ticket is accepted once more", async () => {
  assert.equal(await isAcceptedAgain(() => "memory"), true);
});
