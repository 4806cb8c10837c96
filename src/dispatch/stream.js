// The sockets that follow a journal: `GET /v1/stream`. The runtime keeps a socket open while its object is out of memory, so all that is
// known of it is in its attachment:
//
//   journal          the journal's name
//   after            the position of the last event that it was sent
//   until, proof     when it ends, and the digest that the registry has to know for as long; each may be null
//   unheard, heard   how much it was sent since its last `ping`, in characters, and when that `ping` came
//
// Events are read from the journal, after the transaction that took them: a socket that is behind catches up, and holds up nobody.

/** The sockets that a journal has at most. */
const MAX_SOCKETS = 32;

/** What a socket is sent before it has to send another `ping`: the runtime does not tell how much of it waits in memory. */
const MAX_UNHEARD = 2 * 1024 * 1024;

const OPEN = 1;

/** Why a socket is closed: the code, and the reason. */
const ENDED = [4001, "the session or the token has ended: sign in again"];
const BEHIND = [1013, "open the stream again, after the last cursor"];
const UNASKED = [1008, "only ping is answered"];

export class Stream {
  #ctx;
  #follow;
  #known;
  #isSending = false;
  #isBehind = false;

  /**
   * `follow` returns the messages that follow a position of a journal: see journal/follow.rs. `known` resolves to those proofs that the
   * registry knows.
   */
  constructor(ctx, { follow, known }) {
    this.#ctx = ctx;
    this.#follow = follow;
    this.#known = known;
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  /** Opens a socket. Returns its response. */
  open(watcher) {
    if (this.#sockets().length >= MAX_SOCKETS) return new Response(null, { status: 429 });
    const after = watcher.after ?? this.#follow(watcher.journal, null).after;
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server);
    server.serializeAttachment({ ...watcher, after, unheard: 0, heard: 0 });
    return new Response(null, { status: 101, webSocket: client });
  }

  /** Closes a socket that says more than `ping`, which the runtime answers by itself. */
  refuse(socket) {
    socket.close(...UNASKED);
  }

  /** Closes the sockets whose time is over. Returns when the next one's is. */
  closeEnded() {
    let next = Infinity;
    for (const socket of this.#sockets()) {
      const until = socket.deserializeAttachment().until ?? Infinity;
      if (until <= Date.now()) socket.close(...ENDED);
      else next = Math.min(next, until);
    }
    return next;
  }

  /** Sends the sockets what they do not have. Nobody waits for it. */
  async send() {
    this.#isBehind = this.#sockets().length > 0;
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      while (this.#isBehind) {
        this.#isBehind = false;
        await this.#closeUnknown();
        this.closeEnded();
        this.#sendPages();
      }
    } finally {
      this.#isSending = false;
    }
  }

  /** Closes the sockets whose session or token the registry does not know any more; all if it cannot be asked. */
  async #closeUnknown() {
    const asked = new Map(this.#sockets().map((socket) => [socket, proofOf(socket)]));
    const proofs = new Set([...asked.values()].filter((proof) => proof !== null));
    if (proofs.size === 0) return;
    try {
      const known = await this.#known([...proofs]);
      for (const [socket, proof] of asked)
        if (proof !== null && !known.includes(proof)) socket.close(...ENDED);
    } catch {
      // `#known` has logged it.
      for (const socket of this.#sockets()) socket.close(...BEHIND);
    }
  }

  /** Sends each socket a page. Most of them are at the same position. */
  #sendPages() {
    const pages = new Map();
    for (const socket of this.#sockets()) {
      const state = socket.deserializeAttachment();
      if (!pages.has(state.after)) pages.set(state.after, this.#page(state));
      const page = pages.get(state.after);
      if (page === undefined || !this.#sendPage(socket, state, page)) socket.close(...BEHIND);
      else this.#isBehind ||= page.has_more;
    }
  }

  /** Returns what follows the position of a socket; undefined if it cannot be read. */
  #page({ journal, after }) {
    try {
      return this.#follow(journal, after);
    } catch {
      // `call` has reported it.
      return undefined;
    }
  }

  /** Sends a page. Returns false if the socket has to be closed: its client may be gone. */
  #sendPage(socket, state, { messages, after }) {
    const heard = this.#ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0;
    let unheard = heard > state.heard ? 0 : state.unheard;
    for (const message of messages) {
      socket.send(message);
      unheard += message.length;
    }
    socket.serializeAttachment({ ...state, after, unheard, heard });
    return unheard <= MAX_UNHEARD;
  }

  #sockets() {
    return this.#ctx.getWebSockets().filter(({ readyState }) => readyState === OPEN);
  }
}

const proofOf = (socket) => socket.deserializeAttachment().proof;
