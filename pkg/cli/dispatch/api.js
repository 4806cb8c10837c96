// The API of dispatch, as docs/openapi.yaml describes it.
import { Failure, PATIENCE_MS, unreachable } from "../failure.js";
import { retryAfter } from "../retry-after.js";

const TRIES = 4;
const MAX_WAIT_S = 60;
/** The most entries of a page. */
const MAX_PAGE = 200;

/** Returns an address of the API: each part of the path encoded, and the query without what is undefined. */
export function pathOf(parts, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  const path = `/v1/${parts.map(encodeURIComponent).join("/")}`;
  return given.length > 0 ? `${path}?${search}` : path;
}

/** Sends a request that changes something, with `value` as its body if it is given. It is sent once. */
export const change = (access, method, path, value) => ask(access, method, path, value);

/** Returns the JSON of an address. A journal that cannot be asked at this moment is asked again. */
export async function read(access, path) {
  const response = await readResponse(access, path);
  return body(access, response, () => response.json());
}

/** Returns the answer of an address, whose body is still to be read. */
export async function readResponse(access, path) {
  for (let tried = 1; ; tried += 1) {
    try {
      return await ask(access, "GET", path);
    } catch (error) {
      const wait = tried < TRIES ? error.retryAfter : undefined;
      if (wait === undefined || wait > MAX_WAIT_S) throw error;
      await new Promise((resolve) => setTimeout(resolve, wait * 1000));
    }
  }
}

/** Returns what `reading` reads of a response's body. */
export async function body(access, { status }, reading) {
  try {
    return await reading();
  } catch (error) {
    if (error instanceof SyntaxError) throw notDispatch(access, status, "without JSON.");
    throw unanswered(access, error);
  }
}

/**
 * Returns up to `most` entries of a list, under `name` in each page, as `entries`; `next` is the cursor of the rest, or null; `first`
 * is the first page.
 */
export async function list(access, name, query, most) {
  const entries = [];
  let first;
  let cursor;
  do {
    const limit = Math.min(most - entries.length, MAX_PAGE);
    const page = await read(access, pathOf([name], { ...query, limit, cursor }));
    first ??= page;
    entries.push(...page[name.replaceAll("-", "_")]);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined && entries.length < most);
  return { entries, next: cursor ?? null, first };
}

async function ask(access, method, path, value) {
  const { origin, token, signal } = access;
  let response;
  try {
    response = await fetch(`${origin}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(value !== undefined && { "content-type": "application/json" }),
      },
      body: value === undefined ? undefined : JSON.stringify(value),
      redirect: "manual",
      signal: either(AbortSignal.timeout(PATIENCE_MS), signal),
    });
  } catch (error) {
    throw unanswered(access, error);
  }
  if (response.ok) return response;
  throw await refusal(access, response);
}

// Node has `any` from 20.3 on. Without it, a request that is being followed has no time-out.
const either = (late, asked) => (asked ? (AbortSignal.any?.([late, asked]) ?? asked) : late);

/** Returns the failure that an unsuccessful answer reports. */
async function refusal(access, response) {
  const { status, headers } = response;
  const type = headers.get("content-type") ?? "no content type";
  if (status >= 300 && status < 400)
    return notDispatch(
      access,
      status,
      "with a redirect. It may be behind a login, as of Cloudflare Access.",
    );
  const problem = /^application\/problem\+json\b/.test(type)
    ? await body(access, response, () => response.json())
    : undefined;
  const isProblem = typeof problem?.code === "string" && typeof problem.detail === "string";
  // The receiver answers in the same form, and has another API.
  if (!isProblem || problem.code === "not_found")
    return notDispatch(
      access,
      status,
      isProblem ? "not_found. Or it is an older version." : `with ${type}.`,
    );
  const failure = new Failure(problem.code, adviceOn(problem, access));
  return Object.assign(failure, { status, retryAfter: retryAfter(response) });
}

function adviceOn({ code, detail }, { origin, tokenFrom }) {
  if (code === "token_invalid" || code === "token_missing")
    return `${origin} refuses the token of ${tokenFrom}: ${detail}.`;
  if (code === "token_read_only")
    return `The token of ${tokenFrom} may only read. Set ORDERHOOK_DISPATCH_TOKEN to one of full access.`;
  return `${origin} answered ${code}: ${detail}.`;
}

function notDispatch({ origin }, status, what) {
  const message = `What answers on ${origin} is not orderhook-dispatch: ${status} ${what}\n--dispatch, or ORDERHOOK_DISPATCH, names its address.`;
  return Object.assign(new Failure("no_dispatch", message), { status });
}

const unanswered = (access, error) =>
  Object.assign(unreachable(access.origin, error, access.unreachable), { isUnreachable: true });
