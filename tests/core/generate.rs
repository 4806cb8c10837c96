//! Generators of deliveries: of any, and of those that are nearly right.

#![allow(dead_code)] // Not every suite uses all of them.

use std::{
    fmt,
    sync::{Arc, LazyLock},
};

use orderhook_core::{Provider, UnixMillis};
use proptest::{prelude::*, sample::select, strategy::Union, test_runner::FileFailurePersistence};
use serde_json::Value;

use crate::{catalogue, sender};

pub(crate) type Headers = Vec<(String, String)>;

/// Inputs that failed once are tried first. Their file is committed.
pub(crate) fn config(cases: u32) -> ProptestConfig {
    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/core/properties.txt");
    let failure_persistence = Some(Box::new(FileFailurePersistence::Direct(FILE)) as _);
    ProptestConfig { cases: sender::cases(cases), failure_persistence, ..ProptestConfig::default() }
}

/// A provider whose `Debug` is its name alone.
#[derive(Clone)]
pub(crate) struct Named(pub(crate) Arc<Provider>);

impl fmt::Debug for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.name)
    }
}

/// The providers whose bodies are generated.
const SHAPED: [&str; 5] = ["gooten", "standard-webhooks", "up42", "wakilni", "wegocod"];

static PROVIDERS: LazyLock<Vec<Named>> =
    LazyLock::new(|| SHAPED.into_iter().map(|name| Named(catalogue::provider(name))).collect());

/// Returns the providers whose bodies are generated.
pub(crate) fn providers() -> Vec<Named> {
    PROVIDERS.clone()
}

pub(crate) fn any_provider() -> impl Strategy<Value = Named> {
    select(providers())
}

/// Generates any moment of a clock. UP42's `created` is in seconds.
pub(crate) fn any_now() -> impl Strategy<Value = UnixMillis> {
    any::<u64>().prop_map(UnixMillis)
}

/// Generates bodies of any bytes, any text, and any provider.
pub(crate) fn any_body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..600),
        any::<String>().prop_map(String::into_bytes),
        any_shaped().prop_map(|(_, body)| body.into_bytes()),
    ]
}

/// Generates a provider, and a body as it sends it, or nearly so.
pub(crate) fn any_shaped() -> impl Strategy<Value = (Named, String)> {
    let of = |named: Named| {
        let shaped = shaped(&named.0);
        (Just(named), shaped).boxed()
    };
    Union::new(providers().into_iter().map(of))
}

pub(crate) fn any_url() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "https://h/\\?orderid=[%+0-9a-f&=#?]{0,20}"]
}

/// Generates headers that the schemes read, with values of any shape and values that are nearly
/// right.
pub(crate) fn any_headers() -> impl Strategy<Value = Headers> {
    let names = vec![
        "x-webhook-signature",
        "X-Attempt-Number",
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
        "signature-input",
        "signature",
        "digest",
        "content-digest",
        "date",
    ];
    let value = prop_oneof![
        any::<String>(),
        "[0-9a-f]{64}",
        "[A-Za-z0-9+/]{43}=",
        "v1,[A-Za-z0-9+/]{43}=( v1[a,]?[A-Za-z0-9+/]{43}=){0,3}",
        "[a-z]{1,3}=:?[A-Za-z0-9+/]{43}=:?",
        "[a-z]{1,3}=\\((\"(date|digest|webhook-id)\" ?){0,3}\\);created=[0-9]{0,20}",
        "(SHA|sha)-256=:?[A-Za-z0-9+/]{43}=:?(, *[a-z]+=.*)?",
        "[+-]?[0-9]{0,21}",
    ];
    let header = (select(names), value).prop_map(|(name, value)| (name.to_owned(), value));
    prop::collection::vec(header, 0..8)
}

/// Generates JSON text of any kind, and objects with the providers' own keys, some given twice.
pub(crate) fn any_json() -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("\"\\ud800\"".to_owned()),
        number(),
        any_text(),
        moment(),
        word(),
    ];
    leaf.prop_recursive(4, 64, 6, |inner| {
        let keys = select(KEYS.to_vec());
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6)
                .prop_map(|all| format!("[{}]", all.join(","))),
            prop::collection::vec((keys, inner), 0..6).prop_map(|all| object(&all)),
        ]
    })
    .boxed()
}

pub(crate) const KEYS: [&str; 16] = [
    "event_id",
    "event",
    "data",
    "order_id",
    "order",
    "reference",
    "new_status",
    "items",
    "messageId",
    "body",
    "status",
    "Id",
    "Items",
    "Status",
    "Price",
    "id",
];

pub(crate) fn object(fields: &[(&str, String)]) -> String {
    let fields: Vec<_> = fields.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
    format!("{{{}}}", fields.join(","))
}

pub(crate) fn number() -> BoxedStrategy<String> {
    "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,4})?".boxed()
}

