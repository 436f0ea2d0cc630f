import assert from "node:assert/strict";
import { Command } from "commander";
import { test } from "node:test";
import {
  addClientPathOptions,
  addGatewayPathOptions,
  type ClientPathOptions,
  type GatewayPathOptions,
  statedClientPath,
  statedGatewayPath,
} from "../../src/cli/path_options.ts";

function gateway(address: readonly string[], ...words: string[]) {
  const command = addGatewayPathOptions(new Command());
  command.parse(words, { from: "user" });
  return statedGatewayPath({ ...command.opts<GatewayPathOptions>(), address });
}

function client(...words: string[]) {
  const command = addClientPathOptions(new Command());
  command.parse(words, { from: "user" });
  return statedClientPath(command.opts<ClientPathOptions>());
}

test("a gateway lets clients move unless told not to, and tells them of its addresses where it has several", () => {
  assert.deepEqual(gateway(["192.0.2.1"]), { mobike: true, additionalAddresses: [] });
  assert.deepEqual(gateway(["192.0.2.1", "192.0.2.2"]).additionalAddresses, ["192.0.2.1", "192.0.2.2"]);
  assert.deepEqual(gateway(["0.0.0.0", "::"], "--also-at", "2001:db8::1").additionalAddresses, ["2001:db8::1"]);
  assert.equal(gateway(["192.0.2.1"], "--no-mobike").mobike, false);
});

test("a client moves, refuses NATs and starts on the port behind NAT when told to, and watches its address to move", () => {
  const nothing = { mobike: false, refuseNats: false, startOnNatPort: false };
  assert.deepEqual(client(), { configuration: nothing });
  assert.deepEqual(client("--mobike"), { configuration: { ...nothing, mobike: true }, watchAddressSeconds: 2 });
  assert.deepEqual(client("--refuse-nats").configuration, { ...nothing, refuseNats: true });
  assert.deepEqual(client("--start-on-nat-port").configuration, { ...nothing, startOnNatPort: true });
});
