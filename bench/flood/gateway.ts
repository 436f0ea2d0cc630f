/**
 * The gateway that is attacked: the program's own command, in an entry that Node takes as a bundle.
 *
 * @module
 */
import { Command } from "commander";
import process from "node:process";
import { addGatewayCommand } from "../../src/cli/gateway_command.ts";
import { delayMemoryStores } from "./delayed_store.ts";

const program = new Command("ike-resume")
  .option("--store-delay <ms>", "how much later the store answers", Number, 0)
  .hook("preAction", (command) => {
    const { storeDelay } = command.opts<{ readonly storeDelay: number }>();
    if (storeDelay > 0) delayMemoryStores(storeDelay);
  });
addGatewayCommand(program);
await program.parseAsync(process.argv);
