// Which view an address shows. A view that is not needed at once is loaded when it is first opened.
import { later } from "./parts/later.js";
import { Missing } from "./parts/states.js";
import { Now } from "./views/now.js";

/** Loads a view of a module on first use. */
const of = (name, load) => later(async () => (await load())[name]);

const VIEWS = {
  orders: of("Orders", () => import("./views/orders.js")),
  order: of("Order", () => import("./views/order.js")),
  event: of("EventPage", () => import("./views/event-detail.js")),
  endpoints: of("Endpoints", () => import("./views/endpoints.js")),
  newEndpoint: of("NewEndpoint", () => import("./views/endpoint-form.js")),
  changeEndpoint: of("ChangeEndpoint", () => import("./views/endpoint-form.js")),
  endpoint: of("Endpoint", () => import("./views/endpoint.js")),
  delivery: of("Delivery", () => import("./views/delivery.js")),
  sources: of("Sources", () => import("./views/sources.js")),
  source: of("Source", () => import("./views/source.js")),
  explain: of("Explain", () => import("./views/explain.js")),
  charts: of("Charts", () => import("./views/charts.js")),
  deadLetters: of("DeadLetters", () => import("./views/dead-letters.js")),
  deadLetter: of("DeadLetter", () => import("./views/dead-letters.js")),
  tokens: of("Tokens", () => import("./views/tokens.js")),
  audit: of("Audit", () => import("./views/audit.js")),
};

/**
 * Returns the view of an address, and what the address says of it. `key` tells two views of one kind apart.
 *
 * @param {string[]} parts
 */
export function viewOf(parts) {
  const [section = "now", ...rest] = parts;
  const found = Object.hasOwn(WAYS, section) ? WAYS[section](...rest) : undefined;
  return { View: Missing, ...found, key: parts.join("/") };
}

/** @type {Record<string, (...parts: string[]) => ({ View: any, [name: string]: any } | undefined)>} */
const WAYS = {
  now: (...more) => only(more, { View: Now }),
  orders: (source, id, ...more) =>
    only(
      more,
      id === undefined ? alone(source, { View: VIEWS.orders }) : { View: VIEWS.order, source, id },
    ),
  events: (source, id, ...more) => only(more, id && { View: VIEWS.event, source, id }),
  endpoints: (id, action, ...more) => only(more, endpointView(id, action)),
  deliveries: (id, ...more) => only(more, id && { View: VIEWS.delivery, id }),
  sources: (name, ...more) =>
    only(more, name ? { View: VIEWS.source, name } : { View: VIEWS.sources }),
  explain: (...more) => only(more, { View: VIEWS.explain }),
  charts: (...more) => only(more, { View: VIEWS.charts }),
  "dead-letters": (id, ...more) =>
    only(more, id ? { View: VIEWS.deadLetter, id } : { View: VIEWS.deadLetters }),
  tokens: (...more) => only(more, { View: VIEWS.tokens }),
  audit: (...more) => only(more, { View: VIEWS.audit }),
};

const only = (more, found) => (more.length === 0 && found ? found : undefined);
const alone = (part, found) => (part === undefined ? found : undefined);

function endpointView(id, action) {
  if (id === undefined) return { View: VIEWS.endpoints };
  if (id === "new") return alone(action, { View: VIEWS.newEndpoint });
  if (action === "change") return { View: VIEWS.changeEndpoint, id };
  return alone(action, { View: VIEWS.endpoint, id });
}
