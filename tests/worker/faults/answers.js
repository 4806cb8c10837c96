// The documented answers to authentic deliveries.

const SUCCESS = { type: "application/json", retryAfter: /^undefined$/ };
const PROBLEM = { type: "application/problem+json", retryAfter: /^30$/ };

const ANSWERS = {
  accepted: { status: 202, ...SUCCESS },
  duplicate: { status: 200, ...SUCCESS },
  queue_unavailable: { status: 503, ...PROBLEM },
  copy_in_progress: { status: 503, ...PROBLEM, retryAfter: /^([1-9]|10)$/ },
};

/** Returns an answer in one word. */
export const codeOf = ({ json }) => json?.code ?? json?.status;

/** Returns the error in an answer; undefined if it is right. */
export function wrongOf(answer, { event, landed }) {
  if (!isDocumented(answer, event))
    return `an answer that is not documented: ${answer.status} ${answer.text}`;
  if (answer.status < 300 && landed === 0)
    return `${answer.status} before the event is in the queue`;
  return undefined;
}

function isDocumented(answer, { id }) {
  const { status, headers, json } = answer;
  const expected = ANSWERS[codeOf(answer)];
  if (status !== expected?.status || headers["content-type"] !== expected.type) return false;
  // A problem has its status as a number, and does not have an id.
  return (
    expected.retryAfter.test(headers["retry-after"]) &&
    (json.code === undefined ? json.id === id : json.status === status)
  );
}
