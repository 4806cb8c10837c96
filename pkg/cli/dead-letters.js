// `orderhook dead-letters`: lists the messages that were not taken, and puts them back into the queue of events. With dispatch they
// are in its table. Where another consumer takes the events, they are in the dead-letter queue itself.
import { KEEPER } from "./dead-letters/access.js";
import { MAX_MESSAGES } from "./dead-letters/api.js";
import { inDispatch } from "./dead-letters/in-dispatch.js";
import { inQueues } from "./dead-letters/in-queues.js";
import { DISPATCH } from "./dispatch/filter.js";
import { meant, wrongUsage } from "./failure.js";
import { DISPATCH_HELP, JSON_HELP } from "./help.js";

export const name = "orderhook dead-letters";

export const help = `Usage: orderhook dead-letters [list | requeue | delete] [options]
       orderhook dead-letters [list | requeue | poison | keep]
                              --local | --remote [options]

Lists dead letters: messages that were not taken. Requeues or deletes them, too.
orderhook-dispatch takes dead letters off their queue and keeps them. If you
replaced it with your own consumer, they stay in the dead-letter queue: --local
and --remote read that queue.

  list                  list dead letters
  requeue               put them back into the queue of events, and delete them
                        here
  delete                delete them

      --id <id>         requeue, delete: the events of this id, or the message;
                        may be repeated
      --all             requeue, delete: everything
      --show            list: the contents, too, with customers' data
${DISPATCH_HELP}

The dead-letter queue itself, in the folder of your own consumer's Worker, whose
wrangler.toml names the queues:
      --remote          the queues at Cloudflare
      --local           those on this machine, while keep runs
  poison                put a message that no consumer takes into the local
                        queue of events: it soon becomes a dead letter
  keep                  beside npx wrangler dev: take the local dead letters off
                        their queue and keep them for the other three, until
                        Ctrl-C
      --queue <name>    another dead-letter queue than wrangler.toml's
      --persist-to <folder>
                        where wrangler dev was told to keep its state

  It sees the first ${MAX_MESSAGES}. With --remote it logs in as wrangler does, or with
  CLOUDFLARE_API_TOKEN (Queues: Edit) and CLOUDFLARE_ACCOUNT_ID.

${JSON_HELP}

It ends with
  0  when all is well
  1  when a dead letter is left that should have been requeued or deleted, or
     was no longer there
  2  when the command is wrong, or it could not be done

Example:
  orderhook dead-letters --show
  orderhook dead-letters requeue --all
  orderhook dead-letters --remote
`;

const text = { type: "string" };
const flag = { type: "boolean" };
export const options = {
  ...{ id: { ...text, multiple: true }, all: flag, show: flag },
  ...{ local: flag, remote: flag, queue: text, "persist-to": text, ...DISPATCH },
};

/** The actions, and the places that have each: dispatch, and the queues. */
const ACTIONS = {
  list: { dispatch: true, queues: true },
  requeue: { dispatch: true, queues: true },
  delete: { dispatch: true, queues: false },
  poison: { dispatch: false, queues: true },
  keep: { dispatch: false, queues: true },
};

export async function run({ values, positionals }) {
  const [action = "list", ...more] = positionals;
  const ofQueues = Boolean(
    values.local || values.remote || action === "keep" || action === "poison",
  );
  const wrong =
    mistake(action, more, values) ?? (ofQueues ? wrongOfQueues : wrongOfDispatch)(action, values);
  if (wrong) throw wrongUsage(wrong);
  return (ofQueues ? inQueues : inDispatch)[action](values);
}

/** Returns the error that the arguments have in both places; undefined if they have none. */
function mistake(action, more, values) {
  const { id, all, show } = values;
  const names = Object.keys(ACTIONS);
  if (!names.includes(action))
    return `There is no action "${action}".${meant(action, names)} There are ${names.join(", ")}.`;
  if (more.length > 0)
    return `"${action}" takes nothing behind it but options; an id is given with --id.`;
  const empty = Object.keys(values).find((option) => [values[option]].flat().includes(""));
  if (empty) return `--${empty} wants a value that is not empty.`;
  const isOfSome = action === "requeue" || action === "delete";
  if (isOfSome && !id === !all)
    return "Name the dead letters: --id <id>, as list shows it, or --all.";
  if (!isOfSome && (id || all)) return "--id and --all are for requeue and delete.";
  if (action !== "list" && show) return "--show is for list.";
  return undefined;
}

function wrongOfDispatch(_action, { queue, "persist-to": persistTo }) {
  if (queue || persistTo)
    return `--${queue ? "queue" : "persist-to"} is about the queue itself: give --local or --remote, too.`;
  return undefined;
}

function wrongOfQueues(action, { local, remote, queue, dispatch, "persist-to": persistTo }) {
  if (local && remote) return "Either --local or --remote.";
  if (dispatch)
    return "--dispatch is not about the queue itself: leave it, or --local and --remote.";
  if (!ACTIONS[action].queues)
    return "Cloudflare can only delete everything in a queue: npx wrangler queues purge <name>.";
  if (!ACTIONS[action].dispatch && remote) return `${action} is for this machine alone.`;
  if (!ACTIONS[action].dispatch && queue) return "--queue is for list and requeue.";
  if (remote && persistTo)
    return `--persist-to is for the queues of ${KEEPER}, and --remote for those at Cloudflare.`;
  return undefined;
}
