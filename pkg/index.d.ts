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

/** Where an order is, in one vocabulary for all providers. */
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

/** Where an order is, roughly. Each status is in one phase. */
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

/**
 * What proves a delivery: a MAC over its body; a MAC over its body, while a header or the query decides what happened to which
 * order, or over parts of its body; a MAC over headers that say nothing of the body and the token in the URL; a token that is sent
 * with it; the token in the URL alone; or, from `normalize`, nothing.
 */
export type Authenticity =
  | "body_signed"
  | "fields_signed"
  | "headers_signed"
  | "header_token"
  | "url_token"
  | "unverified";

/** Why a delivery is not authentic. */
export type RefusalCode =
  | "missing_signature"
  | "malformed_signature"
  | "signature_mismatch"
  | "digest_mismatch"
  | "verification_unavailable"
  | "timestamp_out_of_tolerance"
  | "body_not_authenticated";

/** Why a `WebhookError` was thrown: a refusal, or settings or arguments that cannot be used. */
export type Code =
  | RefusalCode
  | "unknown_provider"
  | "invalid_definition"
  | "source_not_configured"
  | "too_many_verifiers"
  | "invalid_body"
  | "body_too_large"
  | "invalid_headers"
  | "invalid_now"
  | "not_initialized";

/** Why a delivery, or a setting, was refused. Its message says what to do and holds nothing that was sent. */
export class WebhookError extends Error {
  readonly name: "WebhookError";
  readonly code: Code;
  constructor(code: Code, message: string);
}

/**
 * `Headers`, an object with names in any case (as Node's `request.headers`), or pairs. In Node, Deno and Bun a value has one
 * character for each byte, as their servers give it; elsewhere it is text.
 */
export type HeadersInput =
  | Pick<Headers, "get">
  | Record<string, string | readonly string[] | undefined>
  | Iterable<readonly [string, string]>;

/** The body as it came: its bytes, or its text; at most 4 MiB. Never a parsed body: that is not what was signed. */
export type BodyInput = Uint8Array | ArrayBuffer | ArrayBufferView | string;

/** A table of a definition. Its keys are in `providers/schema.json` of the repository; `check` says what is wrong with one. */
export type DefinitionTable = { readonly [key: string]: unknown };

/** A sender of your own: what a `provider.toml` has, as an object, and a name. JSON has to be able to hold it, in 16 KB. */
export interface Definition {
  /** What events call the provider: 1 to 32 of a-z, 0-9 and "-", and none of the package's own. */
  readonly name: string;
  /** How it signs. Of several ways, each has a name. */
  readonly scheme: DefinitionTable | readonly DefinitionTable[];
  readonly order: DefinitionTable;
  /** What its words mean: one look-up, or several that are asked in turn. */
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

/** One of the package's providers, or one of your own. */
export type AnyProvider = ProviderName | Definition;

/** What a delivery becomes: a list where a definition has `event.each`. */
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
  /** Which of the provider's schemes signs, where it has several with names. The first, if it is not given. */
  scheme?: string | undefined;
  /**
   * What its deliveries are signed with, or its public keys: a PEM, a JWK or a JWK set. All are tried, so that one can be replaced by another. Leave it out for a provider
   * that signs nothing: `undefined` is refused: it is most often a variable that is not set.
   */
  secrets?: string | readonly string[];
  /** The secret that stands in the URL, of at least 16 bytes. With it, a delivery to another URL is refused, even if it is signed. */
  token?: string;
  /** What events call the source, as `/hooks/<source>`: 1 to 32 of a-z, 0-9 and "-". The provider's name, if it is not given. */
  source?: string | undefined;
  /** The zone of moments that the provider writes without one, as `+02:00`. */
  utcOffset?: string | undefined;
  /** The URL that the provider was given, letter by letter, for a provider that signs it. */
  registeredUrl?: string | URL | undefined;
  /** The address of the provider's key set, in the place of `secrets`: with `verifyAsync` and `receiveRequest`. */
  jwks?: string | URL | undefined;
  /** The header that has the token, where the provider lets you choose its name. */
  tokenHeader?: string | undefined;
}

/** One POST, as it came. */
export interface Delivery {
  headers: HeadersInput;
  body: BodyInput;
  /** The URL that was posted to: needed for Gooten's `?orderid=`, and for a token at its end. */
  url?: string | URL | undefined;
  /** What stood in the token's place. The last segment of the URL's path, if it is not given. */
  offeredToken?: string | undefined;
  /** The time in milliseconds since 1970, or a `Date`. The clock's, if it is not given; for tests. */
  now?: number | Date | undefined;
}

/** How a delivery proved to be authentic. */
export interface Proof {
  /** The provider's name. */
  provider: string;
  authenticity: Exclude<Authenticity, "unverified">;
  /** Which of the secrets signed it, from 0; null where the token alone proves it. */
  secretIndex: number | null;
}

