// `JSON.parse` that keeps a number's digits where `String` would not give them back. As in `benches/peers/plain/json.js`, of a
// text in place of Node's bytes.
const [BYTE_ORDER_MARK, QUOTE, BACKSLASH] = [0xfeff, 34, 92];
const [PLUS, MINUS, POINT, ZERO, NINE, LETTER_E, LOWER] = [43, 45, 46, 48, 57, 101, 32];

const inDigits = (_, value, { source }) => (typeof value === "number" ? source : value);

export function parse(text) {
  const json = text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
  return JSON.parse(json, isExact(json) ? undefined : inDigits);
}

/** Whether `String` gives every number back as it was written. */
function isExact(text) {
  const { length } = text;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at, length);
    } else if (code === MINUS || (code >= ZERO && code <= NINE)) {
      const from = at;
      let whole = code !== MINUS;
      let next = text.charCodeAt(++at);
      while (at < length && isOfNumber(next)) {
        whole &&= next >= ZERO && next <= NINE;
        next = text.charCodeAt(++at);
      }
      if (whole && at - from < 16) continue;
      const number = text.slice(from, at);
      if (String(+number) !== number) return false;
    }
  }
  return true;
}

function endOfString(text, start, length) {
  for (let at = start + 1; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at++;
  }
  return length;
}

const isOfNumber = (code) =>
  (code >= ZERO && code <= NINE) ||
  code === POINT ||
  code === PLUS ||
  code === MINUS ||
  (code | LOWER) === LETTER_E;
