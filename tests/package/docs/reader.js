// A reader of the pages: a project with the packed package, into which the examples are written,
// and the events that they keep.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { makeProject } from "../../consumers/project.js";
import { wakilni } from "../../support/sign.js";
import { serve } from "./program.js";

export const SECRET = "a secret of this test's";
export const ORDER = '{ "event_id":"e-1",\n"event":"Order Completed", "data":{"order_id":1001} }\n';
export const LATIN1 = Buffer.from('{"event_id":"e-3","note":"caf\xe9"}', "latin1");
export const OVER_1_MIB = Buffer.alloc(1_048_577, " ");

/** Returns the headers of a delivery of Wakilni's. */
export const signed = (body) => ({ "content-type": "application/json", ...wakilni(SECRET, body) });

/** Posts a delivery, and returns the answer. */
export async function post(url, body, headers = signed(body)) {
  const response = await fetch(url, { method: "POST", body, headers, redirect: "manual" });
  return { status: response.status, text: await response.text() };
}

export class Reader {
  #taken = [];

  /** Makes the project, and the module `orders.js` that the examples import. */
  async start(name) {
    this.project = makeProject(name);
    this.folder = this.project.folder;
    await this.#collect();
    this.write("orders.js", this.orders);
    return this;
  }

  stop() {
    this.collector?.close();
    this.project?.remove();
  }

  /** Receives the events that the examples' `take` passes on. Refuses those of one order. */
  async #collect() {
    this.collector = createServer(async (request, response) => {
      const event = JSON.parse(Buffer.concat(await request.toArray()).toString());
      const keeps = event.subject !== "lost";
      if (keeps) this.#taken.push(event);
      response.writeHead(keeps ? 204 : 500).end();
    }).listen(0, "127.0.0.1");
    await once(this.collector, "listening");
    const origin = `http://127.0.0.1:${this.collector.address().port}/`;
    const source = readFileSync(new URL("orders.js", import.meta.url), "utf8");
    this.orders = source.replace('"TAKEN"', JSON.stringify(origin));
  }

  /** Returns the events that were taken since the last call. */
  taken() {
    return this.#taken.splice(0);
  }

  write(path, content) {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    this.project.write(path, content);
  }

  read(path) {
    return readFileSync(join(this.folder, path));
  }

  environment(more) {
    return {
      ...process.env,
      WAKILNI_SECRET: SECRET,
      DENO_DIR: join(this.folder, "build/deno"),
      NEXT_TELEMETRY_DISABLED: "1",
      NO_COLOR: "1",
      FORCE_COLOR: undefined,
      ...more,
    };
  }

  /** Runs a program to its end, and returns its exit code and its output. */
  async run(command, args, { cwd = this.folder, env } = {}) {
    const child = spawn(command, args, {
      cwd,
      env: this.environment(env),
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [stdout, stderr, [status]] = await Promise.all([
      child.stdout.toArray(),
      child.stderr.toArray(),
      once(child, "close"),
    ]);
    return {
      status,
      stdout: Buffer.concat(stdout).toString(),
      stderr: Buffer.concat(stderr).toString(),
    };
  }

  /** Starts a server of the reader's. `args` returns its arguments from its port. */
  serve(command, args, { cwd = this.folder, env } = {}) {
    return serve(command, args, { cwd, env: this.environment(env) });
  }

  /** Runs the installed command `orderhook`. */
  orderhook(args, options) {
    return this.run(join(this.folder, "node_modules/.bin/orderhook"), args, options);
  }
}
