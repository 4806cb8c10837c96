// `npm start`: sets up, builds, makes local secrets, and runs the Worker on this machine with local KV and local queues.
// Arguments after `--` are passed to `wrangler dev`: npm start -- --port 9000
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { build } from "./build.js";
import { LOCAL_SECRETS, localSecrets, readConfig, sourcesOf, table } from "./lib/cli.js";
import { ended, main, say, Stop } from "./lib/command.js";
import { environment, inRoot, node22, root } from "./setup.js";

const PORT = "8787";
const READY_WITHIN_MS = 120_000;

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

/** Returns the secrets that wrangler.toml's sources name, each with a value in its provider's format, and HEALTH_TOKEN. */
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
  secrets.push({ name: "HEALTH_TOKEN", value: random() });
  return [...new Map(secrets.map((secret) => [secret.name, secret])).values()];
}

const random = () => randomBytes(32).toString("hex");

async function serve(args) {
  const port = optionValue(args, "--port");
  const url = `http://localhost:${port ?? PORT}`;
  // Otherwise another program's answer would be taken for the Worker's.
  if (await answers(`${url}/healthz`))
    throw new Stop(`A Worker answers on ${url} already. --port gives this one another port.`);
  const endOfDeadLetters = keepDeadLetters(optionValue(args, "--persist-to"));
  const wrangler = spawn(
    node22(),
    [
      ...[
        inRoot("node_modules/wrangler/bin/wrangler.js"),
        "dev",
        "--local",
        ...(port ? [] : ["--port", PORT]),
      ],
      // Its menu redraws the terminal that the event lines are read in.
      ...["--show-interactive-dev-session=false", ...args],
    ],
    {
      cwd: root,
      stdio: "inherit",
      env: environment({
        WRANGLER_SEND_METRICS: "false",
        WRANGLER_SEND_ERROR_REPORTS: "false",
        WRANGLER_HIDE_BANNER: "true",
        WRANGLER_NO_SKILLS_UPDATE_PROMPTS: "true",
        // The runtime's `request.cf` is made up, rather than fetched.
        CLOUDFLARE_CF_FETCH_ENABLED: "false",
      }),
    },
  );
  // From a terminal, Ctrl-C reaches wrangler by itself; a signal to this process alone is passed on.
  let asked = false;
  process.on("SIGINT", () => (asked = process.stdin.isTTY || wrangler.kill("SIGINT")));
  for (const signal of /** @type {const} */ (["SIGTERM", "SIGHUP"]))
    process.on(signal, () => (asked = wrangler.kill(signal)));
  const end = ended(wrangler, "wrangler dev");
  void announce(url, end);
  const status = await end.finally(endOfDeadLetters);
  if (!asked && status !== 0) throw new Stop(`wrangler dev ended with ${status}.`);
}

function optionValue(args, option) {
  const at = args.findIndex((arg) => arg === option || arg.startsWith(`${option}=`));
  return at < 0 ? undefined : (args[at].split("=")[1] ?? args[at + 1]);
}

/** Starts the keeper of the dead letters; returns a function that ends it. The Worker runs without it, too. */
function keepDeadLetters(persistTo) {
  const state = persistTo === undefined ? [] : [`--persist-to=${persistTo}`];
  const command = [inRoot("pkg/cli/orderhook.js"), "dead-letters", "keep", ...state];
  const keeper = spawn(node22(), command, {
    cwd: root,
    stdio: ["pipe", "inherit", "inherit"],
    env: environment(),
    // Ctrl-C is for wrangler. The keeper ends with its standard input, and so even if this process is killed.
    detached: true,
  });
  // If it has ended already, writing to it fails.
  keeper.stdin.on("error", () => {});
  let asked = false;
  const end = ended(keeper, "orderhook dead-letters keep").catch(({ message }) => message);
  void end.then(
    (how) =>
      asked ||
      say(`npm run dead-letters will not do: what keeps the dead letters here has ended (${how}).`),
  );
  return () => {
    asked = true;
    keeper.stdin.end();
    return end;
  };
}

/** Prints commands to try, as soon as the Worker answers. */
async function announce(url, end) {
  let over = false;
  end.catch(() => {}).then(() => (over = true));
  for (const deadline = Date.now() + READY_WITHIN_MS; !over && Date.now() < deadline; ) {
    if (await answers(`${url}/healthz`)) return say(whatToTry(url));
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function answers(url) {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}

const whatToTry = (url) => {
  const there = url.endsWith(`:${PORT}`) ? "" : ` --url ${url}`;
  const rows = [
    [
      `npm run send -- wakilni order-confirmed${there}`,
      "sign a delivery as the provider would, and post it",
    ],
    ["npm run send -- --list", "every provider and event that it knows"],
    [`curl ${url}/healthz`, '"ok", or "degraded": a line above says why'],
  ];
  return `
orderhook is ready on ${url}. In a second terminal:

${table(rows)}
The events show here as they leave the queue. Ctrl-C ends it.
`;
};

await main(import.meta.url, async (args) => {
  await build();
  await makeLocalSecrets();
  await serve(args);
});