/** What `init` can load the module from beside an address: a `Request`, a `Response`, bytes, or a `WebAssembly.Module`. */
export type ModuleSource = object;

/** Loads the module in a browser; resolves at once in Node, Deno, Bun and a Worker. */
export function init(module?: string | URL | ModuleSource | Promise<ModuleSource>): Promise<void>;

/** Verifies a delivery. Throws a `WebhookError` where nothing proves it. */
export function verify(delivery: Account<AnyProvider> & Delivery): Proof;

/**
 * Does the same as `verify`, also for a provider that signs with a private key, in a runtime without `node:crypto`: a browser or a
 * Worker checks such signatures later.
 */
export function verifyAsync(delivery: Account<AnyProvider> & Delivery): Promise<Proof>;

/**
 * Verifies a delivery and reads it. Null is one that says nothing of an order's state: a provider's test, a handshake, or what its
 * definition ignores. Throws where nothing proves it.
 */
export function receive<const P extends AnyProvider>(delivery: Account<P> & Delivery): Received<P> | null;

/**
 * `receive` for anything that has a fetch `Request`, which must not have been read. Stops reading a body that passes 4 MiB.
 */
export function receiveRequest<const P extends AnyProvider>(
  request: Request,
  account: Account<P> & Pick<Delivery, "offeredToken" | "now">,
): Promise<Received<P> | null>;

/** Reads a delivery without verifying it: to look at one, never to act on one. */
export function normalize<const P extends AnyProvider>(
  delivery: Pick<Account<P>, "provider" | "scheme" | "source" | "utcOffset"> &
    Pick<Delivery, "body" | "url" | "now"> &
    Partial<Pick<Delivery, "headers">>,
): Received<P> | null;

/** The headers that the provider would send beside `headers`, so that your own tests need no provider. */
export function sign(
  delivery: Pick<Account<AnyProvider>, "provider" | "scheme"> & { secret: string } & Pick<Delivery, "body" | "url" | "now"> &
    Partial<Pick<Delivery, "headers">>,
): Record<string, string>;

/** What is wrong with a delivery. All of them are proven by the signature, but for those that say so. */
export type CauseName =
  /** It verifies as another provider's, with the same secret. */
  | "other_provider"
  /** One of `otherSecrets` signed it. */
  | "other_secret"
  /** Another of the account's public keys signed it than the one that it names. */
  | "other_key"
  /** None of the public keys can have signed it, by their ids and algorithms. Seen, not proven. */
  | "unknown_key"
  /** Blanks, quotes or a newline around the secret, too many or too few. */
  | "secret_blanks"
  /** `whsec_` kept where it must go, or dropped where it belongs. */
  | "secret_prefix"
  /** The secret is in base64, and the key is what it decodes to. */
  | "secret_is_base64"
  /** The secret is in hex, and the key is what it decodes to. */
  | "secret_is_hex"
  /** The secret is to be decoded, and its own text signed. */
  | "secret_is_text"
  /** The secret is in base64url, or lacks its padding. */
  | "secret_encoding"
  /** Parsed as JSON and written anew: other blanks, other escapes. */
  | "body_reserialised"
  /** A newline at the end was added or lost. */
  | "body_newline"
  /** A byte order mark was added or lost. */
  | "body_bom"
  /** CRLF for LF, or the reverse. */
  | "body_line_ends"
  /** Empty, as after something has read it. Seen, not proven. */
  | "body_empty"
  /** The text `[object Object]`. Seen, not proven. */
  | "body_object"
  /** A form, where JSON is due. Seen, not proven. */
  | "body_form"
  /** The signature holds, and the digest that it covers is not the body's. */
  | "digest"
  /** A signed header, or a signed part of the URL, was changed. */
  | "covered_header"
  /** The signature covers less than this provider's signatures must. Seen, not proven. */
  | "not_covered"
  /** Hex for base64 or the reverse, base64url, capitals, missing padding. */
  | "tag_encoding"
  /** A prefix that is missing or doubled, blanks, quotes. */
  | "tag_prefix"
  /** The tag stands in another header. */
  | "wrong_header"
  /** The clock here is off, or the delivery is old. */
  | "clock"
  /** A header that the scheme needs is missing. Seen, not proven. */
  | "missing_signature"
  /** Nothing signed covers the body, and the token is not set, missing or wrong. */
  | "token";

