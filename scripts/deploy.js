// `npm run deploy`: puts both Workers on Cloudflare, with all that they need there.
import { text } from "node:stream/consumers";
import { buildDispatch, buildWorker } from "./build.js";
import { Account } from "./deploy/account.js";
import { definitionsFor } from "./deploy/definitions.js";
import { hostsOf, withOwnHosts } from "./deploy/hosts.js";
import { checkConsumers, planOf, refuseTaken, stateOf, stepsOf } from "./deploy/plan.js";
import { removeAll } from "./deploy/remove.js";
import { addressOf, madeText, nextText, providersText } from "./deploy/report.js";
import { givenSecrets, valuesOf, wantedSecrets } from "./deploy/secrets.js";
import { switchesAmong, switchesIn } from "./deploy/switches.js";
import { misfits, withNamespace, workersIn } from "./deploy/workers.js";
import { deployWorker, setSecrets } from "./deploy/wrangler.js";
import { parse, runTask, sourcesOf, wrongUsage } from "./lib/cli.js";
import { Stop, main, say } from "./lib/command.js";
import { root, setUp } from "./setup.js";

const HELP = `Usage: npm run deploy -- [options]

Puts the receiver and dispatch on Cloudflare: makes the queues and the namespace
that are missing, deploys both, sets the secrets that are missing, and prints the
addresses. If it stops, or for an upgrade, run it again.

      --dry-run             show every step, and change nothing
      --receiver            the receiver alone, for a consumer of your own
      --stdin               read secrets from standard input, as NAME=value, one
                            a line; NAME= makes a new one
      --replace <name>      replace this secret; many. DISPATCH_SEAL_KEY is refused
                            once it is set: dispatch needs the old key, too
      --remove              delete both Workers, their queues, their KV namespace
                            and all data, once you have typed the receiver's name
      --yes                 with --remove: do not ask

wrangler logs in: npx wrangler login, or CLOUDFLARE_API_TOKEN. With several
accounts, CLOUDFLARE_ACCOUNT_ID chooses one.

It ends with 0; with 1 when something is missing or failed; with 2 when the
command is wrong.`;

const OPTIONS = {
  "dry-run": { type: "boolean" },
  receiver: { type: "boolean" },
  stdin: { type: "boolean" },
  replace: { type: "string", multiple: true },
  remove: { type: "boolean" },
  yes: { type: "boolean" },
};

function understood(args) {
  const { values, positionals } = parse(args, OPTIONS, "npm run deploy --");
  if (positionals.length > 0) throw wrongUsage("It takes nothing but options.");
  const { remove, yes, receiver, stdin, replace } = values;
  if (remove && (receiver || stdin || replace))
    throw wrongUsage("--remove takes --dry-run and --yes alone.");
  if (yes && !remove) throw wrongUsage("--yes is for --remove.");
  if (values["dry-run"] && (stdin || replace))
    throw wrongUsage("--dry-run sets no secrets: leave --stdin and --replace.");
  return values;
}

function refuse(problems) {
  if (problems.length > 0) throw new Stop(`Nothing was changed.\n${problems.join("\n")}`);
}

/** Prints each step, with what is known of the account, and lets wrangler check both Workers. */
async function rehearse(workers, wanted) {
  const plan = planOf(workers, wanted, await knownState(workers));
  say(`\n${stepsOf(plan)}`);
  for (const worker of plan.order) {
    say(`\nwrangler checks ${worker.name}:`);
    await deployWorker(worker, { isDryRun: true });
  }
  say("\nNothing was changed.");
}

async function knownState(workers) {
  try {
    return await stateOf(await Account.open(workers[0]), workers);
  } catch (error) {
    if (error.code === undefined) throw error;
    say(`What the account has is not known, so every step is shown. ${error.message}`);
    return undefined;
  }
}

/**
 * @param {any[]} workers
 * @param {any[]} wanted
 * @param {Map<string, any>} definitions
 * @param {{ stdin?: boolean, replace?: string[] }} options
 */
