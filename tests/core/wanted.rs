//! A definition with places of every kind, and what it finds in a body: by the core, and by
//! `serde_json`.

use std::sync::LazyLock;

use orderhook_core::{
    Contact, Content, Customer, Delivery, Money, Provider, Reading, UnixMillis, Unrecognized,
};
use serde::de::IgnoredAny;
use serde_json::Value;

use super::tree::{Tree, texts};

/// A definition whose places are keys, keys with signs, indices, lists in lists, and picks.
const DEFINITION: &str = r#"{
    "scheme": { "type": "url-token" },
    "event": { "topic": ["/a/b", "/é"], "notes": "/a~1b/m~0n/c", "test": "/f", "return": { "of": "/f", "is": ["true", "1"] } },
    "order": {
        "at": "/o",
        "id": ["id", { "text": "none" }],
        "reference": "/l/1/id",
        "tracking_number": { "in": "/l", "pick": "last", "by": "q", "take": "n/v" },
        "tracking_url": { "in": "/l", "pick": { "t": "x" }, "take": "v" },
        "carrier": ["/w/1", "/c/a"],
        "url_id": { "in": "/a/l", "pick": "first", "take": { "in": "l", "pick": "last", "take": "v" } }
    },
    "status": { "word": ["/s", { "text": "x" }], "words": { "created": ["x"] } },
    "items": {
        "each": "/l",
        "sku": "id",
        "name": "n/v",
        "quantity": "q",
        "price": { "amount": "l/0/v", "currency": "/o/c" }
    },
    "total": { "at": "/o/a", "amount": "q", "currency": "/w/1" },
    "customer": { "at": "/c", "name": { "join": ["a", "b"], "with": "+" }, "phone": "l/0" },
    "driver": { "name": "/l/0/l/1/v", "phone": "/a/b/c" }
}"#;

static PROVIDER: LazyLock<Provider> =
    LazyLock::new(|| Provider::parse("acme", DEFINITION, None).expect("a definition"));

pub(crate) type Texts = Vec<Option<String>>;

/// Returns every text that the definition finds in a body.
pub(crate) fn due(body: &Tree) -> Texts {
    let at = |path: &[&str]| body.at(path);
    let l = body.at(&["l"]).map_or_else(Vec::new, Tree::objects);
    let text = |path: &[&str]| at(path).and_then(Tree::text);
    let nth = |list: &[&str], nth: usize| at(list).and_then(|list| list.row(nth));
    let inner = |list: &Tree| {
        let inner = list.at(&["l"]).map_or_else(Vec::new, Tree::objects);
        inner.iter().rev().find_map(|row| row.at(&["v"])?.text())
    };
    let join = |parts: [Option<String>; 2]| {
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join("+"))
    };
    let is_customer = at(&["c"]).is_some_and(Tree::is_object);
    let customer = |text: Option<String>| text.filter(|_| is_customer);
    let currency = text(&["o", "c"]);
    let mut all = vec![
        text(&["a", "b"]).or_else(|| text(&["é"])),
        text(&["a/b", "m~n", "c"]),
        text(&["o", "id"]).or_else(|| Some("none".to_owned())),
        l.get(1).and_then(|row| row.at(&["id"])?.text()),
        l.iter()
            .rfind(|row| row.at(&["q"]).is_some_and(|q| q.word().is_some()))
            .and_then(|row| row.at(&["n", "v"])?.text()),
        l.iter()
            .find(|row| row.at(&["t"]).and_then(Tree::word).as_deref() == Some("x"))
            .and_then(|row| row.at(&["v"])?.text()),
        at(&["a", "l"]).and_then(|list| list.objects().into_iter().find_map(inner)),
        nth(&["w"], 1).and_then(Tree::text).or_else(|| text(&["c", "a"])),
        at(&["s"]).and_then(Tree::word),
        Some(matches!(at(&["f"]).and_then(Tree::word).as_deref(), Some("true" | "1")).to_string()),
        at(&["f"]).and_then(Tree::word).map(|word| {
            let is_return = matches!(word.as_str(), "true" | "1");
            if is_return { "return" } else { "forward" }.to_owned()
        }),
        text(&["o", "a", "q"]),
        text(&["o", "a", "q"]).and_then(|_| nth(&["w"], 1)?.text()),
        customer(join([text(&["c", "a"]), text(&["c", "b"])])),
        customer(nth(&["c", "l"], 0).and_then(Tree::text)),
        l.first().and_then(|row| row.at(&["l"])?.objects().get(1)?.at(&["v"])?.text()),
        text(&["a", "b", "c"]),
    ];
    for row in &l {
        let amount = row.at(&["l"]).and_then(|list| list.objects().first()?.at(&["v"])?.text());
        all.push(row.at(&["id"]).and_then(Tree::text));
        all.push(row.at(&["n", "v"]).and_then(Tree::text));
        let whole = row.at(&["q"]).and_then(Tree::text).and_then(|text| text.parse::<u32>().ok());
        all.push(whole.map(|whole| whole.to_string()));
        all.push(amount.clone());
        all.push(amount.and(currency.clone()));
    }
    all
}

