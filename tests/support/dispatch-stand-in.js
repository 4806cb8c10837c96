// A server that answers as docs/openapi.yaml says, from lists that a test fills. Each answer is held to the document.
import http from "node:http";
import { ApiServer } from "./api-server.js";
import { DOCUMENT, assertAnswer, operationOf } from "./openapi.js";

export const TOKEN = "dispatch-token-3f9a1c7e5b2d48c6a0e1";
export const READ_TOKEN = "dispatch-read-token-8b4d2f6a90c7e5311d";

/** The HTTP status of each problem. */
const STATUSES = Object.fromEntries(
  [...DOCUMENT.info.description.matchAll(/^\| (\d+) \| `(\w+)` \|/gm)].map(([, status, code]) => [
    code,
    Number(status),
  ]),
);

/** A problem that a handler throws, or that a test has the next request answered with. */
export class Problem extends Error {
  constructor(code, detail = "as the test wants it", headers = {}) {
    super(detail);
    Object.assign(this, { code, headers });
  }
}

const json = (value, status = 200) => ({
  status,
  type: "application/json",
  text: JSON.stringify(value),
});
const NOTHING = { status: 204, text: "" };

const cursorOf = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const positionIn = (cursor, sort) => {
  const { at, sort: made } = JSON.parse(Buffer.from(cursor, "base64url").toString());
  if (made !== sort) throw new Problem("invalid_cursor", "the cursor is of another list");
  return at;
};

/** An order as the API shows it. */
export const order = (id, more = {}) => ({
  ...DOCUMENT.components.examples.order.value.order,
  id,
  ...more,
});

/** A record of an event, of its order `order`. */
export function record(
  id,
  {
    order = "1001",
    source = "wakilni",
    taken_at,
    verdict = "fresh",
    now = "confirmed",
    was = null,
  } = {},
) {
  const example = DOCUMENT.components.examples.event.value;
  const { data } = example.event;
  return {
    ...example,
    ...{ source, verdict, taken_at: taken_at ?? example.taken_at },
    event: {
      ...example.event,
      ...{ id, source: `/hooks/${source}`, subject: order },
      data: { ...data, order: { ...data.order, id: order }, status: { ...data.status, now, was } },
    },
  };
}

/** A dead letter with its `content`: an event's, or that of a message which is no event. */
export const letter = (id, { content = '{"poison":"no event"}', ...more } = {}) => ({
  ...DOCUMENT.components.examples.deadLetter.value.dead_letter,
  ...{ id, content, bytes: Buffer.byteLength(content) },
  ...more,
});

export class DispatchStandIn extends ApiServer {
  /** What was asked, in order: the method and the address. */
  asked = [];
  /** What broke the document: a test ends with this empty. */
  broken = [];
  #next = [];

  constructor() {
    super();
    this.reset();
  }

  /** Empties it. `pageSize` bounds each page, whatever `limit` says. */
  reset({ pageSize = 200 } = {}) {
    Object.assign(this, {
      orders: [],
      details: {},
      events: [],
      letters: [],
      requeued: [],
      pageSize,
    });
    Object.assign(this, { asked: [], broken: [] });
    this.#next = [];
  }

  /** Has the next requests answered with these: problems, or answers of any other kind. */
  answerNext(...answers) {
    this.#next.push(...answers);
  }

  /** Calls `act` when the next request has come, before it is answered. */
  onNext(act) {
    this.#next.push(act);
  }

  serve(request, response) {
    const { pathname } = new URL(request.url, this.origin);
    const method = request.method;
    this.asked.push(`${method} ${decodeURIComponent(request.url.replaceAll("+", " "))}`);
    const { status, type, text, headers = {}, isForeign } = this.#answer(request);
    const all = { ...(type && { "content-type": type }), ...headers };
    try {
      if (!isForeign) assertAnswer(method, pathname, { status, headers: all, text });
    } catch (error) {
      this.broken.push(error.message);
    }
    response.writeHead(status, all).end(text);
  }

