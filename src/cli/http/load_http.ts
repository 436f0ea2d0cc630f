/**
 * `load --http`: a load under way, as Prometheus reads it. It is as of the last second that was over.
 *
 * @module
 */
import type { Endpoint } from "../../ike/steps/datagram.ts";
import type { LoadSecond } from "../../load/generator/load_report.ts";
import { HttpService } from "./http_service.ts";

const PREFIX = "ike_resume_load_";

/** What has happened since the start. */
export class LoadMetrics {
  #begun = 0;
  #succeeded = 0;
  #failed = 0;
  #last: LoadSecond | undefined;

  /** A second is over. */
  take(second: LoadSecond): void {
    this.#begun += second.begun;
    this.#succeeded += second.succeeded;
    this.#failed += second.failed;
    this.#last = second;
  }

  /** @returns what `/metrics` answers, and its type */
  async text(): Promise<{ readonly type: string; readonly text: string }> {
    const { Counter, Gauge, Registry } = await import("prom-client");
    const registry = new Registry();
    const count = (name: string, help: string, value: number) =>
      new Counter({ name: `${PREFIX}${name}_total`, help, registers: [registry] }).inc(value);
    count("begun", "Turns that began", this.#begun);
    count("succeeded", "Operations that succeeded", this.#succeeded);
    count("failed", "Operations that failed, and turns that no client was free for", this.#failed);
    new Gauge({ name: `${PREFIX}clients_up`, help: "Clients that are up", registers: [registry] }).set(this.#last?.up ?? 0);
    const latency = new Gauge({
      name: `${PREFIX}latency_seconds`,
      help: "Latency in the last second, by quantile",
      labelNames: ["quantile"],
      registers: [registry],
    });
    for (const [quantile, milliseconds] of [["0.5", this.#last?.p50_ms], ["0.99", this.#last?.p99_ms]] as const) {
      if (typeof milliseconds === "number") latency.set({ quantile }, milliseconds / 1_000);
    }
    return { type: registry.contentType, text: await registry.metrics() };
  }
}

/** @throws {TransportError} the address cannot be listened on */
export function openLoadHttp(at: Endpoint, metrics: LoadMetrics, complain: (line: string) => void): Promise<HttpService> {
  return HttpService.listen({
    at,
    answers: { "/metrics": async () => ({ status: 200, ...await metrics.text() }) },
    onFault: (fault) => complain(`http: ${fault instanceof Error ? fault.message : String(fault)}`),
  });
}
