import assert from "node:assert/strict";
import { Command } from "commander";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { UsageError } from "../../../src/cli/exit_status.ts";
import { addGatewayCommand } from "../../../src/cli/gateway_command.ts";
import { gatewayOptions } from "../../../src/cli/gateway_options.ts";
import { reloadOf } from "../../../src/cli/gateway_reload.ts";
import { LiveProofs } from "../../../src/cli/live_proofs.ts";
import { readGatewayProofs } from "../../../src/cli/stated_gateway.ts";
import { parseIdentity } from "../../../src/configuration/mod.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "reload-at-once-"));
after(() => rmSync(FOLDER, { recursive: true }));

const ADA = parseIdentity("ada@example.org");
const FILE = `
listen.addresses = ["127.0.0.1"]
[identity]
id = "gateway.example"
psk_file = "gateway.psk"
[clients]
eap_only = "mschapv2"
`;
const USER = `[[user]]\nid = "ada@example.org"\npsk_file = "ada.psk"\n`;
const BY_PASSWORD = `[[user]]\nid = "eva@example.org"\neap_password_file = "ada.psk"\n`;

function write(name: string, text: string): void {
  writeFileSync(join(FOLDER, name), text, { mode: 0o600 });
}

test("a file that is read again counts all at once: nobody is judged by its users and the keys of before, nor the other way round", async () => {
  write("gateway.psk", "a secret of before\n");
  write("ada.psk", "a secret of Ada's\n");
  write("gateway.toml", `${FILE}${BY_PASSWORD}`);
  const command = addGatewayCommand(new Command());
  const options = await gatewayOptions(join(FOLDER, "gateway.toml"), command);
  const proofs = new LiveProofs(await readGatewayProofs(options));
  const reload = reloadOf(command, options, proofs);
  const { presharedKey: before } = proofs.proofs;
  const seen = async (outcome: Promise<unknown>): Promise<readonly string[]> => {
    const all = new Set<string>();
    let isOver = false;
    void outcome.catch(() => {}).then(() => isOver = true);
    for (let turn = 0; !isOver; turn++) {
      const hasOtherKey = proofs.proofs.presharedKey !== before;
      all.add(`Ada ${options.users!.knows(ADA)}, other key ${hasOtherKey}, only users ${options.users!.areAll}`);
      // Between any two steps of it.
      await (turn % 100 === 99 ? setImmediate() : undefined);
    }
    return [...all];
  };

  write("gateway.toml", `${FILE}only_users = true\n${USER}${BY_PASSWORD}`);
  write("gateway.psk", "");
  const rejected = reload();
  assert.deepEqual(await seen(rejected), ["Ada false, other key false, only users false"]);
  await assert.rejects(rejected, UsageError);

  write("gateway.psk", "another secret\n");
  write("gateway.toml", `${FILE}only_users = true\n${USER}`);
  const withoutPasswords = reload();
  assert.deepEqual(await seen(withoutPasswords), ["Ada false, other key false, only users false"]);
  await assert.rejects(withoutPasswords, /eap_only|EAP/);

  write("gateway.toml", `${FILE}only_users = true\n${USER}${BY_PASSWORD}`);
  const taken = reload();
  const [first, ...others] = await seen(taken);
  await taken;
  assert.equal(first, "Ada false, other key false, only users false");
  assert.deepEqual(others.filter((one) => one !== "Ada true, other key true, only users true"), []);
  assert.deepEqual([options.users!.knows(ADA), proofs.proofs.presharedKey !== before, options.users!.areAll], [
    true,
    true,
    true,
  ]);
});