pub(crate) fn any_text() -> BoxedStrategy<String> {
    prop_oneof![any::<String>(), "[a-z0-9\u{0}-\u{1f}é]{0,300}"]
        .prop_map(|text| Value::from(text).to_string())
        .boxed()
}

pub(crate) fn moment() -> BoxedStrategy<String> {
    "\"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,12})?(Z|[+-][0-9]{2}:[0-9]{2})?\""
        .boxed()
}

static WORDS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let of = |Named(provider): &Named| -> Vec<_> {
        let words = provider.words().into_iter().flatten();
        words.map(|word| Value::from(word.text.replace('*', "x")).to_string()).collect()
    };
    PROVIDERS.iter().flat_map(of).collect()
});

/// Generates a word of any provider.
pub(crate) fn word() -> BoxedStrategy<String> {
    select(WORDS.as_slice()).boxed()
}

/// Generates an object with these fields. Each is nearly always given and of its type, but may be
/// absent or of any other.
pub(crate) fn fields(fields: Vec<(&'static str, BoxedStrategy<String>)>) -> BoxedStrategy<String> {
    let field = |(key, value): (&'static str, BoxedStrategy<String>)| {
        prop_oneof![
            12 => value.prop_map(move |value| Some((key, value))),
            1 => any_json().prop_map(move |value| Some((key, value))),
            1 => Just(None),
        ]
    };
    let fields: Vec<_> = fields.into_iter().map(field).collect();
    let more = prop::option::weighted(0.1, (select(KEYS.to_vec()), any_json()));
    (fields, more)
        .prop_map(|(fields, more)| {
            object(&fields.into_iter().flatten().chain(more).collect::<Vec<_>>())
        })
        .boxed()
}

pub(crate) fn list(entry: BoxedStrategy<String>) -> BoxedStrategy<String> {
    prop::collection::vec(prop_oneof![9 => entry, 1 => any_json()], 0..5)
        .prop_map(|all| format!("[{}]", all.join(",")))
        .boxed()
}

pub(crate) fn text() -> BoxedStrategy<String> {
    prop_oneof![3 => "\"[A-Z]{1,3}-[0-9]{1,6}\"", 1 => any_text(), 1 => number()].boxed()
}

/// Generates a body as the provider sends it, or nearly so.
pub(crate) fn shaped(provider: &Provider) -> BoxedStrategy<String> {
    match &*provider.name {
        "wakilni" => fields(vec![
            ("event_id", text()),
            ("event", word()),
            ("timestamp", moment()),
            ("data", wakilni_data()),
        ]),
        "wegocod" => fields(vec![
            ("event", text()),
            ("timestamp", moment()),
            ("order", wegocod_order()),
            (
                "customer",
                fields(["name", "phone", "city", "address"].map(|k| (k, text())).to_vec()),
            ),
            (
                "items",
                list(fields(
                    ["product_name", "sku", "quantity", "price"].map(|k| (k, text())).to_vec(),
                )),
            ),
        ]),
        "up42" => fields(vec![
            ("event", text()),
            ("liveMode", any_json()),
            ("messageId", text()),
            ("timestamp", moment()),
            (
                "body",
                fields(vec![
                    ("orderId", text()),
                    ("status", word()),
                    ("statusIsFinal", any_json()),
                ]),
            ),
        ]),
        "gooten" => fields(vec![
            ("Id", text()),
            ("NiceId", text()),
            ("Items", list(gooten_line())),
            ("Total", price()),
            (
                "ShippingAddress",
                fields(
                    ["FirstName", "LastName", "Line1", "Line2", "City"]
                        .map(|k| (k, text()))
                        .to_vec(),
                ),
            ),
        ]),
        _ => fields(vec![
            ("type", text()),
            ("timestamp", moment()),
            ("data", fields(vec![("order_id", text()), ("id", text()), ("status", word())])),
        ]),
    }
}

pub(crate) fn wakilni_data() -> BoxedStrategy<String> {
    fields(vec![
        ("order_id", text()),
        ("waybill", text()),
        ("created_at", moment()),
        ("new_status", word()),
        ("previous_status", word()),
        ("driver_name", text()),
        ("location", list(fields(vec![("office_name", text()), ("phone_number", text())]))),
    ])
}

pub(crate) fn wegocod_order() -> BoxedStrategy<String> {
    fields(vec![
        ("reference", text()),
        ("old_status", word()),
        ("new_status", word()),
        ("amount", text()),
        ("currency", text()),
        ("tracking_number", text()),
        ("delivery_notes", text()),
        ("created_at", moment()),
    ])
}

pub(crate) fn gooten_line() -> BoxedStrategy<String> {
    fields(vec![
        ("Sku", text()),
        ("Quantity", number()),
        ("Status", word()),
        ("TrackingNumber", text()),
        ("TrackingUrl", text()),
        ("Price", price()),
    ])
}

pub(crate) fn price() -> BoxedStrategy<String> {
    fields(vec![("Price", number()), ("CurrencyCode", text())])
}
