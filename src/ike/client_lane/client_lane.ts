/**
 * The clients' lane: plain RFC 5723 resumption of many clients of one process, a whole wave a column at a time. See ARCHITECTURE.md, "The clients' lane".
 *
 * @module
 */
import type { CryptoProvider } from "../../crypto/provider.ts";
import { OctetChunks } from "../../wire/octet_chunks.ts";
import type { Datagram } from "../steps/datagram.ts";
import type { Instant } from "../steps/instant.ts";
import { AuthAnswerStage } from "./auth_answer_stage.ts";
import { AuthOffers } from "./auth_offer.ts";
import { begin, type Begun } from "./begin.ts";
import type { ClientLaneContext, LaneAnswers, LaneConnection } from "./lane_context.ts";
import type { PlainClient } from "./plain_client.ts";
import { ResumeAnswerStage } from "./resume_answer_stage.ts";

/** The lane of all clients of one driver. */
export class ClientLane {
  readonly #offers = new AuthOffers();
  readonly #messages = new OctetChunks();

  /** A wave, in which no client has more than one thing to do. `whenFaulty` must not throw. */
  wave(provider: CryptoProvider, now: Instant, whenFaulty: (fault: unknown) => void): ClientWave {
    return new ClientWave({ provider, now, offers: this.#offers, messages: this.#messages, whenFaulty });
  }
}

/** What is plain of one wave. */
export class ClientWave {
  readonly #context: ClientLaneContext;
  readonly #resumed: ResumeAnswerStage;
  readonly #proven: AuthAnswerStage;

  constructor(context: ClientLaneContext) {
    this.#context = context;
    this.#resumed = new ResumeAnswerStage(context);
    this.#proven = new AuthAnswerStage(context);
  }

  /** A connection begins. `undefined`: it is not plain, and nothing has happened. */
  begin(connection: LaneConnection): Begun | undefined {
    return begin(connection, this.#context);
  }

  /** Takes in a datagram that came for a client, if it is plain: else nothing has happened. */
  takes(place: number, client: PlainClient, datagram: Datagram): boolean {
    switch (client.stage) {
      case "IKE_SESSION_RESUME response":
        return this.#resumed.takes(place, client, datagram);
      case "IKE_AUTH response":
        return this.#proven.takes(place, client, datagram);
      default:
        return false;
    }
  }

  /** Serves what was taken in: effects by place. What turned out not to be plain is put to `left`, as if it had not been taken in. */
  serve(answers: LaneAnswers, left: number[]): void {
    this.#proven.serve(answers, left);
    this.#resumed.serve(answers);
  }
}
