/**
 * `ike-resume gateway`: a gateway until it is told to stop.
 *
 * @module
 */
import { type Command, Option } from "commander";
import process from "node:process";
import { Gateway } from "../gateway/gateway.ts";
import { MOST_WORKERS } from "../ike/ike_sa/spi_worker.ts";
import type { Effect } from "../ike/states/effect.ts";
import { loadProvider } from "../providers/mod.ts";
import { IKE_PORT, NAT_PORT } from "../transport/ports.ts";
import { chooseTransport } from "../transport/open_transport.ts";
import { systemClock } from "../transport/system_clock.ts";
import { addCommonOptions, openKeyLog } from "./common_options.ts";
import { addGatewayEapOption } from "./eap_options.ts";
import { type EventObject, eventOf, identityText } from "./effect_event.ts";
import { addEspOptions, leaveEspOf, letIkePass, openChildSas, reportCarried } from "./esp_options.ts";
import { EventLimit } from "./event_limit.ts";
import { EXIT_OK, UsageError } from "./exit_status.ts";
import { blamingFile, gatewayOptions } from "./gateway_options.ts";
import { optionOf } from "./gateway_file/option_of.ts";
import { addFineOptions } from "./fine_options.ts";
import { faultLines } from "./fault_lines.ts";
import { type ControlledGateway, RememberedChildSas, serveControl } from "./gateway_control.ts";
import { gatewayOutput, stopRequest, writeListening } from "./gateway_output.ts";
import { addTicketKeyOptions, gatewayTicketKeys } from "./gateway_ticket_keys.ts";
import { drainBeforeEnd, drainOnSignal } from "./gateway_drain.ts";
import { endingThose, reloadOf, reloadOnHangup, toldReload } from "./gateway_reload.ts";
import { addControlOptions, openControlSocket } from "./control/control_options.ts";
import { addLogOptions } from "./log/log_options.ts";
import { LiveProofs } from "./live_proofs.ts";
import { addHttpOptions, openHttp, phasesOf } from "./http/gateway_http.ts";
import { pageTokenOf } from "./http/page/page_options.ts";
import { Readiness } from "./http/readiness.ts";
import { Refusals } from "./http/refusal_counts.ts";
import { addGatewayAddressOptions } from "./inner_address_options.ts";
import { addChildSaOptions } from "./child_sa_options.ts";
import { addLifeOptions } from "./life_options.ts";
import { listenAddress, port, repeated, transportName, wholeNumber } from "./option_values.ts";
import { addGatewayPathOptions } from "./path_options.ts";
import { addPeerOptions } from "./peer_options.ts";
import { refuseUserWith, unprivilegedUser } from "./unprivileged_user.ts";
import { followRevocations } from "./revocation_options.ts";
import { serviceNotify } from "./service_notify.ts";
import { type GatewayCommandOptions, readGatewayProofs, statedGateway } from "./stated_gateway.ts";
import { addStoreOptions, isStoreOfFiles, openStoreOf, storeChangeLine } from "./store_option.ts";
import { addTicketOptions } from "./ticket_options.ts";
import { addPolicyOptions } from "./users/policy_options.ts";
import { policyOf } from "./users/policy_of.ts";

