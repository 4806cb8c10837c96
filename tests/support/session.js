// A browser's side of dispatch's sessions: its cookie and its Origin, as headers.

/** Returns the ways to sign in to a dispatch, and to send requests with a cookie. */
export function browserOf(dispatch) {
  const { origin } = dispatch.url;
  const json = { origin, "content-type": "application/json" };
  /** Sends the body that signs in. `headers` replace those of the console's page; undefined leaves one out. */
  const signIn = (body, headers = {}) =>
    dispatch.send({
      ...{ method: "POST", path: "/v1/session", body: JSON.stringify(body) },
      headers: given({ ...json, ...headers }),
    });
  return {
    origin,
    signIn,
    /** Signs in. Returns the cookie, as a browser sends it. */
    async cookie(body) {
      const answer = await signIn(body);
      if (answer.status !== 200) throw new Error(answer.text);
      return cookieOf(answer);
    },
    /** Sends a request with a cookie, as the console's page does. */
    send: (cookie, { headers = {}, body, ...request }) =>
      dispatch.send({
        ...request,
        ...(body !== undefined && { body: JSON.stringify(body) }),
        headers: given({ ...json, cookie, ...headers }),
      }),
  };
}

const given = (headers) =>
  Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));

/** Returns the cookie that an answer sets, as a browser sends it. */
export const cookieOf = ({ headers }) => headers["set-cookie"][0].split(";")[0];
