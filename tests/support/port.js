import { once } from "node:events";
import { createServer } from "node:net";

/**
 * The ports that `freePort` returns. A system gives none of them to a program that asks for any port, or that opens a connection: Linux
 * begins at 32768, others at 49152. So a port is still free when the test listens on it.
 */
const [FIRST, COUNT] = [20_000, 12_000];

/** Where this process goes on: each begins somewhere else. */
let next = (process.pid * 16) % COUNT;

/** Returns a port of this machine's that nothing listens on, and that it does not return again. */
export async function freePort() {
  for (;;) {
    const port = FIRST + next;
    next = (next + 1) % COUNT;
    if (await isFree(port)) return port;
  }
}

async function isFree(port) {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
