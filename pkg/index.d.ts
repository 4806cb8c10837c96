// providers
/** A provider's name. */
export type ProviderName =
  | "17track"
  | "aftership"
  | "bigcommerce"
  | "borzo"
  | "bosta"
  | "captain-ai"
  | "clickpost"
  | "cloudevents"
  | "cloudprinter"
  | "delhivery"
  | "detrack"
  | "dhl"
  | "doordash"
  | "easypost"
  | "ecwid"
  | "etsy"
  | "fedex"
  | "gelato"
  | "gooten"
  | "lalamove"
  | "lulu"
  | "melhor-envio"
  | "nash"
  | "onfleet"
  | "packlink"
  | "parcelpanel"
  | "pathao"
  | "printful"
  | "printify"
  | "prodigi"
  | "saleor"
  | "salla"
  | "sendcloud"
  | "ship24"
  | "shipbob"
  | "shipday"
  | "shiphero"
  | "shippo"
  | "shiprocket"
  | "shipstation"
  | "shopify"
  | "skroutz"
  | "snipcart"
  | "square"
  | "squarespace"
  | "standard-webhooks"
  | "stuart"
  | "svix"
  | "tiendanube"
  | "tookan"
  | "trackingmore"
  | "trendyol"
  | "uber-direct"
  | "ucp"
  | "up42"
  | "ups"
  | "wakilni"
  | "wegocod"
  | "woocommerce"
  | "yalidine"
  | "zid";
// end of providers

/** The status of an order, in one vocabulary for all providers. */
export type Status =
  | "created"
  | "pending"
  | "confirmed"
  | "assigned"
  | "processing"
  | "picked"
  | "preparing"
  | "packed"
  | "info_received"
  | "ready_for_pickup"
  | "shipped"
  | "in_transit"
  | "out_for_delivery"
  | "delivered"
  | "postponed"
  | "on_hold"
  | "exception"
  | "attempt_failed"
  | "cancellation_pending"
  | "expired"
  | "cancelled"
  | "declined"
  | "rejected"
  | "failed"
  | "refunded"
  | "returning"
  | "returned"
  | "return_received"
  | "returned_to_stock"
  | "test"
  | "unknown";

/** A group of statuses. Each status is in one phase. */
export type Phase = "open" | "moving" | "problem" | "returning" | "closed" | "other";

/** Why an order has its status. Reasons may be added. */
export type Reason =
  | "delayed"
  | "weather"
  | "customs_processing"
  | "customs_held"
  | "documents"
  | "payment_due"
  | "address"
  | "recipient_absent"
  | "refused"
  | "not_collected"
  | "held"
  | "missorted"
  | "damaged"
  | "lost"
  | "destroyed"
  | "carrier_rejected"
  | "rescheduled"
  | "neighbour"
  | "safe_place"
  | "signed"
  | "other";

/** What proves a delivery. */
export type Authenticity =
  /** The secret signed the body. */
  | "body_signed"
  /** The secret signed parts of the body, or the whole body while a header or the query decides what happened to which order. */
  | "fields_signed"
  /** The secret signed headers only, and the caller knew the token in the URL. */
  | "headers_signed"
  /** The caller sent the secret with the delivery. */
  | "header_token"
  /** The caller knew the token in the URL. */
  | "url_token"
  /** Nothing: the event is from `normalize`. */
  | "unverified";

/** Why a delivery is refused. */
export type RefusalCode =
  | "missing_signature"
  | "malformed_signature"
  | "signature_mismatch"
  | "digest_mismatch"
  | "verification_unavailable"
  | "timestamp_out_of_tolerance"
  | "body_not_authenticated"
  | "body_too_large";

/** Why a `WebhookError` was thrown: the delivery was refused, or settings or arguments cannot be used. */
export type Code =
  | RefusalCode
  | "unknown_provider"
  | "invalid_definition"
  | "source_not_configured"
  | "too_many_verifiers"
  | "invalid_body"
  | "invalid_headers"
  | "invalid_now"
  | "not_initialized";

