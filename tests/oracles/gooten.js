import {
  customer,
  item,
  made,
  missingField,
  nested,
  notAuthenticated,
  notJson,
  notUtf8,
  order,
  status,
  test,
  unexpectedShape,
} from "./case.js";
import { sample, sha256 } from "./sign.js";

const STATUSES = {
  New: ["created", false],
  Pending: ["pending", false],
  ReadyForImageDl: ["pending", false],
  ReadyForAccounting: ["pending", false],
  PaymentProcessing: ["pending", false],
  PrePayment: ["pending", false],
  NeedsPersonalization: ["on_hold", false],
  NeedsCustomization: ["on_hold", false],
  NeedsManualApproval: ["on_hold", false],
  Hold: ["on_hold", false],
  AddressIssue: ["on_hold", false],
  ImageIssue: ["on_hold", false],
  HoldByImageIssue: ["on_hold", false],
  HoldByCIImageIssue: ["on_hold", false],
  VendorAPIIssue: ["on_hold", false],
  PaymentIssue: ["on_hold", false],
  AccountingIssue: ["on_hold", false],
  InProduction: ["preparing", false],
  ManuallyInProduction: ["preparing", false],
  Printing: ["preparing", false],
  OutForDelivery: ["packed", false],
  Shipped: ["shipped", false],
  Delivered: ["delivered", true],
  Cancelled: ["cancelled", true],
  CanceledRefunded: ["refunded", true],
  BilledRefunded: ["refunded", true],
  Test: ["test", false],
  // Spellings of the help pages.
  "In Production": ["preparing", false],
  canceled: ["cancelled", true],
  "Cancelled Refunded": ["refunded", true],
};

export const gooten = () => [
  ...samples(),
  ...statuses(),
  ...aggregated(),
  ...urls(),
  ...fields(),
  ...tests(),
  ...bodies(),
];

function gootenCase(name, body, expect, more = {}) {
  return made({ name, provider: "gooten", token_matched: true, body, expect, ...more });
}

const line = (word) => {
  const [now, final] = STATUSES[word] ?? ["unknown", false];
  return { now, final, provider_now: word };
};

/** The event of an order `id`, whose status is that of the word. */
const event = (id, word, more = {}) => {
  const [now, final] = STATUSES[word] ?? ["unknown", false];
  return order({
    id,
    authenticity: "url_token",
    test: now === "test",
    order: { id },
    status: status(now, { final, documented: now !== "unknown", word }),
    ...more,
  });
};

function samples() {
  const text = sample("gooten_order_webhook");
  const id = "7-501853e1-8d78-4e1e-83a0-be9fb432efe1";
  const tracking_number = "9400115901344442556597";
  const usd = (amount) => ({ amount, currency: "USD" });
  const known = {
    items: [
      item({
        sku: "TabletCase-GalaxyNote10.0-Matte",
        name: "Tablet Cases",
        quantity: 1,
        price: usd("25.5"),
        status: line("New"),
        tracking_number,
      }),
      item({
        sku: "TabletCase-GalaxyNote8.0-Gloss",
        name: "Tablet Cases",
        quantity: 1,
        price: usd("22.8"),
        status: line("New"),
      }),
      item({
        sku: "WovenBlanket_50x60",
        name: "Woven Blankets",
        quantity: 1,
        price: usd("45"),
        status: line("New"),
      }),
    ],
    total: usd("108.91"),
    customer: customer({
      name: "Alina Magicworld",
      phone: "80507894586",
      email: "Bittersweet@gmail.com",
      address: "Bittersweet St. 67, appt.#37",
      city: "Bittersweet",
      region: "AL",
      postal_code: "548912",
      country: "US",
    }),
  };
  const named = { id, reference: "Magic7-501", tracking_number };
  return [
    gootenCase("sample gooten_order_webhook", text, event(id, "New", { ...known, order: named })),
    gootenCase(
      "sample gooten_order_webhook, with its id in the URL",
      text,
      event("12345", "New", { ...known, order: { ...named, url_order_id: "12345" } }),
      { url: "https://host/hooks/gooten/token?orderid=12345" },
    ),
  ];
}

const body = (...words) =>
  JSON.stringify({ Id: "7-1", Items: words.map((Status) => ({ Status })) });
const items = (...words) => words.map((word) => item({ status: line(word) }));

function statuses() {
  return [...Object.keys(STATUSES), "Abducted"].map((word) => {
    const text = body(word);
    return gootenCase(`status ${word}`, text, event("7-1", word, { items: items(word) }));
  });
}

