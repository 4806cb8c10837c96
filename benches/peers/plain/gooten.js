import { money, object, objects, required, text, whole } from "./json.js";
import { urlToken } from "./mac.js";
import { words } from "./words.js";

const mean = (now, ...words) => words.map((word) => [word, now]);

const statuses = words([
  ["New", "created"],
  ...mean(
    "pending",
    "Pending",
    "ReadyForImageDl",
    "ReadyForAccounting",
    "PaymentProcessing",
    "PrePayment",
  ),
  ...mean(
    "on_hold",
    "NeedsPersonalization",
    "NeedsCustomization",
    "NeedsManualApproval",
    "Hold",
    "AddressIssue",
    "ImageIssue",
  ),
  ...mean(
    "on_hold",
    "HoldByImageIssue",
    "HoldByCIImageIssue",
    "VendorAPIIssue",
    "PaymentIssue",
    "AccountingIssue",
  ),
  ...mean("preparing", "InProduction", "ManuallyInProduction", "Printing"),
  ["OutForDelivery", "packed"],
  ["Shipped", "shipped"],
  ["Delivered", "delivered", true],
  ["Cancelled", "cancelled", true],
  ["CanceledRefunded", "refunded", true],
  ["BilledRefunded", "refunded", true],
  ["Test", "test"],
]);

// The progress of a line's status: the order has the status of the line with the most progress.
const WAY = [
  ...["created", "unknown", "pending", "on_hold", "preparing", "packed", "shipped", "delivered"],
  ...["test", "cancelled", "refunded"],
];
const way = new Map(WAY.map((status, at) => [status, at]));

export const gooten = {
  verifier: ({ token }) => urlToken(token),
  isTest: (body) => /^\s*(?:null|""|\{\s*\}|\[\s*\])?\s*$/.test(body),
  read(body, { delivery }) {
    const orderId = queried(delivery.url);
    const id = required(text(body.Id) ?? orderId);
    const items = objects(body.Items).map(item);
    const tracked = items.find((line) => line.tracking_number !== null);
    const status = change(items);
    return {
      id: orderId ?? id,
      time: null,
      test: status.now === "test",
      order: {
        id,
        reference: text(body.NiceId),
        tracking_number: tracked?.tracking_number ?? null,
        tracking_url: tracked?.tracking_url ?? null,
        carrier: null,
        created_at: null,
        estimated_delivery: null,
        ...(orderId !== null && { url_order_id: orderId }),
      },
      status,
      items,
      total: price(body.Total),
      customer: customer(object(body.ShippingAddress)),
    };
  },
};

function queried(url) {
  const value = /^[^?#]*\?(?:[^#]*?&)?orderid=([^&#]*)/.exec(url)?.[1];
  try {
    return text(value && decodeURIComponent(value.replaceAll("+", " ")));
  } catch {
    return null;
  }
}

function change(items) {
  if (!items.some((line) => line.status !== null)) throw new Error("no line has a status");
  let least = items[0];
  for (const line of items) if (rank(line) < rank(least)) least = line;
  const word = statuses(least.status?.provider_now ?? null);
  return {
    now: word.now,
    phase: word.phase,
    reason: null,
    was: null,
    final: word.final,
    documented: word.documented,
    provider_event: null,
    provider_now: least.status?.provider_now ?? null,
    provider_was: null,
  };
}

const rank = ({ status }) => way.get(status?.now ?? "unknown");

function item(line) {
  const word = text(line.Status);
  const { now, final } = statuses(word);
  return {
    sku: text(line.Sku),
    name: text(line.Product),
    quantity: whole(line.Quantity),
    price: price(line.Price),
    status: word === null ? null : { now, final, provider_now: word },
    tracking_number: text(line.TrackingNumber),
    tracking_url: text(line.TrackingUrl),
  };
}

const price = (value) => (object(value) ? money(value.Price, text(value.CurrencyCode)) : null);

const customer = (address) =>
  address && {
    name: joined(text(address.FirstName), text(address.LastName), " "),
    phone: text(address.Phone),
    email: text(address.Email),
    address: joined(text(address.Line1), text(address.Line2), ", "),
    city: text(address.City),
    region: text(address.State),
    postal_code: text(address.PostalCode),
    country: text(address.CountryCode),
  };

const joined = (first, second, between) =>
  first !== null && second !== null ? first + between + second : (first ?? second);