/** Says why a delivery or a setting was refused. The message says what to do, and repeats nothing that was sent. */
export class WebhookError extends Error {
  readonly name: "WebhookError";
  readonly code: Code;
  /**
   * The HTTP status to answer the delivery with: 401, 413 if it is too large, and 503 if it could not be checked and has to come again.
   * Undefined if the error is about your own program: answer 5xx.
   */
  readonly status: 401 | 413 | 503 | undefined;
  constructor(code: Code, message: string);
}

/**
 * `Headers`, an object with names in any case (such as Node's `request.headers`), or pairs. In Node, Deno and Bun, a value has one
 * character for each byte, as their servers give it. In other runtimes, it is text.
 */
export type HeadersInput =
  | Pick<Headers, "get">
  | Record<string, string | readonly string[] | undefined>
  | Iterable<readonly [string, string]>;

/** The body as it came: its bytes or its text, at most 4 MiB. A parsed body cannot be verified: it was not what was signed. */
export type BodyInput = Uint8Array | ArrayBuffer | ArrayBufferView | string;

/** A table of a definition. `providers/schema.json` in the repository describes its keys, and `check` finds mistakes. */
export type DefinitionTable = { readonly [key: string]: unknown };

/** Describes a sender of your own: the content of a `provider.toml` as an object, and a name. As JSON, it has at most 16 KB. */
export interface Definition {
  /** The provider's name in events: 1 to 32 of a-z, 0-9 and "-". It differs from the names of the built-in providers. */
  readonly name: string;
  /** How the sender signs. If there are several schemes, each has a name. */
  readonly scheme: DefinitionTable | readonly DefinitionTable[];
  readonly order: DefinitionTable;
  /** What the sender's words mean: one look-up, or several that are tried in turn. */
  readonly status: DefinitionTable | readonly DefinitionTable[];
  readonly event?: DefinitionTable;
  readonly items?: DefinitionTable;
  readonly total?: DefinitionTable;
  readonly customer?: DefinitionTable;
  readonly driver?: DefinitionTable;
  readonly pickup?: DefinitionTable;
  readonly handshake?: DefinitionTable | readonly DefinitionTable[];
  readonly answer?: DefinitionTable;
  /** The provider's page. */
  readonly page?: string;
}

/** A built-in provider, or one of your own. */
export type AnyProvider = ProviderName | Definition;

/** What a delivery becomes: an event, or an array of events if the definition has `event.each`. */
export type Received<P extends AnyProvider = ProviderName> = P extends ProviderName
  ? Event
  : Definition extends P
    ? Event | Event[]
    : P extends { readonly event: { readonly each: unknown } }
      ? Event[]
      : Event;

/** One account at one provider. */
export interface Account<P extends AnyProvider = ProviderName> {
  provider: P;
  /** The name of the scheme, if the provider has several. The first one if it is left out. */
  scheme?: string | undefined;
  /**
   * The secrets that deliveries are signed with, or that the provider sends with them, or the provider's public keys: a PEM, a JWK or
   * a JWK set. All are tried, so that one can replace another. Leave it out for a provider that signs nothing. `undefined` is refused:
   * most often, a variable is not set.
   */
  secrets?: string | readonly string[];
  /** The secret part of the URL, at least 16 bytes long. A delivery to a URL without it is refused, even if it is signed. */
  token?: string;
  /** The name of the source: 1 to 32 of a-z, 0-9 and "-". Events have `/hooks/<source>`. The provider's name if it is left out. */
  source?: string | undefined;
  /** The zone of times that the provider writes without one, as `+02:00`. */
  utcOffset?: string | undefined;
  /** The exact URL that you gave the provider, if the provider signs it. */
  registeredUrl?: string | URL | undefined;
  /** The address of the provider's key set, instead of `secrets`. It works with `verifyAsync` and `receiveRequest`. */
  jwks?: string | URL | undefined;
  /** The header with the token, if the provider lets you choose its name. */
  tokenHeader?: string | undefined;
}