  #answer(request) {
    try {
      const next = this.#next.shift();
      if (typeof next === "function") next();
      else if (next instanceof Problem) throw next;
      else if (next) return { isForeign: true, text: "", ...next };
      return this.#operation(request);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const { code, message: detail, headers } = error;
      const status = STATUSES[code];
      const title = http.STATUS_CODES[status].replace("Payload Too Large", "Content Too Large");
      const text = JSON.stringify({ type: "about:blank", title, status, code, detail });
      return { status, type: "application/problem+json", text, headers };
    }
  }

  #operation({ method, url, headers: { authorization } }) {
    if (authorization === undefined) throw new Problem("token_missing");
    const isFull = authorization === `Bearer ${TOKEN}`;
    if (!isFull && authorization !== `Bearer ${READ_TOKEN}`)
      throw new Problem("token_invalid", "the token is unknown");
    const { pathname, searchParams } = new URL(url, this.origin);
    const operation = operationOf(method, pathname);
    if (!operation) throw new Problem("not_found");
    if (method !== "GET" && !isFull)
      throw new Problem("token_read_only", "the token may only read");
    const query = queryOf(operation, searchParams);
    const path = Object.entries(pathname.match(operation.pattern).groups ?? {});
    const named = Object.fromEntries(path.map(([name, text]) => [name, decodeURIComponent(text)]));
    return this[operation.is.operationId]({ ...query, ...named });
  }

  /** Returns a page of a list that is sorted oldest first. */
  #page(name, all, { limit = 50, cursor, sort = "newest" }) {
    const size = Math.min(limit, this.pageSize);
    const isOldest = sort === "oldest";
    const entries = all.map((entry, index) => [index + 1, entry]);
    const at = cursor === undefined ? undefined : positionIn(cursor, sort);
    const rest = (isOldest ? entries : entries.reverse()).filter(
      ([index]) => at === undefined || (isOldest ? index > at : index < at),
    );
    const shown = rest.slice(0, size);
    const end = cursorOf({ at: all.length, sort: "oldest" });
    const more = rest.length > size ? cursorOf({ at: shown.at(-1)[0], sort }) : null;
    return { [name]: shown.map(([, entry]) => entry), next: isOldest ? (more ?? end) : more, end };
  }

  listOrders({ limit, cursor, ...filters }) {
    const wanted = this.orders.filter((order) =>
      Object.entries(filters).every(([name, value]) => {
        if (name === "since") return order.updated_at >= value;
        if (name === "until") return order.updated_at < value;
        if (name === "tracking_number") return order.tracking_numbers.includes(value);
        return order[name] === value;
      }),
    );
    const { end, ...page } = this.#page("orders", wanted, { limit, cursor });
    return json(page);
  }

  getOrder({ source, id }) {
    const found = this.details[`${source} ${id}`];
    if (!found) throw new Problem("order_not_found");
    return json(found);
  }

  listEvents({ limit, cursor, sort, ...filters }) {
    const { end, ...page } = this.#page("events", this.#wanted(filters), { limit, cursor, sort });
    return json({ ...page, head: end });
  }

  #wanted({ since, until, ...filters }) {
    const read = {
      source: ({ source }) => source,
      verdict: ({ verdict }) => verdict,
      order: ({ event }) => event.subject,
      type: ({ event }) => event.type,
      status: ({ event }) => event.data.status?.now,
      phase: ({ event }) => event.data.status?.phase,
    };
    return this.events.filter(
      (record) =>
        Object.entries(filters).every(([name, value]) => read[name](record) === value) &&
        !(record.taken_at < since) &&
        !(record.taken_at >= until),
    );
  }

  getEvent({ source, id }) {
    const found = this.events.findLast?.(
      (record) => record.source === source && record.event.id === id,
    );
    if (!found) throw new Problem("event_not_found");
    return json(found);
  }

  exportRecords({ of, format = "ndjson", limit = 10_000, cursor, ...filters }) {
    const all = of === "orders" ? this.orders : this.#wanted(filters);
    const { [of]: some, next, end } = this.#page(of, all, { limit, cursor, sort: "oldest" });
    const rows =
      format === "csv" ? some.map(csvRow) : some.map((one) => `${JSON.stringify(one)}\n`);
    const head = format === "csv" && cursor === undefined ? "source,id\r\n" : "";
    const query = new URLSearchParams({ of, format, ...filters, cursor: next });
    return {
      status: 200,
      type: format === "csv" ? "text/csv" : "application/x-ndjson",
      text: head + rows.join(""),
      headers: next === end ? {} : { link: `</v1/export?${query}>; rel="next"` },
    };
  }

  listDeadLetters({ limit, cursor }) {
    const { letters, next } = this.#page("letters", this.letters, { limit, cursor });
    return json({ dead_letters: letters.map(({ content, ...letter }) => letter), next });
  }

  getDeadLetter({ id }) {
    const { content, ...dead_letter } = this.letters[this.#at(id)];
    return json({ dead_letter, content });
  }

  deleteDeadLetter({ id }) {
    this.letters.splice(this.#at(id), 1);
    return NOTHING;
  }

  requeueDeadLetter({ id }) {
    this.requeued.push(...this.letters.splice(this.#at(id), 1));
    return NOTHING;
  }

  #at(id) {
    const at = this.letters.findIndex((letter) => letter.id === id);
    if (at < 0) throw new Problem("dead_letter_not_found");
    return at;
  }
}

const csvRow = ({ source, id, event }) => `${source},"${id ?? event.id}"\r\n`;

/** Returns the values of a query. A parameter that the operation does not have is refused. */
function queryOf({ parameters }, search) {
  const known = Object.fromEntries(
    parameters
      .filter((parameter) => parameter.in === "query")
      .map(({ name, schema }) => [name, schema]),
  );
  const values = [...search].map(([name, text]) => {
    if (!(name in known)) throw new Problem("invalid_parameter", `\`${name}\` is unknown`);
    return [name, known[name].type === "integer" ? Number(text) : text];
  });
  for (const [name, value] of values)
    if (!isAllowed(known[name], value))
      throw new Problem("invalid_parameter", `\`${name}\` has a value that is not allowed`);
  return Object.fromEntries(values);
}

function isAllowed(schema, value) {
  const {
    enum: values,
    maximum,
    pattern,
  } = schema.$ref ? DOCUMENT.components.schemas[schema.$ref.split("/").at(-1)] : schema;
  if (values) return values.includes(value);
  if (maximum) return Number.isInteger(value) && value >= 1 && value <= maximum;
  return !pattern || new RegExp(pattern).test(value);
}
