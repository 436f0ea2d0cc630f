/**
 * `--control-socket`: commands for a gateway that runs.
 *
 * @module
 */
import type { Command } from "commander";
import { NOBODY_ELSE, type UnprivilegedUser } from "../unprivileged_user.ts";
import type { ControlledService } from "./control_answers.ts";

export interface ControlOptions {
  readonly controlSocket?: string;
}

/** The end of a control socket. */
export interface ControlSocket {
  close(): Promise<void>;
}

export function addControlOptions(command: Command): Command {
  return command.option(
    "--control-socket <path>",
    'answer "ike-resume ctl" at this Unix socket, which is its owner\'s alone (mode 0600); not given: nowhere',
  );
}

/**
 * @param user whose the socket is to be
 * @throws {TransportError} it cannot listen there
 */
export async function openControlSocket(
  { controlSocket: path }: ControlOptions,
  service: ControlledService,
  user: UnprivilegedUser = NOBODY_ELSE,
): Promise<ControlSocket | undefined> {
  if (path === undefined) return undefined;
  // Loaded only where it is asked for: gateways start as soon as before.
  const [{ LineServer, LONGEST_REQUEST }, { controlAnswers, errorLine }] = await Promise.all([
    import("./line_server.ts"),
    import("./control_answers.ts"),
  ]);
  const options = {
    path,
    answer: controlAnswers(service),
    tooLong: errorLine(`a request is longer than ${LONGEST_REQUEST} octets`),
  };
  return await user.during(() => LineServer.listen(options));
}