/** A POST request of a provider. */
export interface Delivery {
  headers: HeadersInput;
  body: BodyInput;
  /**
   * The URL that was posted to, whole or from its path on. Needed for a token, and for Gooten's `?orderid=`. UCP signs it: give the
   * whole one, or `registeredUrl`.
   */
  url?: string | URL | undefined;
  /** The text in the token's place. The last segment of the URL's path if it is left out. */
  offeredToken?: string | undefined;
  /** The time, for tests: milliseconds since 1970, or a `Date`. The clock's time if it is left out. */
  now?: number | Date | undefined;
}

/** The proof that a delivery is authentic. */
export interface Proof {
  /** The provider's name. */
  provider: string;
  authenticity: Exclude<Authenticity, "unverified">;
  /** The index of the secret that signed it; null if the token alone proves it. */
  secretIndex: number | null;
}

/** A source of the module for `init`, beside an address: a `Request`, a `Response`, bytes, or a `WebAssembly.Module`. */
export type ModuleSource = object;

/** Loads the module in a browser. Resolves at once in Node, Deno, Bun and a Worker. */
export function init(module?: string | URL | ModuleSource | Promise<ModuleSource>): Promise<void>;

/** Verifies a delivery. Throws a `WebhookError` if nothing proves it. */
export function verify(delivery: Account<AnyProvider> & Delivery): Proof;

/**
 * Does the same as `verify`. It also works with `jwks`, and in browsers and Workers, which check signatures by public keys
 * asynchronously.
 */
export function verifyAsync(delivery: Account<AnyProvider> & Delivery): Promise<Proof>;

/**
 * Verifies a delivery and reads it. Returns null if it says nothing about an order's state: a provider's test, a handshake, or a
 * delivery that the definition ignores. Throws a `WebhookError` if nothing proves it.
 */
export function receive<const P extends AnyProvider>(delivery: Account<P> & Delivery): Received<P> | null;

/**
 * Does the same as `receive` for a fetch `Request` whose body nobody has read. Stops reading a body after 4 MiB.
 */
export function receiveRequest<const P extends AnyProvider>(
  request: Request,
  account: Account<P> & Pick<Delivery, "offeredToken" | "now">,
): Promise<Received<P> | null>;

/** Reads a delivery without verifying it. Use the event to look at, and never act on it. */
export function normalize<const P extends AnyProvider>(
  delivery: Pick<Account<P>, "provider" | "scheme" | "source" | "utcOffset"> &
    Pick<Delivery, "body" | "url" | "now"> &
    Partial<Pick<Delivery, "headers">>,
): Received<P> | null;

/** Returns the headers that the provider would send beside `headers`, for your own tests. */
export function sign(
  delivery: Pick<Account<AnyProvider>, "provider" | "scheme"> & { secret: string } & Pick<Delivery, "body" | "url" | "now"> &
    Partial<Pick<Delivery, "headers">>,
): Record<string, string>;