export function addGatewayCommand(program: Command): Command {
  const command = program.command("gateway")
    .description(
      "Answer clients that know the shared key or have a certificate, issue tickets to them, and take them back by IKE_SESSION_RESUME.",
    )
    .argument("[file]", 'configuration file, TOML (see "ike-resume init"); what the command line says besides goes before it')
    .option(
      "--address <ip>",
      "address of this machine to listen on (may be repeated); 0.0.0.0 or ::, all of them; an interface as eth0, all that it has, also later",
      repeated(listenAddress),
    )
    .option("--port <port>", "IKE port; 0 lets the system choose", port, IKE_PORT)
    .option("--nat-port <port>", "port for clients behind NAT", port, NAT_PORT)
    .option(
      "--no-lane",
      "serve every message alone: plain resumptions of a wave are served together otherwise, with the provider wasm",
    )
    .option(
      "--transport <name>",
      "how sockets are read and written: batched (many datagrams a system call, by foreign functions on Linux), dgram, or auto",
      transportName,
      "auto" as const,
    )
    .option(
      "--workers <count>",
      "serve by so many threads, each with IKE SAs of its own, which share one store: one for each core to spare",
      wholeNumber(1, MOST_WORKERS),
    )
    .addOption(
      new Option(
        "--steering <how>",
        "how datagrams come to workers: by the kernel, to sockets of their own (Linux), from the main thread, or auto",
      ).choices(["auto", "kernel", "main"]).default("auto"),
    )
    .option(
      "--user <name[:group]>",
      "once it listens, go on with this user's rights alone, who then must be able to read what is read again (root starts it; not with --workers or --xfrm)",
    )
    .option("--control", "take commands as JSON lines on standard input, and end when it ends (for load tests)");
  addTicketKeyOptions(command);
  addGatewayAddressOptions(command);
  addPeerOptions(command);
  addGatewayEapOption(command);
  addGatewayPathOptions(command);
  addEspOptions(command);
  addHttpOptions(command);
  addControlOptions(command);
  addPolicyOptions(command);
  addFineOptions(command);
  addLogOptions(command);
  addLifeOptions(command);
  addChildSaOptions(command);
  addTicketOptions(command);
  addCommonOptions(addStoreOptions(command));
  // A configuration file may have it.
  optionOf(command, "--identity").makeOptionMandatory(false);
  return command.action((file: string | undefined) =>
    blamingFile(file, command, async () => runGateway(await gatewayOptions(file, command), command))
  );
}

