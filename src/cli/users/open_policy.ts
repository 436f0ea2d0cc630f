/**
 * Makes the hook that a gateway's options ask for.
 *
 * @module
 */
import { accessSync, constants, statSync } from "node:fs";
import { parseSecret } from "../../configuration/mod.ts";
import { messageOf } from "../../store/owners_file.ts";
import { systemClock } from "../../transport/system_clock.ts";
import type { EventObject } from "../effect_event.ts";
import { UsageError } from "../exit_status.ts";
import type { GatewayUsers } from "../gateway_users.ts";
import { readSecret } from "../secret_files.ts";
import { askCommand } from "./policy_command.ts";
import { PolicyHook } from "./policy_hook.ts";
import type { PolicyOptions } from "./policy_options.ts";
import { askUrl } from "./policy_url.ts";

/** What its fault is told before the gateway gives up waiting for it. */
const PART_OF_PATIENCE = 0.9;

/**
 * The hook that options ask for, if they do. Nobody is asked before `mayRun` resolves.
 *
 * @throws {UsageError} there is no such program, or no token
 */
export function openPolicy(
  options: PolicyOptions,
  users: GatewayUsers,
  tell: (event: EventObject) => void,
  complain: (line: string) => void,
  mayRun: Promise<void>,
): PolicyHook | undefined {
  const { policyCommand, policyUrl, policyToken } = options;
  if (policyCommand !== undefined) checkProgram(policyCommand);
  const ask = policyCommand !== undefined
    ? askCommand(policyCommand)
    : policyUrl !== undefined
    ? askUrl(policyUrl, policyToken === undefined ? undefined : readToken(policyToken))
    : undefined;
  return ask && new PolicyHook({
    async ask(question, signal) {
      await mayRun;
      return await ask(question, signal);
    },
    timeoutMs: Math.ceil(options.policyTimeout * PART_OF_PATIENCE),
    concurrency: options.policyConcurrency,
    allowedMs: options.policyCache * 1_000,
    refusedMs: options.policyCacheRefusals * 1_000,
    cacheSize: options.policyCacheSize,
    rulesOf: (stated, whose) => users.rulesOfStated(stated, whose),
    now: () => systemClock().monotonicMs,
    tell,
    complain,
  });
}

function checkProgram(path: string): void {
  try {
    accessSync(path, constants.X_OK);
    if (!statSync(path).isFile()) throw new Error(`${path} is no file`);
  } catch (error) {
    throw new UsageError(`--policy-command: ${messageOf(error)}, expected a program`);
  }
}

function readToken(path: string): string {
  const token = readSecret("--policy-token", path, (octets) => new TextDecoder().decode(parseSecret(octets)));
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new UsageError("--policy-token: expected printable ASCII without spaces");
}