/** What is wrong with a delivery. The signature proves each cause, except those that are "seen, not proven". */
export type CauseName =
  /** It verifies as a delivery of another provider, with the same secret. */
  | "other_provider"
  /** One of `otherSecrets` signed it. */
  | "other_secret"
  /** Another of the account's public keys signed it than the one that it names. */
  | "other_key"
  /** None of the public keys can have signed it, by their ids and algorithms. Seen, not proven. */
  | "unknown_key"
  /** There are spaces, quotes or a newline around the secret, or some are missing. */
  | "secret_blanks"
  /** `whsec_` is part of the secret where it must not be, or is missing. */
  | "secret_prefix"
  /** The secret is in base64, and the key is the decoded bytes. */
  | "secret_is_base64"
  /** The secret is in hex, and the key is the decoded bytes. */
  | "secret_is_hex"
  /** The secret has to be decoded, but its text was the key. */
  | "secret_is_text"
  /** The secret is in base64url, or lacks its padding. */
  | "secret_encoding"
  /** The body was parsed as JSON and written again, with other spaces or escapes. */
  | "body_reserialised"
  /** A newline at the end of the body was added or lost. */
  | "body_newline"
  /** A byte order mark was added or lost. */
  | "body_bom"
  /** Line ends were changed from LF to CRLF, or the reverse. */
  | "body_line_ends"
  /** The body is empty: something may have read it before. Seen, not proven. */
  | "body_empty"
  /** The body is the text `[object Object]`. Seen, not proven. */
  | "body_object"
  /** The body is a form instead of JSON. Seen, not proven. */
  | "body_form"
  /** The signature is right, but the digest that it covers is not the body's. */
  | "digest"
  /** A signed header, or a signed part of the URL, was changed. */
  | "covered_header"
  /** The signature covers less than this provider's signatures must. Seen, not proven. */
  | "not_covered"
  /** The tag is in hex instead of base64 or the reverse, in base64url, in capitals, or without padding. */
  | "tag_encoding"
  /** The tag's prefix is missing or doubled, or there are spaces or quotes around the tag. */
  | "tag_prefix"
  /** The tag is in another header. */
  | "wrong_header"
  /** This machine's clock is wrong, or the delivery is old. */
  | "clock"
  /** A header that the scheme needs is missing. Seen, not proven. */
  | "missing_signature"
  /** No signature covers the body, and the token is not set, missing or wrong. */
  | "token";

/** Why a delivery does not verify. It repeats no secret, no tag and nothing of the body. */
export interface Explanation {
  /** Whether it verifies as it is. */
  verified: boolean;
  /** The index of the secret that signed it; null if it does not verify, or if the token alone proves it. */
  secretIndex: number | null;
  /** The code that `verify` throws; null if it verifies. */
  code: Code | null;
  /** Everything that is wrong: without these causes, it would verify. Empty if it verifies, or if no usual mistake explains it. */
  causes: { cause: CauseName; advice: string }[];
  /** What to change: the advice of all causes; or what to look at next, if no cause was found. */
  advice: string;
}

/**
 * Finds out why a delivery does not verify. Tries the usual mistakes, alone and in pairs, with the fewest causes first. Throws a
 * `WebhookError` if the provider, the body or the headers cannot be used. For a large body, it leaves out rare pairs, and may take
 * some seconds. Returns a promise, since the search is a module of its own, which is loaded at the first call.
 */
export function explain(
  delivery: Account<AnyProvider> & Delivery & {
    /** Secrets of other accounts or environments, which are tried, too. */
    otherSecrets?: string | readonly string[] | undefined;
  },
): Promise<Explanation>;

/**
 * Finds the mistake in a definition. Returns its key, which is empty for the definition as a whole, and what was expected there.
 * Returns null if the definition is right.
 */
export function check(definition: unknown): Promise<{ key: string; text: string } | null>;

/**
 * Holds prepared secrets, for many deliveries to one account. You need not free it. Verifiers with the same settings share their
 * memory. All verifiers together hold at most 32,768 secrets until the garbage collector has found them.
 */
export class Verifier<const P extends AnyProvider = ProviderName> {
  /** Throws a `WebhookError` if the settings contradict each other, or if there are too many verifiers. */
  constructor(account: Account<P>);
  verify(delivery: Delivery): Proof;
  verifyAsync(delivery: Delivery): Promise<Proof>;
  receive(delivery: Delivery): Received<P> | null;
}

/** A provider's word for a status. */
export interface Word {
  text: string;
  status: Status;
  /** Whether the order ends with this status. */
  final: boolean;
}

/** Describes a way in which a provider signs. */
export interface Scheme {
  /** What an account names as its `scheme`; null if it is the provider's only one. */
  name: string | null;
  /** What proves its deliveries. */
  authenticates: "body" | "fields" | "headers" | "token" | "url_token";
  /** How its secrets are written; null if it has none. */
  secret: "utf8" | "base64" | "hex" | "whsec" | "html" | "nfkd" | "public_key" | null;
}

