// `npm start`: sets up, builds, makes local secrets, and runs both Workers on this machine with local KV, queues and databases:
// dispatch first, which takes the events off the queue, then the receiver. The next start finds the journals again.
//
//   npm start -- --port 9000 --dispatch-port 9001    other ports; other arguments are passed to `wrangler dev`
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { build } from "./build.js";
import { LOCAL_SECRETS, localSecrets, readConfig, sourcesOf, table } from "./lib/cli.js";
import { ended, main, say, Stop } from "./lib/command.js";
import { environment, inRoot, node22, root } from "./setup.js";

const PORT = "8787";
const DISPATCH_PORT = "8788";
const READY_WITHIN_MS = 120_000;

/** Where both Workers keep their state, and find each other. */
const STATE = ".wrangler/state";
const REGISTRY = ".wrangler/registry";

/** Adds a random value to .dev.vars for every secret that is missing there. */
async function makeLocalSecrets() {
  const present = localSecrets(root);
  const missing = (await secretsOfSources()).filter(({ name }) => !present.has(name));
  if (missing.length === 0) return;
  const file = inRoot(LOCAL_SECRETS);
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  if (!text)
    writeFileSync(
      file,
      "# Secrets for local development only, made by `npm start`. Never overwritten; never committed.\n",
      { mode: 0o600 },
    );
  const separator = text && !text.endsWith("\n") ? "\n" : "";
  appendFileSync(file, separator + missing.map(({ name, value }) => `${name}=${value}\n`).join(""));
  say(`Made local secrets in ${LOCAL_SECRETS}: ${missing.map(({ name }) => name).join(", ")}`);
}

/** Returns the secrets that wrangler.toml's sources name, each with a value in its provider's format, and those of dispatch. */
async function secretsOfSources() {
  const secrets = sourcesOf(await readConfig(root)).flatMap(({ provider, secrets, token }) => {
    const secret =
      provider === "standard-webhooks"
        ? () => `whsec_${randomBytes(32).toString("base64")}`
        : random;
    return [
      ...secrets.map((name) => ({ name, value: secret() })),
      ...(token ? [{ name: token, value: random() }] : []),
    ];
  });
  for (const name of ["HEALTH_TOKEN", "DISPATCH_TOKEN", "DISPATCH_SEAL_KEY"]) secrets.push({ name, value: random() });
  return [...new Map(secrets.map((secret) => [secret.name, secret])).values()];
}

const random = () => randomBytes(32).toString("hex");

async function serve(args) {
  const { own, passedOn } = parted(args, ["--port", "--dispatch-port", "--persist-to"]);
  const port = own["--port"] ?? PORT;
  const dispatchPort = own["--dispatch-port"] ?? DISPATCH_PORT;
  const urls = { receiver: urlOf(port), dispatch: urlOf(dispatchPort) };
  // Otherwise another program's answer would be taken for a Worker's.
  if (await answers(`${urls.receiver}/healthz`))
    throw new Stop(
      `A Worker answers on ${urls.receiver} already. --port gives this one another port.`,
    );
  if (await answers(urls.dispatch))
    throw new Stop(
      `A program answers on ${urls.dispatch} already. --dispatch-port gives dispatch another port.`,
    );
  const state = resolve(root, own["--persist-to"] ?? STATE);
  const workers = new Workers(["--persist-to", state, ...passedOn]);
  // A local queue is in memory. It loses the events that the receiver sends before dispatch takes them.
  workers.start("src/dispatch/wrangler.toml", dispatchPort, ["--env-file", inRoot(LOCAL_SECRETS)]);
  if (await workers.until(() => answers(urls.dispatch))) {
    workers.start("wrangler.toml", port);
    if (await workers.until(() => answers(`${urls.receiver}/healthz`))) say(whatToTry(urls));
  }
  await workers.end();
}

const urlOf = (port) => `http://localhost:${port}`;

/** Takes some options, and their values, out of the arguments. */
function parted(args, names) {
  const own = {};
  const passedOn = [];
  for (let at = 0; at < args.length; at += 1) {
    const [name, value] = args[at].split("=", 2);
    if (!names.includes(name)) passedOn.push(args[at]);
    else own[name] = value ?? args[++at];
  }
  return { own, passedOn };
}

