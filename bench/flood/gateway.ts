/**
 * The gateway that is attacked: the program's own command, in an entry that Node takes as a bundle.
 *
 * @module
 */
import { Command } from "commander";
import process from "node:process";
import { addGatewayCommand } from "../../src/cli/gateway_command.ts";

const program = new Command("ike-resume");
addGatewayCommand(program);
await program.parseAsync(process.argv);