/** An order of one line with a status, and one that has none. */
function silent(word, status) {
  const text = body(word, null);
  const known = { items: [...items(word), item({})], status, test: false };
  return gootenCase(
    `an order of ${word}, and of a line that says nothing`,
    text,
    event("7-1", word, known),
  );
}

/** The order is where the line is that is furthest from done. */
function aggregated() {
  const of = (words, word) => {
    const text = body(...words);
    return gootenCase(
      `an order of ${words.join(", ")}`,
      text,
      event("7-1", word, { items: items(...words) }),
    );
  };
  return [
    of(["Delivered", "Shipped"], "Shipped"),
    of(["Shipped", "Delivered"], "Shipped"),
    of(["Shipped", "OutForDelivery"], "OutForDelivery"),
    of(["OutForDelivery", "Printing"], "Printing"),
    of(["InProduction", "Hold"], "Hold"),
    of(["Hold", "Pending"], "Pending"),
    of(["Pending", "New", "Delivered"], "New"),
    of(["Delivered", "Delivered"], "Delivered"),
    of(["Cancelled", "Delivered"], "Delivered"),
    of(["Cancelled", "Shipped", "BilledRefunded"], "Shipped"),
    of(["CanceledRefunded", "New"], "New"),
    of(["Cancelled", "Cancelled"], "Cancelled"),
    of(["BilledRefunded", "CanceledRefunded"], "BilledRefunded"),
    of(["BilledRefunded", "Cancelled"], "Cancelled"),
    of(["Delivered", "Abducted"], "Abducted"),
    of(["Shipped", "Abducted", "Cancelled"], "Abducted"),
    of(["Abducted", "New"], "New"),
    of(["Printing", "InProduction"], "Printing"),
    of(["Test", "Shipped"], "Shipped"),
    of(["Test", "Delivered"], "Delivered"),
    of(["Test", "Test"], "Test"),
    of(["Test", "Cancelled"], "Test"),
    silent("Delivered", status("unknown", { documented: false })),
    silent("New", status("created", { word: "New" })),
  ];
}

function urls() {
  const of = (query, told, known) => {
    const text = body("New");
    return gootenCase(
      `the URL ends with ${query}`,
      text,
      event(told, "New", { order: { id: "7-1", ...known }, items: items("New") }),
      { url: `https://host/hooks/gooten/token${query}` },
    );
  };
  const bare = JSON.stringify({ Items: [{ Status: "New" }] });
  return [
    of("?orderid=7-1", "7-1", { url_order_id: "7-1" }),
    of("?orderid=12345", "12345", { url_order_id: "12345" }),
    of("?a=1&orderid=12345&orderid=2#f", "12345", { url_order_id: "12345" }),
    of("?orderid=7%2D1%20%c3%a9", "7-1 é", { url_order_id: "7-1 é" }),
    of("?orderid=", "7-1", {}),
    of("?orderid=+", "7-1", {}),
    of("?orderid=%20%09", "7-1", {}),
    of("?OrderId=12345", "7-1", {}),
    of("?orderid=%ff", "7-1", {}),
    of("", "7-1", {}),
    gootenCase(
      "an id only in the URL",
      bare,
      event("12345", "New", { order: { id: "12345", url_order_id: "12345" }, items: items("New") }),
      { url: "https://host/?orderid=12345" },
    ),
    gootenCase(
      "a blank id in the URL and none in the body",
      bare,
      missingField("Id", { authenticity: "url_token" }),
      {
        url: "https://host/?orderid=+",
      },
    ),
    gootenCase("an id in neither", bare, missingField("Id", { authenticity: "url_token" })),
    gootenCase(
      "an id in the URL that is too long",
      body("New"),
      event("", "New", {
        id: sha256("1".repeat(192)),
        order: { id: "7-1", url_order_id: "1".repeat(192) },
        items: items("New"),
      }),
      { url: `https://host/?orderid=${"1".repeat(192)}` },
    ),
    gootenCase(
      "an id in the URL that just fits",
      body("New"),
      event("1".repeat(191), "New", {
        order: { id: "7-1", url_order_id: "1".repeat(191) },
        items: items("New"),
      }),
      { url: `https://host/?orderid=${"1".repeat(191)}` },
    ),
    gootenCase(
      "an id in the URL with a control byte",
      body("New"),
      event("", "New", {
        id: sha256("1\n"),
        order: { id: "7-1", url_order_id: "1\n" },
        items: items("New"),
      }),
      { url: "https://host/?orderid=1%0A" },
    ),
  ];
}

