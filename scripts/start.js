// `npm start`: sets up, builds, makes local secrets, and runs both Workers on this machine with local KV, queues and databases:
// dispatch first, which takes the events off the queue, then the receiver. The next start finds the journals again.
//
//   npm start -- --demo                              then `npm run demo`, too
//   npm start -- --port 9000 --dispatch-port 9001    other ports; other arguments are passed to `wrangler dev`
import { spawn } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { DISCREET } from "../pkg/cli/cloudflare/secrets.js";
import { build } from "./build.js";
import { demo } from "./demo.js";
import { LOCAL_SECRETS, localSecrets, readConfig, sourcesOf, table } from "./lib/cli.js";
import { ended, lines, main, say, seconds, Stop } from "./lib/command.js";
import {
  endpointFor,
  ownEndpoints,
  writeDispatchVars,
  writeReceiverVars,
} from "./lib/local-sources.js";
import { keyOf, makeToken } from "./lib/secret.js";
import { consoleLink } from "./lib/sign-in.js";
import { STARTED, answers, registryPath } from "./lib/started.js";
import { withoutRoutine } from "./lib/wrangler-output.js";
import { environment, inRoot, node22, root } from "./setup.js";

const PORT = "8787";
const DISPATCH_PORT = "8788";
const READY_WITHIN_MS = 120_000;

/** Where both Workers keep their state. */
const STATE = ".wrangler/state";

/** Where Node keeps what it has compiled of wrangler, so that the next start is faster. */
const COMPILED = ".wrangler/compiled";

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

/** Returns the secrets that wrangler.toml's sources name, each with a value in its provider's format, and those of the Workers. */
async function secretsOfSources() {
  // It needs a package, which the set-up installs.
  const { definitions } = await import("./lib/catalogue.js");
  const all = definitions();
  const secrets = sourcesOf(await readConfig(root)).flatMap(
    ({ provider, scheme, secrets, token }) => {
      const key = keyOf(all.get(provider), scheme);
      return [
        // A provider's public key cannot be made.
        ...(key.make ? secrets.map((name) => ({ name, value: key.make() })) : []),
        ...(token ? [{ name: token, value: makeToken() }] : []),
      ];
    },
  );
  for (const name of ["HEALTH_TOKEN", "DISPATCH_TOKEN", "DISPATCH_SEAL_KEY"])
    secrets.push({ name, value: makeToken() });
  return [...new Map(secrets.map((secret) => [secret.name, secret])).values()];
}

async function serve(args, began) {
  const { own, passedOn } = parted(
    args.filter((arg) => arg !== "--demo"),
    ["--port", "--dispatch-port", "--persist-to"],
  );
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
  const workers = new Workers(["--persist-to", state, ...passedOn], urls.dispatch);
  // Both load at the same time. The receiver's build waits for dispatch: a local queue is in memory, and loses the events that the
  // receiver sends before dispatch takes them.
  const dispatchVars = writeDispatchVars(dispatchPort);
  workers.start("src/dispatch/wrangler.toml", dispatchPort, variablesIn(dispatchVars));
  workers.start("wrangler.toml", port, variablesIn(await writeReceiverVars(port)));
  const isThere = (url) => workers.until(() => answers(url));
  if ((await isThere(urls.dispatch)) && (await isThere(`${urls.receiver}/healthz`))) {
    say(ready(urls, began));
    if (args.includes("--demo")) await demo(urls);
    say(whatToTry(urls));
    say(await consoleLink(urls.dispatch, root));
  }
  await workers.end();
}

/** Returns the options for the local secrets and a file of more variables, which replace them. */
const variablesIn = (file) => ["--env-file", inRoot(LOCAL_SECRETS), "--env-file", file];

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
  #dispatch;
  #children = [];
  #ends = [];
  #isOver = false;
  #wasAsked = false;

  constructor(args, dispatch) {
    this.#args = args;
    this.#dispatch = dispatch;
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
        stdio: ["inherit", "pipe", "pipe"],
        env: environment({
          ...DISCREET,
          ...(process.stdout.isTTY && { FORCE_COLOR: "1" }),
          [STARTED]: this.#dispatch,
          NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? inRoot(COMPILED),
          WRANGLER_REGISTRY_PATH: registryPath(),
          // The runtime's `request.cf` is made up, rather than fetched.
          CLOUDFLARE_CF_FETCH_ENABLED: "false",
        }),
      },
    );
    for (const name of /** @type {const} */ (["stdout", "stderr"]))
      void lines(
        child[name],
        withoutRoutine((line) => process[name].write(line)),
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

const ready = ({ receiver, dispatch }, began) =>
  `\norderhook is ready on ${receiver}, and dispatch on ${dispatch}, after ${seconds(began)}.`;

/** Returns the hosts and ports that dispatch may post events to. dispatch itself reports an entry that is not one. */
function allowedBy(dispatch) {
  const own = ownEndpoints().filter((entry) => /^[\w.-]+:\d+$/.test(entry));
  return [...own, `${endpointFor(new URL(dispatch).port)} for the demo`].join(", ");
}

const whatToTry = ({ receiver, dispatch }) => {
  const there = receiver.endsWith(`:${PORT}`) ? "" : ` --url ${receiver}`;
  const asked = dispatch.endsWith(`:${DISPATCH_PORT}`) ? "" : ` --dispatch ${dispatch}`;
  const afterDashes = asked && ` --${asked}`;
  const rows = [
    [
      `npm run demo${there || asked ? ` --${there}${asked}` : ""}`,
      "a day of a small shop, with every built-in provider",
    ],
    [
      `npm run send -- wakilni order-confirmed${there}`,
      "sign a delivery as the provider would, and post it",
    ],
    ["npm run send -- --list", "every provider and event that it knows"],
  ];
  const seen = [
    [`npm run orders${afterDashes}`, "where each order is; with a source and an id, its timeline"],
    [`npm run events -- --follow${asked}`, "events, as they come"],
    [`npm run dead-letters${afterDashes}`, "the messages that were not taken"],
    [`curl ${receiver}/healthz`, '"ok", or "degraded": a line above says why'],
  ];
  return `
To try next, in a second terminal:

${table(rows)}
To see what happened:

${table(seen)}
Each event shows here, too, once it is in the journal. The journals are in ${STATE}. Ctrl-C ends it.
The receiver has a source for each provider, and dispatch may post events to ${allowedBy(dispatch)}.
To put it on Cloudflare: npm run deploy.
`;
};

await main(import.meta.url, async (args) => {
  const began = Date.now();
  await build();
  await makeLocalSecrets();
  await serve(args, began);
});
