// `orderhook connect`: manages the webhooks of a provider that has an API for them.
import { meant, wrongUsage } from "./failure.js";
import { JSON_HELP, TOKEN_LINES } from "./help.js";
import { SECRETS, TOKEN } from "./options.js";
import { table } from "./table.js";
import { Up42 } from "./up42/api.js";
import { connect } from "./up42/connect.js";
import { credentials, login } from "./up42/login.js";
import { hook, isOf, receiverOf, tokenIn } from "./up42/receiver.js";
import { rotate } from "./up42/rotate.js";
import { testOnce } from "./up42/test.js";
import { isPassed, pageOf, publicOf, rowOf, testText } from "./up42/view.js";

export const name = "orderhook connect";

const USUAL_EVENT = "order.status";
const USUAL_NAME = "orderhook";

export const help = `Usage: orderhook connect up42 --url <url> [options]
       orderhook connect up42 <action> [options]

Makes the webhook at UP42 that delivers to your receiver, or changes the one
that is there. Sets its address and its secret, has UP42 send a test, and reads
the webhook back. In the folder of the receiver's wrangler.toml, it also sets
the secret and the token in the receiver, through wrangler: those that the
webhook has, or new ones.

      --url <url>           the receiver's address, as
                            https://orderhook.example.workers.dev; or the whole
                            address without its token
      --source <name>       the source; wrangler.toml's first one of up42, if it
                            is not given
      --event <name>        what to subscribe to; many; ${USUAL_EVENT}, if it is
                            not given
      --name <text>         what UP42 calls it; ${USUAL_NAME}, if it is not given
      --id <id>             this webhook, whatever it delivers to

Where the receiver has its secret and its token already:
      --secret-env <name>, --secret-file <file>, --secret <text>
${TOKEN_LINES}

The actions:
  events                    the events that can be subscribed to
  list                      the workspace's webhooks
  get --id <id>             one of them
  test --id <id>            have UP42 send its test
  update --id <id>          change --url, --name or --event, or give --active or
                            --inactive; the rest stays
  delete --id <id>          delete it
  rotate                    replace its secret; until UP42 has the new one, the
                            receiver takes both

It takes the log-in from UP42_USERNAME and UP42_PASSWORD, or asks for it, and
the workspace from UP42_WORKSPACE or --workspace <id>. It prints no secret and
no token.

${JSON_HELP}

It ends with
  0  when all is well
  1  when UP42's test failed, or UP42 did not keep what was sent
  2  when the command is wrong, or UP42 or wrangler refused it

Example:
  orderhook connect up42 --url https://orderhook.example.workers.dev
  orderhook connect up42 rotate
`;

const text = { type: "string" };
const flag = { type: "boolean" };
export const options = {
  ...{ url: text, source: text, event: { ...text, multiple: true }, name: text, id: text },
  ...{ workspace: text, active: flag, inactive: flag, ...SECRETS, ...TOKEN },
};

/** The actions: the options that each takes, whether it needs an id, and the function that runs it. */
const ACTIONS = {
  connect: { takes: ["url", "source", "event", "name", "id", "secret", "token"], run: made },
  events: { takes: [], run: events },
  list: { takes: [], run: list },
  get: { takes: ["id"], needsId: true, run: get },
  test: { takes: ["id"], needsId: true, run: test },
  update: {
    takes: ["id", "url", "source", "event", "name", "active", "inactive"],
    needsId: true,
    run: update,
  },
  delete: { takes: ["id"], needsId: true, run: remove },
  rotate: { takes: ["id", "url", "source", "secret", "token"], run: rotated },
};

export async function run(typed) {
  const action = actionOf(typed);
  const { workspace = process.env.UP42_WORKSPACE } = typed.values;
  if (!workspace)
    throw wrongUsage(
      "Name the workspace, with UP42_WORKSPACE or --workspace. UP42's console shows its id.",
    );
  const up42 = new Up42(workspace, login(await credentials()));
  return ACTIONS[action].run(up42, typed);
}

function actionOf({ values, positionals, given }) {
  const [provider, action = "connect", ...more] = positionals;
  if (provider !== "up42")
    throw wrongUsage(
      "connect is for up42 alone. A webhook of another provider is set up at that provider.",
    );
  const names = Object.keys(ACTIONS).filter((name) => name !== "connect");
  if (more.length > 0) throw wrongUsage("One action at a time; the rest are options.");
  if (!(action in ACTIONS))
    throw wrongUsage(
      `There is no action "${action}".${meant(action, names)} There are ${names.join(", ")}.`,
    );
  const { takes, needsId } = ACTIONS[action];
  const isTaken = (option) => takes.includes(option.replace(/-(env|file)$/, ""));
  const [other] = given
    .map(([option]) => option)
    .filter((option) => !GENERAL.includes(option) && !isTaken(option));
  if (other) throw wrongUsage(`--${other} is not for ${action}.`);
  if (needsId && !values.id) throw wrongUsage("Name the webhook with --id. list shows the ids.");
  if (values.active && values.inactive) throw wrongUsage("Either --active or --inactive.");
  return action;
}

const GENERAL = ["workspace", "json", "help"];

async function made(up42, typed) {
  const { name = USUAL_NAME, event = [USUAL_EVENT], id } = typed.values;
  return connect(up42, await receiverOf(typed), { name, events: [...new Set(event)], id });
}

async function rotated(up42, typed) {
  return rotate(up42, await receiverOf(typed), typed.values.id);
}

async function events(up42) {
  const all = (await up42.events()).map(({ name, title, description }) => ({
    name,
    title,
    description,
  }));
  const rows = all.map(({ name, title, description }) => [name, title ?? "", description ?? ""]);
  return { ok: true, text: table(rows), json: { events: all } };
}

async function list(up42) {
  const webhooks = (await up42.list()).map(publicOf);
  const text = webhooks.length > 0 ? table(webhooks.map(rowOf)) : "There are no webhooks.\n";
  return { ok: true, text, json: { webhooks } };
}

async function get(up42, { values }) {
  const webhook = publicOf(await up42.get(values.id));
  return { ok: true, text: pageOf(webhook), json: { webhook } };
}

async function test(up42, { values }) {
  // It hides the secret and the token, which UP42's answer may repeat.
  await up42.get(values.id);
  const outcome = await testOnce(up42, values.id);
  return { ok: isPassed(outcome), text: testText(outcome), json: { test: outcome } };
}

/** Changes a webhook. UP42 replaces it as a whole, so the values that stay are sent, too. */
async function update(up42, typed) {
  const { values } = typed;
  const old = await up42.get(values.id);
  const { url } = await receiverOf(typed);
  const kept = url && isOf(url, old.url) ? tokenIn(url, old.url) : undefined;
  const webhook = {
    name: values.name ?? old.name,
    url: url ? hook(url, kept) : old.url,
    events: values.event ?? old.events,
    active: values.active ?? (values.inactive ? false : old.active),
    secret: old.secret,
  };
  await up42.update(values.id, webhook);
  const read = publicOf(await up42.get(values.id));
  return { ok: true, text: `Updated:\n${pageOf(read)}`, json: { webhook: read } };
}

async function remove(up42, { values }) {
  await up42.delete(values.id);
  return { ok: true, text: `Deleted ${values.id}.\n`, json: { deleted: values.id } };
}