async function deploy(workers, wanted, definitions, { stdin, replace = [] }) {
  const account = await Account.open(workers[0]);
  const state = await stateOf(account, workers);
  refuseTaken(state.taken);
  refuse(workers.flatMap((worker) => switchesAmong(worker, state.deployed.get(worker.name))));
  const given = stdin ? givenSecrets(await text(process.stdin), wanted) : new Map();
  const named = [...given].filter(([, value]) => value !== "").map(([name]) => name);
  const plan = planOf(workers, wanted, state, [...replace, ...named]);
  const isInteractive = !stdin && process.stdin.isTTY === true;
  const values = await valuesOf(plan.secrets, { given, isInteractive });
  // A mistake in the sources shows before anything is changed.
  await buildWorker();
  if (workers.length > 1) await buildDispatch();
  const id = await makeResources(account, plan, state.namespace);
  const hosts = hostsOf(workers, await account.subdomain());
  const addresses = await deployAll(account, plan.order, id, hosts);
  await checkConsumers(account, workers);
  await setAll(account, workers, values);
  say(closing(workers, values, definitions, addresses));
}

/** Makes the queues and the namespace that are missing, and returns the namespace's id. */
async function makeResources(account, { queues, namespace }, { id }) {
  for (const name of queues) {
    await account.createQueue(name);
    say(`Made the queue ${name}.`);
  }
  if (namespace === undefined) return id;
  const made = await account.createNamespace(namespace);
  say(`Made the KV namespace ${namespace}.`);
  return made;
}

/** Deploys the Workers in this order, and returns their addresses by their roles. dispatch posts no event to these hosts. */
async function deployAll(account, order, namespace, hosts) {
  const addresses = {};
  for (const worker of order) {
    say(`\nDeploying ${worker.name} …`);
    const filled = withNamespace(worker, namespace);
    const config =
      worker.role === "dispatch" ? withOwnHosts(filled ?? worker.config, hosts) : filled;
    addresses[worker.role] = addressOf(await deployWorker(worker, { account: account.id, config }));
  }
  return addresses;
}

/**
 * Sets the secrets, and shows the new ones of a Worker at once: they cannot be read again. The receiver comes last, since its tokens are
 * shown in the addresses, at the end.
 */
async function setAll(account, workers, values) {
  const shown = new Set();
  for (const worker of [...workers].reverse()) {
    const own = values.filter((secret) => secret.workers.includes(worker));
    if (own.length === 0) continue;
    const pairs = own.map(({ name, value }) => [name, value]);
    await setSecrets(worker, Object.fromEntries(pairs), account.id);
    const made = madeText(own.filter((secret) => !shown.has(secret)));
    for (const secret of own) shown.add(secret);
    if (made) say(`\n${made}`);
  }
}

/**
 * @param {any[]} workers
 * @param {any[]} values
 * @param {Map<string, any>} definitions
 * @param {{ receiver?: string, dispatch?: string }} addresses
 */
function closing([receiver, dispatch], values, definitions, addresses) {
  const { config } = receiver;
  const hasUp42 = sourcesOf(config).some(({ provider }) => provider === "up42");
  return [
    `\n${receiver.name} is at ${addresses.receiver}${dispatch ? `, and ${dispatch.name} at ${addresses.dispatch}` : ""}.\n`,
    providersText({ config, values, address: addresses.receiver, definitions }),
    nextText({ ...addresses, hasUp42 }),
  ].join("\n");
}

await main(import.meta.url, (args) =>
  runTask(HELP, args, async () => {
    const { receiver, remove, yes, "dry-run": isDryRun, ...options } = understood(args);
    await setUp();
    const workers = await workersIn(root, { isReceiverAlone: receiver });
    if (remove) return removeAll(workers, { isDryRun, isAgreed: yes });
    refuse([...misfits(workers), ...workers.flatMap(switchesIn)]);
    const definitions = await definitionsFor(workers);
    const wanted = wantedSecrets(workers, definitions);
    await (isDryRun ? rehearse(workers, wanted) : deploy(workers, wanted, definitions, options));
  }),
);
