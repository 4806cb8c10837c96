// The provider's side: it sends until it is answered with 2xx, the same identity each time, and mostly the same body.
import http from "node:http";
import { PATIENCE_MS } from "../../support/journal.js";
import { codeOf, wrongOf } from "./answers.js";
import { forgery, rival } from "./orders.js";
import { draw, happens, whole } from "./seed.js";
import { Turns } from "./turns.js";

/**
 * The number of events on their way at once, and of deliveries beside those that wait for a silent step: the machine is kept
 * busy, but not so busy that timely work misses its deadline.
 */
const LANES = 400;
const AWAKE = 6;

/** More tries than the plan's faults can need. */
const MAX_ATTEMPTS = 60;

const IMMORTAL = { deaths: () => 0, back: async () => false };

export class Provider {
  forgeries = 0;
  posts = 0;
  #agent = new http.Agent({ keepAlive: true });
  #urls;
  #ledger;
  #patient;
  #worker;
  #turns = new Turns(AWAKE);

  /** Sends to the isolates of these addresses. A patient one waits for every answer. `worker` reports its deaths, if it dies. */
  constructor(urls, ledger, { patient = false, worker = IMMORTAL } = {}) {
    this.#urls = urls;
    this.#ledger = ledger;
    this.#patient = patient;
    this.#worker = worker;
  }

  send(events) {
    return this.#inLanes(events, (event) => this.#tell(event));
  }

  /** Sends the same delivery again. */
  again(accounts) {
    return this.#inLanes(accounts, (account) => this.#deliver(account));
  }

  #inLanes(all, work) {
    const rest = all[Symbol.iterator]();
    const lane = async () => {
      for (const one of rest) if (!this.#ledger.isFull()) await work(one);
    };
    return Promise.all(Array.from({ length: LANES }, lane));
  }

  stop() {
    this.#agent.destroy();
  }

  /** An event from its first delivery to its last: alone or as copies at the same moment, and once more later on. */
  async #tell(event) {
    const account = this.#ledger.open(event);
    const weaker = happens(0.3, event.name, "has a rival") ? rival(event) : undefined;
    if (weaker !== undefined) await this.#deliver(this.#ledger.open(weaker));
    const forged = happens(0.1, event.name, "is forged") ? whole(1, 2, event.name, "forgeries") : 0;
    const forgeries = Array.from({ length: forged }, (_, n) => this.#forge(forgery(event, n)));
    const kind = draw(event.name, "copies");
    const copies = [0, 0.85, 0.97].filter((from) => kind >= from).length;
    await Promise.all(Array.from({ length: copies }, () => this.#deliver(account)));
    if (happens(0.15, event.name, "comes again")) await this.#deliver(account);
    await Promise.all(forgeries);
  }

  async #deliver(account) {
    let [attempts, heldSince] = [0, undefined];
    while (attempts < MAX_ATTEMPTS && !(performance.now() - heldSince > PATIENCE_MS)) {
      const answer = await this.#attempt(account);
      if (answer?.status < 300 || this.#ledger.isFull()) return;
      if (answer !== undefined && codeOf(answer) === "copy_in_progress") {
        heldSince ??= performance.now();
        // It comes again when the copy has its answer; if that is not waited for, when others have theirs.
        await (account.change() ?? this.#turns.others());
      } else {
        heldSince = undefined;
        attempts += 1;
      }
    }
    this.#ledger.wrong("an event that is not taken, however often it comes", account);
  }

  async #attempt(account) {
    const endTurn = await this.#turns.take({ begun: account.attempts.length > 0 });
    await this.#worker.back();
    const deaths = this.#worker.deaths();
    let giveUp;
    const isolate = this.#isolate(account.event.name, account.attempts.length);
    const attempt = account.begin({
      isolate,
      patient: this.#patient,
      giveUp: () => giveUp(),
      waits: endTurn,
    });
    const delivery = account.event.delivery(account.attempts.length);
    this.#ledger.sends(account, delivery.body);
    const answer = await this.#post(isolate, delivery, (abort) => (giveUp = abort));
    const wrong = answer === undefined ? undefined : wrongOf(answer, account);
    account.end(attempt, answer && codeOf(answer));
    if (wrong !== undefined) this.#ledger.wrong(wrong, account);
    if (answer === undefined && !attempt.gaveUp) attempt.cutOff = await this.#worker.back(deaths);
    endTurn();
    if (attempt.cutOff === false) this.#ledger.wrong("no answer, and nobody had given up", account);
    return answer;
  }

  async #forge(forged) {
    this.forgeries += 1;
    const endTurn = await this.#turns.take();
    await this.#worker.back();
    const deaths = this.#worker.deaths();
    const answer = await this.#post(this.#isolate("forgery", this.forgeries), forged);
    const cutOff = answer === undefined && (await this.#worker.back(deaths));
    endTurn();
    if (cutOff) return;
    const { status, code } = forged.answer;
    if (answer?.status === status && codeOf(answer) === code) return;
    this.#ledger.wrong(`a forgery is answered ${answer?.status} ${answer?.text}`);
  }

  /** Cloudflare sends each request to whichever isolate it likes. */
  #isolate(name, nth) {
    return whole(0, this.#urls.length - 1, name, "isolate", nth);
  }

  /** Resolves to undefined if no answer came. */
  #post(isolate, delivery, hold = () => {}) {
    const { path, body, headers } = delivery;
    this.posts += 1;
    const { hostname, port } = this.#urls[isolate];
    const options = {
      agent: this.#agent,
      hostname,
      port,
      method: "POST",
      path,
      headers: headers(),
    };
    return new Promise((resolve) => {
      const request = http.request(options, (response) => {
        const pieces = [];
        response.on("data", (piece) => pieces.push(piece));
        response.on("error", () => resolve());
        response.on("end", () => resolve(answerOf(response, Buffer.concat(pieces).toString())));
      });
      let isGivenUp = false;
      const giveUp = () => {
        isGivenUp = true;
        request.destroy();
      };
      // The Worker closes a connection that has been idle for some seconds, and may do so as a request comes.
      const isIdle = ({ code }) =>
        code === "ECONNRESET" && request.reusedSocket && !isGivenUp && this.#worker === IMMORTAL;
      request.on("error", (error) =>
        resolve(isIdle(error) ? this.#post(isolate, delivery, hold) : undefined),
      );
      request.setTimeout(PATIENCE_MS, giveUp);
      hold(giveUp);
      request.end(body);
    });
  }
}

function answerOf({ statusCode: status, headers }, text) {
  try {
    return { status, headers, text, json: JSON.parse(text) };
  } catch {
    return { status, headers, text };
  }
}