async function runGateway(options: GatewayCommandOptions, command: Command): Promise<void> {
  refuseUserWith(options);
  if (options.workers !== undefined) {
    if (options.xfrm || options.updown !== undefined) {
      throw new UsageError(
        "--workers: neither --xfrm nor --updown goes with it: each worker would know of its own Child SAs alone",
      );
    }
    return (await import("./gateway_workers_command.ts")).runGatewayWorkers(options, options.workers, command);
  }
  const user = unprivilegedUser(options.user);
  const pageToken = pageTokenOf(options);
  const proofs = new LiveProofs(await readGatewayProofs(options));
  const { output, write, complain, report, threshold } = await gatewayOutput(options);
  const limit = new EventLimit(write, () => systemClock().monotonicMs);
  const policy = await policyOf(options, (event) => options.control || limit.takePolicy(event), complain, user.became);
  const provider = await loadProvider(options.provider, report);
  const keyLog = user.during(() => openKeyLog(options, complain));
  const ticketKeys = user.during(() => gatewayTicketKeys(options, provider));
  const childSas = new RememberedChildSas();
  const store = await (isStoreOfFiles(options) ? user.during(() => openStoreOf(options)) : openStoreOf(options));
  const refusals = new Refusals();
  const readiness = new Readiness(options.storeFailure);
  const installed = await openChildSas(options, complain, user.became);
  const gateway = await Gateway.listen({
    configuration: statedGateway(options, proofs.proofs, ticketKeys.ring, policy),
    policyTimeoutMs: options.policyTimeout,
    addresses: options.address,
    port: options.port,
    natPort: options.natPort,
    openTransport: chooseTransport(options.transport, report),
    provider,
    lane: options.lane,
    store,
    storeFailure: options.storeFailure,
    storeTimeoutMs: options.storeTimeout,
    revocation: options.revocation,
    onStoreChange: (change) => {
      readiness.isStoreUp = change.type === "store-up";
      complain(storeChangeLine(change, options.storeFailure));
    },
    onEffect: (effect) => {
      if (options.http) refusals.take(effect);
      installed?.take(effect);
      if (effect.type === "ike-sa-keys") keyLog?.write(effect);
      if (options.control) childSas.take(effect);
      else writeEvent(effect, limit);
    },
    onFault: faultLines(complain),
  });
  const carried = reportCarried(installed, options, {
    onCarried: (spis, report) => gateway.orderChildSa(spis, { kind: "used", ...report }),
    onHeard: (spis) => gateway.peersHeard(spis),
  }, complain);
  letIkePass([...gateway.local, ...gateway.encapsulatedLocal].map(({ port }) => port), options, complain);
  leaveEspOf(gateway.encapsulatedLocal.map(({ port }) => port), options, complain);
  const outputCounters = () => ({
    output_lines_left_out_total: output.leftOut,
    key_log_lines_lost_total: keyLog?.lostLines ?? 0,
    ...policy?.counters,
  });
  // Under control, lines on standard output are answers.
  const tell = (event: EventObject) => options.control || write(event);
  const http = await openHttp(
    options,
    {
      counters: () => Promise.resolve({ ...gateway.counters, ...outputCounters() }),
      refusals: () => Promise.resolve(refusals.counts),
      histograms: () => Promise.resolve(gateway.histograms),
      isStoreUp: () => readiness.isStoreUp,
      ticketKeys: () => phasesOf(ticketKeys.ring),
    },
    {
      provider: provider.name,
      readiness,
      page: pageToken && {
        given: pageToken,
        gateway,
        ticketKeyRing: ticketKeys.ring,
        about: { workers: 1, identity: identityText(options.identity) },
        tell,
      },
    },
    complain,
  ).catch(async (error) => {
    await gateway.close();
    throw error;
  });
  const reload = endingThose(reloadOf(command, options, proofs, { policy, threshold }), gateway);
  const controlSocket = await openControlSocket(options, {
    gateway,
    provider: provider.name,
    workers: 1,
    counters: () => Promise.resolve({ ...gateway.counters, ...outputCounters() }),
    isStoreUp: () => readiness.isStoreUp,
    ticketKeys: () => phasesOf(ticketKeys.ring),
    rotateTicketKeys: ticketKeys.rotate,
    reload: toldReload(reload, tell, complain),
    drainTo: options.drainTo,
    drain: (draining) => readiness.drain(gateway, draining),
    log: threshold,
    tell,
  }, user).catch(async (error) => {
    await gateway.close();
    throw error;
  });
  // All ports are bound, and nothing of the program has yet to be loaded from where only root may read.
  user.becomeForGood();
  // Before anything is said: whoever reads it may stop the gateway at once.
  const stopped = stopRequest();
  const service = serviceNotify(complain);
  writeListening(write, gateway, { provider: provider.name, ...(http && { http: http.local }) });
  reloadOnHangup(reload, tell, complain, service);
  drainOnSignal(options, gateway, tell, complain);
  const watch = ticketKeys.follow(tell, complain);
  const revocations = followRevocations(options, proofs.proofs.certificates, tell, complain);
  if (options.control) {
    const controlled: ControlledGateway = {
      counters: () => gateway.counters,
      fingerprints: () => childSas.fingerprints(),
      revoke: (what) => gateway.revoke(what),
    };
    // Whoever has an answer has the key log of all that came before it.
    const settledCounters = async () => {
      await keyLog?.flush();
      return outputCounters();
    };
    serveControl(controlled, settledCounters, (line) => output.answer(line), () => stopped.resolve());
  }
  service.ready();
  await stopped.promise;
  service.stopping();
  await drainBeforeEnd(options, (draining) => readiness.drain(gateway, draining), tell);
  watch?.close();
  revocations.close();
  carried?.close();
  await http?.close();
  await controlSocket?.close();
  await gateway.close();
  await installed?.close();
  await Promise.all([store.close(), keyLog?.close(), output.close()]);
  await service.close();
  process.exit(EXIT_OK);
}

function writeEvent(effect: Effect, limit: EventLimit): void {
  const event = eventOf(effect, false);
  if (event !== undefined) limit.take(effect, event);
}