/** Why a delivery does not verify. It holds no secret, no tag and nothing of the body. */
export interface Explanation {
  /** Whether it verifies as it stands. */
  verified: boolean;
  /** Which of the secrets signed it; null where it does not verify, or where the token alone proves it. */
  secretIndex: number | null;
  /** What `verify` throws; null where it verifies. */
  code: Code | null;
  /** What is wrong. All of it put right, the delivery verifies. Empty where it verifies, or where nothing usual explains it. */
  causes: { cause: CauseName; advice: string }[];
  /** What to change: the causes' advice joined; or what to look at next, where no cause was found. */
  advice: string;
}

/**
 * Looks for why a delivery does not verify: what usually goes wrong, alone and in pairs, fewest causes first. Throws where the
 * provider, the body or the headers are none at all. It takes a second or two for a body of 1 MiB, and leaves the rarer pairs out.
 * A promise, since what searches is a module of its own, loaded when it is first asked.
 */
export function explain(
  delivery: Account<AnyProvider> & Delivery & {
    /** Secrets that the account does not use, of other accounts or environments: they are tried too. */
    otherSecrets?: string | readonly string[] | undefined;
  },
): Promise<Explanation>;

/**
 * Says what is wrong with a definition: the key, which is empty for the definition as a whole, and what was expected there. Null
 * where nothing is.
 */
export function check(definition: unknown): Promise<{ key: string; text: string } | null>;

/**
 * Holds prepared secrets, for many deliveries to one account. Nothing has to be freed. All that have the same settings share
 * their memory. Verifiers of other settings hold 32,768 secrets at most until the garbage collector has found them.
 */
export class Verifier<const P extends AnyProvider = ProviderName> {
  /** Throws a `WebhookError` where the settings do not hold together, or where there are too many verifiers. */
  constructor(account: Account<P>);
  verify(delivery: Delivery): Proof;
  verifyAsync(delivery: Delivery): Promise<Proof>;
  receive(delivery: Delivery): Received<P> | null;
}

/** A provider's word for where an order is. */
export interface Word {
  text: string;
  status: Status;
  /** Whether nothing comes after it. */
  final: boolean;
}

/** What is known of a provider. */
export interface Provider {
  name: ProviderName;
  /** What its deliveries are authenticated by. */
  authenticates: "body" | "fields" | "headers" | "token" | "url_token";
  /** How its secrets are written; null where it has none. */
  secret: "utf8" | "base64" | "hex" | "whsec" | "html" | "nfkd" | "public_key" | null;
  /** What it calls the things that happen, where an event's name says it. */
  events: Word[];
  /** What it calls the places where an order can be. */
  statuses: Word[];
}

/** Every provider. */
export function providers(): Provider[];

/** An amount in the digits that it came with: read it with a decimal type. */
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

/** A driver, or an office. */
export interface Contact {
  name: string | null;
  phone: string | null;
}

/** Who gets an order. */
export interface Customer extends Contact {
  email: string | null;
  address: string | null;
  city: string | null;
  region: string | null;
  postal_code: string | null;
  country: string | null;
}

/** The body as it came: as text, or in base64 where it is not UTF-8. */
export type Payload = { payload: string } | { payload_base64: string };

/** What every event has of its delivery. */
export interface DeliveryData {
  /** The provider's name. */
  provider: string;
  authenticity: Authenticity;
  /** RFC 3339, in UTC. */
  received_at: string;
  /** Whose moment the event's `time` is. Receipt, where the provider names none, or one more than a day after receipt. */
  time_source: "provider" | "receipt";
  /** Which of the provider's attempts it was, as an unsigned header says. */
  attempt: number | null;
}

/** Where an order is, as its provider says. */
export interface OrderData extends DeliveryData {
  /** Whether it is the provider's test. */
  test: boolean;
  /** Which way the parcel goes: to the recipient or back to the sender, where the provider says it. */
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
    /** What Gooten appended to the URL. */
    url_order_id?: string;
  };
  status: {
    now: Status;
    phase: Phase;
    reason: Reason | null;
    was: Status | null;
    /** Whether nothing comes after it. */
    final: boolean;
    /** Whether the provider's pages know the status, and the way to it. */
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
  /** With `source`, the event's identity. It ends with `:` and the body's SHA-256 where the body is not authenticated. */
  id: string;
  source: string;
  type: Type;
  /** RFC 3339, in UTC: the provider's moment or that of receipt, as `data.time_source` says. */
  time: string;
  datacontenttype: "application/json";
  data: Data;
}

/** An event that says where an order is. */
export interface OrderEvent extends CloudEvent<"orderhook.order.status.v1", OrderData & Payload> {
  /** The order's id. */
  subject: string;
}

/** An event that carries an authentic delivery which was not understood. */
export type UnrecognizedEvent = CloudEvent<"orderhook.delivery.unrecognized.v1", UnrecognizedData & Payload>;

/** A CloudEvents 1.0 event; `event.schema.json` describes it. Properties may be added. */
export type Event = OrderEvent | UnrecognizedEvent;