/// Returns the same of an event's content.
fn found(content: &Content<'_>) -> Texts {
    let Content { order, status, customer, total, driver, .. } = content;
    let none = Customer::default();
    let customer = customer.as_ref().unwrap_or(&none);
    let amount = |money: &Option<Money<'_>>| money.as_ref().map(|it| it.amount.to_string());
    let currency =
        |money: &Option<Money<'_>>| money.as_ref()?.currency.as_deref().map(str::to_owned);
    let Contact { name, phone } = driver.as_ref().unwrap_or(&Contact { name: None, phone: None });
    let (test, id) = (Some(content.test.to_string()), Some(order.id.to_string()));
    let mut all = vec![
        texts(status.provider_event.as_ref()),
        texts(content.notes.as_ref()),
        id,
        texts(order.reference.as_ref()),
        texts(order.tracking_number.as_ref()),
        texts(order.tracking_url.as_ref()),
        texts(order.url_order_id.as_ref()),
        texts(order.carrier.as_ref()),
        texts(status.provider_now.as_ref()),
        test,
        content.direction.map(|direction| direction.as_str().to_owned()),
        amount(total),
        currency(total),
        texts(customer.name.as_ref()),
        texts(customer.phone.as_ref()),
        texts(name.as_ref()),
        texts(phone.as_ref()),
    ];
    for item in &content.items {
        all.push(texts(item.sku.as_ref()));
        all.push(texts(item.name.as_ref()));
        all.push(item.quantity.map(|quantity| quantity.to_string()));
        all.push(amount(&item.price));
        all.push(currency(&item.price));
    }
    all
}

/// Panics if a body is read in another way than by `serde_json`.
///
/// The two may only differ in numbers that are out of range and in halves of surrogate pairs. With
/// these, `serde_json` itself reads no value, but the grammar holds.
#[track_caller]
pub(crate) fn is_read(json: &str) {
    let headers: &[(&str, &str)] = &[];
    let delivery = Delivery { headers: &headers, url: "", body: json.as_bytes() };
    let Reading::Event(event) = PROVIDER.normalize("a", None, &delivery, UnixMillis(0)) else {
        panic!("one event");
    };
    let text = json.strip_prefix('\u{feff}').unwrap_or(json);
    let is_json = serde_json::from_str::<IgnoredAny>(text).is_ok();
    let is_value = serde_json::from_str::<Value>(text).is_ok();
    match event.data.content {
        Err(Unrecognized::NotJson) => assert!(!is_value, "JSON is refused: {json}"),
        Err(Unrecognized::UnexpectedShape) => {
            assert!(is_json && !text.trim_start().starts_with('{'), "{json}");
        }
        Err(other) => panic!("{other}: {json}"),
        Ok(content) => {
            assert!(is_json, "no JSON is read: {json}");
            let Some(tree) = Tree::parse(text) else {
                assert!(!is_value, "{json}");
                return;
            };
            assert_eq!(found(&content), due(&tree), "{json}");
        }
    }
}
