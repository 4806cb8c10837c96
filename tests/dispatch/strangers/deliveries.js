// Messages that dispatch has posted to endpoints of this machine's: what the libraries of others are given.
import { event, startDispatch, unrecognized } from "../../support/dispatch.js";
import { startEndpoint } from "../../support/endpoint.js";

/** Text of every kind: two directions, other planes, and characters that JSON and HTML treat specially. */
const TEXT = 'Ünïcödé, طلب ١٢٣, 注文, 🚚, "quoted", \\, </script>, \u2028, \u0000';

/** The events, by a name of each. The body of a large one has more than 64 KB. */
const events = (source) => ({
  plain: event({ source, id: "evt.1" }),
  text: event({ source, data: { notes: TEXT, customer: { name: TEXT } } }),
  large: event({ source, data: { payload: JSON.stringify({ text: "ü".repeat(50_000) }) } }),
  again: event({ source, time: "2026-11-15T00:00:00Z" }),
  unrecognized: unrecognized({ source, payload: TEXT }),
});

/** The bodies of providers: JSON, other text, nothing, and bytes that are not text. */
const bodies = (source) => ({
  json: event({ source, data: { payload: '{ "id" : 1.0 }\n' } }),
  form: event({ source, data: { payload: "a=1&b=%C3%BC" } }),
  empty: event({ source, data: { payload: "" } }),
  bytes: event({ source, data: { payload: undefined, payload_base64: "/wABgP8=" } }),
});

/**
 * Lets dispatch post events in both signed formats, to an endpoint whose secret was rotated, and as tests. Resolves to a list of
 * `name`, `format`, `headers`, `bytes` of the body, the `secrets` that sign, and the `event`.
 */
export async function makeDeliveries() {
  const server = await startEndpoint();
  const dispatch = await startDispatch({ vars: { LOCAL_ENDPOINTS: server.pair } });
  try {
    const maker = { dispatch, server };
    return [
      ...(await posted(maker, "cloudevents", events)),
      ...(await posted(maker, "payload", bodies)),
      ...(await posted(maker, "cloudevents", (source) => ({ rotated: event({ source }) }), true)),
      ...(await tested(maker)),
    ];
  } finally {
    await dispatch.stop();
    await server.stop();
  }
}

let names = 0;

/** Makes an endpoint for events of a source of its own. Returns its path, its id and its secrets. */
async function makeEndpoint({ dispatch, server }, format) {
  const source = `stranger-${++names}`;
  const path = `/${source}`;
  const url = `http://${server.pair}${path}`;
  const made = await dispatch.post("/v1/endpoints", { url, format, filter: { sources: [source] } });
  return { source, path, id: made.json.id, secrets: [made.json.secret] };
}

async function posted({ dispatch, server }, format, make, isRotated = false) {
  const endpoint = await makeEndpoint({ dispatch, server }, format);
  if (isRotated) {
    const { json } = await dispatch.post(`/v1/endpoints/${endpoint.id}/secret/rotate`);
    endpoint.secrets.unshift(json.secret);
  }
  const made = Object.entries(make(endpoint.source));
  const deliveries = [];
  // One by one, so that each request is known by its place.
  for (const [at, [name, event]] of made.entries()) {
    await dispatch.take(event);
    const request = await server.inbox.untilNth(at + 1, ({ path }) => path === endpoint.path);
    deliveries.push(delivery(name, format, endpoint, request, event));
  }
  return deliveries;
}

async function tested({ dispatch, server }) {
  const endpoint = await makeEndpoint({ dispatch, server }, "cloudevents");
  await dispatch.post(`/v1/endpoints/${endpoint.id}/tests`, {});
  const requests = server.inbox.entries.filter(({ path }) => path === endpoint.path);
  return requests.map((request, at) =>
    delivery(`test ${at + 1}`, "cloudevents", endpoint, request, JSON.parse(request.body)),
  );
}

const delivery = (name, format, { secrets }, { headers, bytes }, event) => ({
  name: `${format}, ${name}`,
  ...{ format, secrets, headers, bytes, event },
});

/** Whether the body of a message is text, which most libraries take. */
export const isText = ({ bytes }) => Buffer.from(bytes.toString()).equals(bytes);
