import { createServer } from "node:http";
import { receive } from "orderhook";
import { accountOf, answer } from "./answer.js";

createServer(async (request, response) => {
  const { url, headers } = request;
  const body = Buffer.concat(await request.toArray());
  response.end(await answer(() => receive({ ...accountOf(url), url, headers, body })));
}).listen(process.env.PORT, "127.0.0.1");