/** Describes a provider. */
export interface Provider {
  name: ProviderName;
  /** What proves the deliveries of its first scheme. */
  authenticates: Scheme["authenticates"];
  /** How the secrets of its first scheme are written; null if it has none. */
  secret: Scheme["secret"];
  /** Its schemes, of which an account picks one. */
  schemes: Scheme[];
  /** Its names of events, if an event's name says the status. */
  events: Word[];
  /** Its words for statuses. */
  statuses: Word[];
}

/** Lists every provider. */
export function providers(): Provider[];

/** An amount in the digits that came: read it with a decimal type, not as a float. */
export interface Money {
  amount: string;
  currency: string | null;
}

/** A line of an order. */
export interface Item {
  sku: string | null;
  name: string | null;
  quantity: number | null;
  price: Money | null;
  status: { now: Status; final: boolean; provider_now: string } | null;
  tracking_number: string | null;
  tracking_url: string | null;
}

/** A driver, or a pickup office. */
export interface Contact {
  name: string | null;
  phone: string | null;
}

/** The recipient of an order. */
export interface Customer extends Contact {
  email: string | null;
  address: string | null;
  city: string | null;
  region: string | null;
  postal_code: string | null;
  country: string | null;
}

/** The body as it came: as text, or in base64 if it is not UTF-8. */
export type Payload =
  | { payload: string; payload_base64?: undefined }
  | { payload?: undefined; payload_base64: string };

/** The part of an event's data that describes the delivery. */
export interface DeliveryData {
  /** The provider's name. */
  provider: string;
  authenticity: Authenticity;
  /** RFC 3339, in UTC. */
  received_at: string;
  /** Where the event's `time` is from. It is the time of receipt if the provider sends none, or one more than a day after receipt. */
  time_source: "provider" | "receipt";
  /** The number of the provider's attempt, from a header that nothing signs. */
  attempt: number | null;
}

/** The data of an order's event. */
export interface OrderData extends DeliveryData {
  /** Whether the provider marks it as a test. */
  test: boolean;
  /** Whether the parcel goes to the recipient or back to the sender, if the provider says it. */
  direction: "forward" | "return" | null;
  order: {
    id: string;
    reference: string | null;
    tracking_number: string | null;
    tracking_url: string | null;
    /** The carrier's name or code, as the provider writes it. */
    carrier: string | null;
    created_at: string | null;
    /** When the parcel is expected: RFC 3339, in UTC. */
    estimated_delivery: string | null;
    /** The id that the provider appended to the URL, as Gooten does. */
    url_order_id?: string;
  };
  status: {
    now: Status;
    phase: Phase;
    reason: Reason | null;
    was: Status | null;
    /** Whether the order ends with this status. */
    final: boolean;
    /** Whether the provider's documentation has this status, and the step to it. */
    documented: boolean;
    provider_event: string | null;
    provider_now: string | null;
    provider_was: string | null;
  };
  items: Item[];
  total: Money | null;
  customer: Customer | null;
  driver: Contact | null;
  pickup: Contact | null;
  notes: string | null;
}

/** Why an authentic delivery was not understood. */
export interface UnrecognizedData extends DeliveryData {
  reason: { code: "not_utf8" | "not_json" | "unexpected_shape" | "missing_field" | "too_large" | "repeated_id"; text: string };
}

interface CloudEvent<Type extends string, Data> {
  specversion: "1.0";
  /** Identifies the event together with `source`. It ends with `:` and the body's SHA-256 if nothing proves the body. */
  id: string;
  source: string;
  type: Type;
  /** RFC 3339, in UTC: the provider's time or that of receipt, as `data.time_source` says. */
  time: string;
  datacontenttype: "application/json";
  data: Data;
}

/** An event with the status of an order. */
export interface OrderEvent extends CloudEvent<"orderhook.order.status.v1", OrderData & Payload> {
  /** The order's id. */
  subject: string;
}

/** An event with an authentic delivery that was not understood. */
export type UnrecognizedEvent = CloudEvent<"orderhook.delivery.unrecognized.v1", UnrecognizedData & Payload>;

/** A CloudEvents 1.0 event; `event.schema.json` describes it. Properties may be added. */
export type Event = OrderEvent | UnrecognizedEvent;