function fields() {
  const of = (name, more, known) => {
    const text = JSON.stringify({ Id: "7-1", Items: [{ Status: "New" }], ...more });
    return gootenCase(name, text, event("7-1", "New", { items: items("New"), ...known }));
  };
  const total = (digits, amount) => {
    const text = `{"Id":"7-1","Items":[{"Status":"New"}],"Total":{"Price":${digits},"CurrencyCode":"USD"}}`;
    const total = amount && { amount, currency: "USD" };
    return gootenCase(
      `the total ${digits}`,
      text,
      event("7-1", "New", { items: items("New"), total }),
    );
  };
  const lines = (name, Items, items) => of(name, { Items }, { items });
  const fresh = line("New");
  return [
    total("108.91", "108.91"),
    total("108.910", "108.910"),
    total('"108,91"', "108,91"),
    total("9007199254740993.01", "9007199254740993.01"),
    total("1e-400", "1e-400"),
    total("null", null),
    of(
      "a total without a currency",
      { Total: { Price: 1 } },
      { total: { amount: "1", currency: null } },
    ),
    of("a total that is a number", { Total: 108.91 }, {}),
    of("an Id that is a number", { Id: 501853 }, { id: "501853", order: { id: "501853" } }),
    of(
      "a last name alone",
      { ShippingAddress: { LastName: "M" } },
      { customer: customer({ name: "M" }) },
    ),
    of(
      "two lines of an address",
      { ShippingAddress: { FirstName: "A", LastName: " ", Line1: "1", Line2: "2" } },
      { customer: customer({ name: "A", address: "1, 2" }) },
    ),
    of("an address that is null", { ShippingAddress: null }, {}),
    lines("one line that is no list", { Status: "New", Sku: "a" }, [
      item({ sku: "a", status: fresh }),
    ]),
    lines(
      "a line without a status beside one that has it",
      [{ Sku: "a", Status: null }, { Status: "New" }],
      [item({ sku: "a" }), item({ status: fresh })],
    ),
    lines(
      "entries that are no lines",
      [null, 1, "x", { Status: "New", Quantity: "2" }],
      [item({ status: fresh, quantity: 2 })],
    ),
    of(
      "tracking on the second line",
      {
        Items: [
          { Status: "New", TrackingNumber: "" },
          { Status: "Shipped", TrackingNumber: 94001, TrackingUrl: "https://t/94001" },
        ],
      },
      {
        order: { id: "7-1", tracking_number: "94001", tracking_url: "https://t/94001" },
        items: [
          item({ status: fresh }),
          item({
            status: line("Shipped"),
            tracking_number: "94001",
            tracking_url: "https://t/94001",
          }),
        ],
      },
    ),
  ];
}

function tests() {
  const blank = ["", " ", "\r\n", "{}", "{ }", "[]", "[\n]", "null", '""', "\ufeff", "\ufeff{}"];
  const of = (text) => gootenCase(`the test ${JSON.stringify(text)}`, text, test);
  return [
    ...blank.map(of),
    gootenCase("a test with an id in the URL", "", test, { url: "https://host/?orderid=" }),
    gootenCase("a test without the token", "", notAuthenticated, { token_matched: false }),
  ];
}

function bodies() {
  const authenticity = "url_token";
  const of = (name, text, expect) => gootenCase(name, text, expect({ authenticity }));
  const field = (name) => (more) => missingField(name, more);
  return [
    gootenCase("no token in the URL", body("New"), notAuthenticated, { token_matched: false }),
    of("a body that is no JSON", "orderid=1", notJson),
    of("one brace", "{", notJson),
    of("an object that a list closes", "{]", notJson),
    of("a body that is not UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), notUtf8),
    of("a body that is a number", "1", unexpectedShape),
    of("a body that is a text", '"test"', unexpectedShape),
    of("a list of one order", `[${body("New")}]`, unexpectedShape),
    of("a list of six numbers", "[1,2,3,4,5,6]", unexpectedShape),
    of("an Id twice", '{"Id":"1","Id":"2","Items":[{"Status":"New"}]}', field("Id")),
    of(
      "a line with its status twice",
      '{"Id":"1","Items":[{"Status":"New","Status":"Shipped"}]}',
      field("Items[].Status"),
    ),
    of("an order without items", '{"Id":"7-1"}', field("Items[].Status")),
    of("an order with no items", '{"Id":"7-1","Items":[]}', field("Items[].Status")),
    of(
      "an order whose items have no status",
      '{"Id":"7-1","Items":[{"Sku":"a"}]}',
      field("Items[].Status"),
    ),
    of(
      "10,000 levels in the place of the items",
      `{"Id":"7-1","Items":${nested(10_000)}}`,
      field("Items[].Status"),
    ),
  ];
}
