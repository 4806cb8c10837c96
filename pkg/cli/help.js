// The parts that the helps share. No line is longer than 80 columns.

export const COMMANDS = [
  ...["send", "sign", "verify", "explain", "check", "providers"],
  ...["orders", "events", "export", "endpoints", "dead-letters", "connect"],
];

export const HELP = `Usage: orderhook <command> [options]

Signed webhooks about orders, on the command line.

  send          makes a delivery, signs it as its provider would, and posts it
  sign          prints the headers that the provider would send with a body
  verify        says what proves a captured delivery, or why it is refused
  explain       says why a delivery is not authentic, and what to change
  check         says what is wrong with a definition of a provider
  providers     lists the providers, how each signs, and its words

With the address and a token of orderhook-dispatch:

  orders        lists orders, and shows one with its timeline
  events        lists events, and follows later ones
  export        writes orders or events as lines of JSON or as CSV
  endpoints     lists, creates and tests the URLs that get events
  dead-letters  lists the messages that were not taken, and requeues them

With a log-in at the provider:

  connect       makes, tests, lists, changes and deletes webhooks at UP42

orderhook <command> --help describes a command. --version prints the version.
With --json, each command prints one JSON object, for failures too. All other
options come after the command.

It ends with
  0  when all is well
  1  when a delivery is not authentic, or its receiver did not take it, or a
     definition is wrong, or a dead letter could not be requeued or deleted, or
     a test of an endpoint or of a webhook failed, or there is no such order or
     event
  2  when the command is wrong, or something cannot be read

Example:
  export SECRET=...
  orderhook send wakilni order-confirmed --secret-env SECRET \\
    --url http://localhost:3000/hooks/wakilni
`;

/** A captured delivery. */
export const DELIVERY_HELP = `The delivery:
  <file>                    the request as it was captured: request line,
                            headers, an empty line, and the body to its last
                            byte. "-" is standard input. The lines of the head
                            end with LF or CRLF. Lines before the request line
                            that begin with # or // are skipped; everything
                            after the empty line is the body, also a ###
  -H, --header <line>       or in parts: a header as "Name: value"; may be
                            repeated
      --body <file>         and the body; "-" is standard input
      --data <text>         and the body, as it is typed
      --url <url>           the URL that was posted to, if it is not the file's

  A chunked body is not decoded: give the body without its chunks.`;

export const SCHEME_LINES = `      --scheme <name>       how it signs, if it has several ways; the first one,
                            if it is not given`;

const SECRET_LINES = `      --secret-env <name>   a secret, in a variable of the environment
      --secret-file <file>  a secret, in a file; one line break at its end is
                            stripped
      --secret <text>       a secret, for tests: shells keep what is typed, and
                            other users may see it while the command runs`;

export const TOKEN_LINES = "      --token-env <name>, --token-file <file>, --token <text>";

export const SECRET_HELP = `The secret, as the provider shows it:
${SECRET_LINES}`;

export const SENDER_HELP = `${SECRET_HELP}
${TOKEN_LINES}
                            the token: it is added to the URL as the last
                            segment of its path, unless it is there`;

export const ACCOUNT_HELP = `The account; all secrets are tried:
      --provider <name>     the provider that sent it; needed
${SCHEME_LINES}
${SECRET_LINES}
${TOKEN_LINES}
                            the token that the URL's path ends with
      --registered-url <url>
                            the exact URL that the provider was given, if the
                            provider signs it
      --source <name>       the name of the source in events; the provider's
                            name, if it is not given
      --utc-offset <zone>   the zone of times without one, as +02:00`;

export const NOW_HELP = `      --now <time>          the time to compare with, as 2024-11-14T12:39:14Z or
                            in seconds since 1970; now, if it is not given`;

export const PERIOD_HELP = `      --since <time>, --until <time>
                            taken from the first time on, and before the second:
                            as 2024-11-14T12:39:14Z or 2024-11-14, or 30m, 24h
                            or 7d for so long ago`;

export const DISPATCH_HELP = `      --dispatch <url>      the address of dispatch; ORDERHOOK_DISPATCH, or else
                            http://127.0.0.1:8788, if it is not given. The token
                            is in ORDERHOOK_DISPATCH_TOKEN; for an address of
                            this machine, DISPATCH_TOKEN in .dev.vars suffices`;

export const JSON_HELP = `      --json                print one JSON object, for failures too
  -h, --help                print this`;
