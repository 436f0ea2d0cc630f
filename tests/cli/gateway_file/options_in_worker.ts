/**
 * What a worker of a gateway goes by, told to whoever has started it.
 *
 * @module
 */
import { Command } from "commander";
import { parentPort, workerData } from "node:worker_threads";
import { addGatewayCommand } from "../../../src/cli/gateway_command.ts";
import { gatewayOptions } from "../../../src/cli/gateway_options.ts";
import { parseIdentity } from "../../../src/configuration/mod.ts";

const { path } = workerData as { readonly path: string };
const { liveness, users } = await gatewayOptions(path, addGatewayCommand(new Command()));
const knows = ["ada@example.org", "bea@example.org"].map((name) => users?.knows(parseIdentity(name)));
parentPort?.postMessage({ liveness, knows });
