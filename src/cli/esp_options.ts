/**
 * Options about who carries the traffic of Child SAs: Linux, a command of the user's, or nobody.
 *
 * @module
 */
import { type Command, InvalidArgumentError } from "commander";
import { CarriedReports, type CarriedReportsOptions } from "../esp/carried_reports.ts";
import type { ChildSaSystem } from "../esp/child_sa_system.ts";
import { InstalledChildSas } from "../esp/installed_child_sas.ts";
import { UpdownCommand } from "../esp/updown_command.ts";
import { XfrmChildSas } from "../esp/xfrm/xfrm_child_sas.ts";
import { leaveEspToKernel } from "../transport/esp_in_udp.ts";
import { letIkePassPolicies } from "../transport/ike_bypass.ts";
import type { ChildSaOptions } from "./child_sa_options.ts";
import { UsageError } from "./exit_status.ts";
import { wholeNumber } from "./option_values.ts";
import { environmentWithoutSecrets } from "./secret_files.ts";

export interface EspOptions {
  readonly updown?: string;
  readonly updownTimeout?: number;
  readonly xfrm?: boolean;
  readonly xfrmMark?: { readonly value: number; readonly mask: number };
  readonly xfrmIfId?: number;
  readonly xfrmReqid?: number;
  readonly xfrmUseInterval?: number;
}

/** Lifetimes that go by what Linux says of its states. */
type CarriedLifetimes = Pick<ChildSaOptions, "childLifetimeOctets" | "childLifetimePackets">;

const MOST = 2 ** 32 - 1;
const USE_INTERVAL_SECONDS = 10;

export function addEspOptions(command: Command): Command {
  return command
    .option("--xfrm", "put Child SAs into Linux, as XFRM states and policies, by the program ip; they are taken out at the end")
    .option("--xfrm-mark <value[/mask]>", "only packets with this mark go by them: 42, 0x2a/0xff", mark)
    .option("--xfrm-if-id <number>", "the XFRM interface that they are of", wholeNumber(1, MOST))
    .option(
      "--xfrm-reqid <number>",
      "the first of 1048576 reqids, by which what is ours is known after a crash: another one for each process of a machine",
      wholeNumber(1, 2 ** 31),
    )
    .option(
      "--xfrm-use-interval <seconds>",
      "how often Linux is asked what Child SAs have carried: --child-lifetime-octets and -packets go by it, and ESP is a sign of life (default: 10)",
      wholeNumber(1, 3_600),
    )
    .option(
      "--updown <command>",
      "run this program when a Child SA comes, is rekeyed, moves or goes: its environment says which",
    )
    .option("--updown-timeout <seconds>", "after which it is killed (default: 10)", wholeNumber(1, 3_600));
}

/**
 * What was asked for; `undefined`: nothing.
 *
 * @param mayRun the command is not run before it resolves
 * @throws {UsageError} options that go with others which are missing; or `ip` cannot be run, or may not do what it is to do.
 */
export async function openChildSas(
  options: EspOptions & CarriedLifetimes,
  complain: (line: string) => void,
  mayRun: Promise<void> = Promise.resolve(),
): Promise<InstalledChildSas | undefined> {
  const { updown, updownTimeout, xfrm, xfrmMark, xfrmIfId, xfrmReqid, xfrmUseInterval } = options;
  if (!xfrm && [xfrmMark, xfrmIfId, xfrmReqid, xfrmUseInterval].some((value) => value !== undefined)) {
    throw new UsageError("--xfrm-mark, --xfrm-if-id, --xfrm-reqid and --xfrm-use-interval: allowed only with --xfrm");
  }
  if (!xfrm && (options.childLifetimeOctets !== undefined || options.childLifetimePackets !== undefined)) {
    throw new UsageError("--child-lifetime-octets and --child-lifetime-packets: allowed only with --xfrm, which counts them");
  }
  if (updown === undefined && updownTimeout !== undefined) throw new UsageError("--updown-timeout: allowed only with --updown");
  const onFault = (fault: unknown) => complain(fault instanceof Error ? fault.message : String(fault));
  const systems: ChildSaSystem[] = [];
  if (xfrm) {
    try {
      systems.push(
        await XfrmChildSas.open({
          ...(xfrmMark && { mark: xfrmMark }),
          ...(xfrmIfId !== undefined && { interfaceId: xfrmIfId }),
          ...(xfrmReqid !== undefined && { firstReqid: xfrmReqid }),
          onFault,
        }),
      );
    } catch (error) {
      throw new UsageError(`--xfrm: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (updown !== undefined) {
    const timeout = updownTimeout === undefined ? {} : { timeoutMs: 1_000 * updownTimeout };
    systems.push(
      new UpdownCommand({ command: updown, ...timeout, environment: environmentWithoutSecrets, after: mayRun, onFault }),
    );
  }
  return systems.length > 0 ? new InstalledChildSas(systems, onFault) : undefined;
}

/** With `--xfrm`, the protocol is told what Linux has carried; `undefined`: nothing is. */
export function reportCarried(
  installed: InstalledChildSas | undefined,
  options: EspOptions & CarriedLifetimes,
  told: Pick<CarriedReportsOptions, "onCarried" | "onHeard">,
  complain: (line: string) => void,
): CarriedReports | undefined {
  if (!installed || !options.xfrm) return undefined;
  return new CarriedReports(installed, {
    everyMs: 1_000 * (options.xfrmUseInterval ?? USE_INTERVAL_SECONDS),
    lifetimeOctets: options.childLifetimeOctets,
    lifetimePackets: options.childLifetimePackets,
    ...told,
    onFault: (fault) => complain(fault instanceof Error ? fault.message : String(fault)),
  });
}

/** With `--xfrm`, IKE goes past the policies that it has Linux take. */
export function letIkePass(ports: readonly number[], { xfrm }: EspOptions, complain: (line: string) => void): void {
  if (!xfrm) return;
  for (const port of new Set(ports)) {
    const wrong = letIkePassPolicies(port);
    if (wrong !== undefined) complain(wrong);
  }
}

/** With `--xfrm`, ESP in UDP goes to the kernel. */
export function leaveEspOf(ports: readonly number[], { xfrm }: EspOptions, complain: (line: string) => void): void {
  if (!xfrm) return;
  for (const port of new Set(ports)) {
    const wrong = leaveEspToKernel(port);
    if (wrong !== undefined) complain(wrong);
  }
}

function mark(text: string): { readonly value: number; readonly mask: number } {
  const found = /^(0x[0-9a-f]{1,8}|\d{1,10})(?:\/(0x[0-9a-f]{1,8}|\d{1,10}))?$/i.exec(text);
  const [value, mask] = found ? [Number(found[1]), found[2] === undefined ? MOST : Number(found[2])] : [NaN, NaN];
  if (value <= MOST && mask <= MOST) return { value, mask };
  throw new InvalidArgumentError("Allowed are 42, 0x2a, and either with a mask behind it: 0x2a/0xff.");
}