/** The two Workers, each in a session of `wrangler dev`. If one ends, so does the other. */
class Workers {
  #args;
  #children = [];
  #ends = [];
  #isOver = false;
  #wasAsked = false;

  constructor(args) {
    this.#args = args;
    // From a terminal, Ctrl-C reaches wrangler by itself; a signal to this process alone is passed on.
    process.on("SIGINT", () => this.#ask("SIGINT", process.stdin.isTTY));
    for (const signal of /** @type {const} */ (["SIGTERM", "SIGHUP"]))
      process.on(signal, () => this.#ask(signal, false));
  }

  start(config, port, more = []) {
    const wrangler = inRoot("node_modules/wrangler/bin/wrangler.js");
    // Its menu redraws the terminal that the event lines are read in.
    const plain = ["--local", "--show-interactive-dev-session=false"];
    const child = spawn(
      node22(),
      [wrangler, "dev", "-c", config, "--port", port, ...plain, ...more, ...this.#args],
      {
        cwd: root,
        stdio: "inherit",
        env: environment({
          WRANGLER_SEND_METRICS: "false",
          WRANGLER_SEND_ERROR_REPORTS: "false",
          WRANGLER_HIDE_BANNER: "true",
          WRANGLER_NO_SKILLS_UPDATE_PROMPTS: "true",
          // Apart from what other clones run.
          WRANGLER_REGISTRY_PATH: process.env.WRANGLER_REGISTRY_PATH ?? inRoot(REGISTRY),
          // The runtime's `request.cf` is made up, rather than fetched.
          CLOUDFLARE_CF_FETCH_ENABLED: "false",
        }),
      },
    );
    this.#children.push(child);
    const end = ended(child, "wrangler dev");
    this.#ends.push(end);
    void end.catch(() => {}).then(() => this.#over());
  }

  #ask(signal, isKnown) {
    this.#wasAsked = true;
    this.#isOver = true;
    if (!isKnown) for (const child of this.#children) child.kill(signal);
  }

  #over() {
    this.#isOver = true;
    for (const child of this.#children) child.kill("SIGINT");
  }

  /** Waits until something holds. Returns false if a Worker has ended before. Ends all if it takes too long. */
  async until(holds) {
    for (const deadline = Date.now() + READY_WITHIN_MS; Date.now() < deadline; ) {
      if (this.#isOver) return false;
      if (await holds()) return true;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    this.#over();
    throw new Stop(`No Worker answered within ${READY_WITHIN_MS / 1000} s.`);
  }

  /** Resolves once all have ended; fails if one has ended by itself. */
  async end() {
    const statuses = await Promise.all(this.#ends);
    const failed = statuses.find((status) => status !== 0);
    if (!this.#wasAsked && failed !== undefined)
      throw new Stop(`wrangler dev ended with ${failed}.`);
  }
}

/** Whether something answers, whatever it says. */
async function answers(url) {
  try {
    await fetch(url, { signal: AbortSignal.timeout(2_000) });
    return true;
  } catch {
    return false;
  }
}

const whatToTry = ({ receiver, dispatch }) => {
  const there = receiver.endsWith(`:${PORT}`) ? "" : ` --url ${receiver}`;
  const asked = dispatch.endsWith(`:${DISPATCH_PORT}`) ? "" : ` -- --dispatch ${dispatch}`;
  const rows = [
    [
      `npm run send -- wakilni order-confirmed${there}`,
      "sign a delivery as the provider would, and post it",
    ],
    ["npm run send -- --list", "every provider and event that it knows"],
    [`npm run orders${asked}`, "where each order is"],
    [`curl ${receiver}/healthz`, '"ok", or "degraded": a line above says why'],
  ];
  return `
orderhook is ready on ${receiver}, and dispatch on ${dispatch}. In a second terminal:

${table(rows)}
The events show here as they are taken into the journals. Ctrl-C ends it.
`;
};

await main(import.meta.url, async (args) => {
  await build();
  await makeLocalSecrets();
  await serve(args);
});
