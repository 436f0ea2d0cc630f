import assert from "node:assert/strict";
import { Command } from "commander";
import { test } from "node:test";
import { parseIdentity } from "../../src/configuration/mod.ts";
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
  assert.deepEqual(gateway(["192.0.2.1"]), {
    mobike: true,
    childless: true,
    redirectsPerSecond: 100,
    additionalAddresses: [],
  });
  assert.equal(gateway(["192.0.2.1"], "--redirect-rate", "7").redirectsPerSecond, 7);
  assert.deepEqual(gateway(["192.0.2.1", "192.0.2.2"]).additionalAddresses, ["192.0.2.1", "192.0.2.2"]);
  assert.deepEqual(gateway(["0.0.0.0", "::"], "--also-at", "2001:db8::1").additionalAddresses, ["2001:db8::1"]);
  assert.equal(gateway(["192.0.2.1"], "--no-mobike").mobike, false);
  assert.equal(gateway(["192.0.2.1"], "--no-childless").childless, false);
});

test("a gateway sends clients on by their first message, or once they have proven themselves", () => {
  const client = { remote: { address: "192.0.2.9", port: 500 }, resumes: false, resumed: false, identity: parseIdentity("a") };
  const first = gateway(["192.0.2.1"], "--redirect-to", "gw2.example");
  assert.equal(first.redirectFirst?.(client), "gw2.example");
  assert.equal(first.redirectClient, undefined);
  const proven = gateway(["192.0.2.1"], "--redirect-to", "192.0.2.2", "--redirect-at", "auth");
  assert.equal(proven.redirectFirst, undefined);
  assert.equal(proven.redirectClient?.(client), "192.0.2.2");
});

test("a client moves, refuses NATs and starts on the port behind NAT when told to, and watches its address to move", () => {
  const nothing = { mobike: false, refuseNats: false, startOnNatPort: false, followRedirects: false, childless: false };
  assert.deepEqual(client(), { configuration: nothing });
  assert.deepEqual(client("--mobike"), { configuration: { ...nothing, mobike: true }, watchAddressSeconds: 2 });
  assert.deepEqual(client("--follow-redirects").configuration, { ...nothing, followRedirects: true });
  assert.deepEqual(client("--refuse-nats").configuration, { ...nothing, refuseNats: true });
  assert.deepEqual(client("--start-on-nat-port").configuration, { ...nothing, startOnNatPort: true });
  assert.deepEqual(client("--childless").configuration, { ...nothing, childless: true });
});
