//! Mistakes in definitions, and the exact text of each one's error.

/// A change of the valid definition, and the error that it brings. Tables are merged, anything else
/// is replaced, and null removes a key (RFC 7396).
pub(crate) type Row = (&'static str, &'static str);

pub(crate) const HEADING: &[Row] = &[
    (r#"{"name":"Acme"}"#, "name: a provider's name is 1 to 32 of a-z, 0-9 and -"),
    (r#"{"name":7}"#, "name: expected a text"),
    (r#"{"page":""}"#, "page: empty; give it a text, or leave the key out"),
    (r#"{"page":"acme.example"}"#, r#"page: expected an address, as "https://acme.example/docs""#),
    (
        r#"{"orders":{}}"#,
        "orders: unknown; known are page, scheme, handshake, answer, event, order, status, items, \
         total, customer, driver, pickup, name",
    ),
    (r#"{"event":[]}"#, "event: expected a table"),
    (r#"{"order":{"at":7}}"#, r#"order.at: expected a JSON Pointer, as "/data""#),
];

pub(crate) const PLACES: &[Row] = &[
    (r#"{"order":{"id":""}}"#, r#"order.id: empty; write a place, as "/data/id""#),
    (r#"{"order":{"id":"data.id"}}"#, r#"order.id: write "/data/id": a place is a JSON Pointer"#),
    (
        r#"{"order":{"carrier":"FedEx"}}"#,
        r#"order.carrier: "FedEx" is a place without a base; write "/FedEx", or { text = "FedEx" }"#,
    ),
    (r#"{"order":{"id":"/a//b"}}"#, r#"order.id: "/a//b" has a segment without a name"#),
    (
        r#"{"order":{"id":"/a~2"}}"#,
        "order.id: in a place, write `~` as `~0`, and a `/` within a key as `~1`",
    ),
    (r#"{"order":{"id":"/1/a/b/c/d/e/f/g/h"}}"#, "order.id: 9 segments; at most 8"),
    (r#"{"order":{"id":"/a/100"}}"#, "order.id: an index is at most 99"),
    (r#"{"order":{"id":"/a/0/0/0/0/0"}}"#, "order.id: more than 4 lists within one another"),
    (
        r#"{"order":{"at":"/a/0"}}"#,
        "order.at: an index cannot stand here, only in the place of a value",
    ),
];

pub(crate) const VALUES: &[Row] = &[
    (r#"{"order":{"id":7}}"#, r#"order.id: expected a place, as "/data/id", or { text = … }"#),
    (r#"{"order":{"id":[]}}"#, "order.id: empty; name a place, or leave the key out"),
    (r#"{"order":{"id":["/a","/b","/c","/d","/e"]}}"#, "order.id: 5 candidates; at most 4"),
    (
        r#"{"order":{"id":["/a","b"]}}"#,
        r#"order.id[1]: "b" is a place without a base; write "/b", or { text = "b" }"#,
    ),
    (
        r#"{"order":{"id":[[[["/a"]]]]}}"#,
        "order.id[0][0][0][0]: more than 4 values within one another",
    ),
    (r#"{"order":{"id":{}}}"#, "order.id: expected header, query, text, join, in, of or hash"),
    (
        r#"{"order":{"id":{"place":"/a"}}}"#,
        "order.id.place: unknown; known are header, query, text, join, with, in, pick, by, take, \
         of, after, before, hash",
    ),
    (
        r#"{"order":{"id":{"header":"x-id","query":"id"}}}"#,
        "order.id: `header` or `query`, not both",
    ),
    (r#"{"order":{"id":{"text":"a","with":"b"}}}"#, "order.id.with: does not go with `text`"),
    (r#"{"order":{"id":{"query":7}}}"#, "order.id.query: expected a text"),
    (r#"{"order":{"id":{"header":"X-Id"}}}"#, "order.id.header: write `x-id` in lower case"),
    (r#"{"order":{"id":{"header":"x id"}}}"#, r#"order.id.header: "x id" is not a header's name"#),
    (r#"{"order":{"id":{"header":["a","b","c","d","e"]}}}"#, "order.id.header: 5 texts; at most 4"),
    (
        r#"{"order":{"id":{"header":[]}}}"#,
        "order.id.header: empty; give it a text, or leave the key out",
    ),
    (r#"{"order":{"id":{"join":"/a","with":" "}}}"#, "order.id.join: expected a list"),
    (
        r#"{"order":{"id":{"join":["/a"],"with":" "}}}"#,
        "order.id.join: a join has two parts or more",
    ),
    (
        r#"{"order":{"id":{"join":["/a","/b","/c","/d","/e","/f","/g"],"with":" "}}}"#,
        "order.id.join: 7 parts; at most 6",
    ),
    (
        r#"{"order":{"id":{"join":["/a","/b"]}}}"#,
        "order.id.with: missing: the text between the parts",
    ),
    (
        r#"{"order":{"id":{"of":"/a"}}}"#,
        "order.id.after: missing: a cut needs `after`, `before` or both",
    ),
    (
        r#"{"order":{"id":{"of":"/a","after":""}}}"#,
        "order.id.after: empty; give it a text, or leave the key out",
    ),
    (
        r#"{"order":{"id":{"hash":"body"}}}"#,
        "order.id: a hash is not an order's id; write the place of the order's number",
    ),
    (r#"{"order":{"id":["/a",{"hash":"body"}]}}"#, "order.id[1]: a hash goes with event.id only"),
    (r#"{"event":{"id":{"hash":"order"}}}"#, r#"event.id.hash: expected "body""#),
];

pub(crate) const ELEMENTS: &[Row] = &[
    (
        r#"{"order":{"id":{"in":"/a","pick":"last"}}}"#,
        "order.id.take: missing: name the value of the element",
    ),
    (r#"{"order":{"id":{"in":"/a","take":"b"}}}"#, "order.id.pick: missing"),
    (
        r#"{"order":{"id":{"in":"/a/0/b","pick":"last","take":"c"}}}"#,
        "order.id.in: an index cannot stand here, only in the place of a value",
    ),
    (
        r#"{"order":{"id":["/a/b/0/c","/a/b/c"]}}"#,
        "order.id[1]: `a.b` is a list and an object in this definition; put an index before the object's keys, as an object counts as a list of one",
    ),
    (
        r#"{"order":{"id":"/a/b","reference":{"in":"/a","pick":"last","take":"c"}}}"#,
        "order.reference.in: `a` is a list and an object in this definition; put an index before the object's keys, as an object counts as a list of one",
    ),
    (
        r#"{"items":{"each":"/a","name":{"in":"/b","pick":"last","take":"c"}}}"#,
        r#"items.name.in: a list of the whole body cannot be searched for each element; write it without "/""#,
    ),
    (
        r#"{"order":{"id":{"in":"/a","pick":"newest","take":"b"}}}"#,
        r#"order.id.pick: expected "first", "last", "latest", or one key and its text, as { type = "ETA" }"#,
    ),
    (
        r#"{"order":{"id":{"in":"/a","pick":{},"take":"b"}}}"#,
        r#"order.id.pick: expected "first", "last", "latest", or one key and its text, as { type = "ETA" }"#,
    ),
    (
        r#"{"order":{"id":{"in":"/a","pick":7,"take":"b"}}}"#,
        r#"order.id.pick: expected "first", "last", "latest", or one key and its text, as { type = "ETA" }"#,
    ),
    (
        r#"{"order":{"id":{"in":"/a","pick":{"type":7},"take":"b"}}}"#,
        "order.id.pick.type: expected a text",
    ),
    (
        r#"{"order":{"id":{"in":"/a","pick":{"type":"ETA"},"by":"c","take":"b"}}}"#,
        r#"order.id.by: goes with "first", "last" and "latest" only"#,
    ),
    (
        r#"{"order":{"id":{"in":"/a","pick":"latest","take":"b"}}}"#,
        r#"order.id.by: missing: "latest" needs the place of an element's time"#,
    ),
    (
        r#"{"order":{"id":{"in":"/a","pick":"slowest","take":"b"}}}"#,
        r#"order.id.pick: "slowest" goes with status.word only, as its whole value"#,
    ),
    (
        r#"{"status":{"word":{"in":"/a","pick":"slowest","by":"c","take":"b"}}}"#,
        r#"status.word.by: goes with "first", "last" and "latest" only"#,
    ),
];

pub(crate) const EVENT: &[Row] = &[
    (r#"{"event":{"each":["/a","b","c"]}}"#, "event.each: 3 levels; at most 2"),
    (
        r#"{"event":{"each":["/a","/b"]}}"#,
        r#"event.each: the inner list is in the element; write it without "/""#,
    ),
    (
        r#"{"scheme":{"redact":["/a/b\"c"]}}"#,
        "scheme: a field whose key needs an escape in JSON cannot be redacted",
    ),
    (
        r#"{"scheme":{"redact":["/events/pin"]},"event":{"each":"/events"}}"#,
        "event.each: a redacted field is in this list; nothing is taken out of a list",
    ),
    (
        r#"{"event":{"each":"/events","id":"/id"}}"#,
        r#"event.id: this is the same for all events of a request; write a place of the element, without "/""#,
    ),
    (
        r#"{"event":{"each":"/events","time":"/at","id":{"join":["/id","/at"]}}}"#,
        r#"event.id: this is the same for all events of a request; write a place of the element, without "/""#,
    ),
    (
        r#"{"event":{"each":"/events","id":["/id",{"header":"x-id"}]}}"#,
        r#"event.id: this is the same for all events of a request; write a place of the element, without "/""#,
    ),
    (
        r#"{"event":{"id":{"join":["/id","/state"]}}}"#,
        r#"event.id: add a place of `time` or { hash = "body" }, or prescribed = true where the provider's page gives this key"#,
    ),
    (
        r#"{"event":{"id":{"join":["/id","/state"],"prescribed":"yes"}}}"#,
        "event.id.prescribed: expected true or false",
    ),
    (
        r#"{"event":{"id":{"join":["/id","/state"],"with":"-"}}}"#,
        "event.id.with: unknown; known are join, prescribed",
    ),
    (
        r#"{"event":{"id":["/id",{"join":["/order","/state"],"with":"-"}]}}"#,
        "event.id[1].join: a join is the whole of an id; write event.id = { join = [ … ] }",
    ),
    (r#"{"event":{"zone":"IST"}}"#, r#"event.zone: "IST" is not an offset; write "+05:30""#),
    (
        r#"{"event":{"test":{"of":"/mode"}}}"#,
        "event.test: add `is` or `starts`, with which the value is compared",
    ),
    (
        r#"{"event":{"test":{"of":"/mode","is":"test","starts":"t"}}}"#,
        "event.test: `is` or `starts`, not both",
    ),
    (
        r#"{"event":{"each":"/events","id":"/ids/0"}}"#,
        r#"event.id: this is the same for all events of a request; write a place of the element, without "/""#,
    ),
    (r#"{"event":{"test":{"is":"test"}}}"#, "event.test.of: missing"),
    (
        r#"{"event":{"test":{"of":"/mode","is":["a","b","c","d","e"]}}}"#,
        "event.test.is: 5 texts; at most 4",
    ),
    (r#"{"event":{"test":{"of":"/mode","is":1}}}"#, r#"event.test.is: expected a text; write "1""#),
    (
        r#"{"event":{"volatile":["/retries"]}}"#,
        "event.volatile: every scheme covers the body; remove it",
    ),
];

pub(crate) const ORDER: &[Row] = &[
    (r#"{"order":null}"#, "order: missing"),
    (r#"{"order":{"id":null}}"#, "order.id: missing"),
    (r#"{"items":{"sku":"sku"}}"#, "items.each: missing"),
    (r#"{"items":{"each":["/a"]}}"#, "items.each: expected a text"),
    (r#"{"items":{"each":"/a","price":"price"}}"#, "items.price: expected a table"),
    (r#"{"total":{"currency":"/c"}}"#, "total.amount: missing"),
    (
        r#"{"total":{"amount":"/a","minor":true}}"#,
        "total.currency: missing: it says how many minor units make one unit",
    ),
    (r#"{"total":{"amount":"/a","minor":1}}"#, "total.minor: expected true or false"),
];

pub(crate) const STATUS: &[Row] = &[
    (r#"{"status":null}"#, "status: missing"),
    (r#"{"status":"/state"}"#, "status: expected a table"),
    (r#"{"status":["/state"]}"#, "status[0]: expected a table"),
    (r#"{"status":[{},{},{},{},{}]}"#, "status: 5 tables; at most 4"),
    (r#"{"status":{"word":null}}"#, "status.word: missing"),
    (
        r#"{"status":{"word":{"join":["/a","/b"],"with":" "}}}"#,
        r#"status.word.with: blanks, _ and - do not count in words; use "/""#,
    ),
    (r#"{"status":{"words":null}}"#, "status.words: missing"),
    (r#"{"status":{"words":"ours"}}"#, r#"status.words: expected a table, or "orderhook""#),
    (
        r#"{"status":{"words":{"prepared":["x"]}}}"#,
        r#"status.words.prepared: this is not a status of ours; ours stand on the left: packed = ["prepared"]"#,
    ),
    (
        r#"{"status":{"words":{"next":["x"]}}}"#,
        "status.words.next: there is no next look-up; write a status, or add a [[status]] below",
    ),
    (
        r#"{"status":{"words":{"packed":["DO_NE"]}}}"#,
        r#"status.words.packed: "DO_NE" is the same word as "Done" in delivered; case, blanks, _ and - do not count"#,
    ),
    (
        r#"{"status":{"words":{"packed":["Pack *"]}}}"#,
        r#"status.words.packed: write "Pack*"; case, blanks, _ and - do not count"#,
    ),
    (r#"{"status":{"words":{"packed":6}}}"#, r#"status.words.packed: expected a text; write "6""#),
    (r#"{"status":{"words":{"packed":[true]}}}"#, "status.words.packed: expected a text"),
    (
        r#"{"status":{"words":{"packed":[]}}}"#,
        "status.words.packed: empty; give it a text, or leave the key out",
    ),
    (r#"{"status":{"not_final":["x"]}}"#, r#"status.not_final: "x" is not in words; add it there"#),
    (r#"{"status":{"reasons":[]}}"#, "status.reasons: expected a table"),
    (
        r#"{"status":{"reasons":{"rain":["Sent"]}}}"#,
        "status.reasons.rain: this is not a reason of ours; ours are delayed, weather, \
         customs_processing, customs_held, documents, payment_due, address, recipient_absent, \
         refused, not_collected, held, missorted, damaged, lost, destroyed, carrier_rejected, \
         rescheduled, neighbour, safe_place, signed, other",
    ),
    (
        r#"{"status":{"reasons":{"lost":["x"]}}}"#,
        r#"status.reasons.lost: "x" is not in words; add it there"#,
    ),
    (
        r#"{"status":{"reasons":{"held":["Sent"],"lost":["SENT"]}}}"#,
        r#"status.reasons.lost: "Sent" has a reason already; case, blanks, _ and - do not count"#,
    ),
    (r#"{"status":{"steps":[]}}"#, "status.steps: expected a table"),
    (
        r#"{"status":{"steps":{"x":["Done"]}}}"#,
        r#"status.steps.x: "x" is not in words; add it there"#,
    ),
    (
        r#"{"status":{"steps":{"Sent":["x"]}}}"#,
        r#"status.steps.Sent: "x" is not in words; add it there"#,
    ),
];

/// Several look-ups: the change replaces the list.
pub(crate) const LOOKUPS: &[Row] = &[
    (
        r#"{"status":[{"word":{"header":"x-topic"},"words":{"next":["*"]}},{"word":"/state","words":"orderhook"}]}"#,
        "status[0].word: the proof does not cover this; put what the body says first",
    ),
    (
        r#"{"status":[{"word":{"query":"s"},"words":{"next":["*"]}},{"word":"/state","words":"orderhook"}]}"#,
        "status[0].word: the proof does not cover this; put what the body says first",
    ),
    (
        r#"{"status":[{"word":"/state","words":{"next":["*"]}},{"word":{"text":"a"},"words":{"created":["a"]}}]}"#,
        "status[1].word: a constant decides for every word; make it the last candidate of this look-up",
    ),
    (
        r#"{"status":[{"word":"/a","words":{"next":["*"]}},{"word":"/b","words":{"next":["*"]}}]}"#,
        "status[1].words.next: there is no next look-up; write a status, or add a [[status]] below",
    ),
];

pub(crate) const SCHEME: &[Row] = &[
    (r#"{"scheme":null}"#, "scheme: missing"),
    (r#"{"scheme":{"type":null}}"#, "scheme.type: missing"),
    (
        r#"{"scheme":{"type":"none"}}"#,
        r#"scheme.type: "none" is not a scheme; use "hmac", "digest", "token", "url-token", "public-key", "http-signature" or "header-list""#,
    ),
    (r#"{"scheme":{"type":"url-token"}}"#, r#"scheme.signature: does not go with "url-token""#),
    (r#"{"scheme":{"keys":["k"]}}"#, "scheme.keys: keys belong in the source's configuration"),
    (r#"{"scheme":{"hash":"md5"}}"#, r#"scheme.hash: expected "sha256", "sha1" or "sha512""#),
    (
        r#"{"scheme":{"key":"pem"}}"#,
        "scheme.key: expected one of utf8, base64, hex, whsec, html, nfkd",
    ),
    (r#"{"scheme":{"token":{"header":"x-key"}}}"#, r#"scheme.token: does not go with "hmac""#),
    (
        r#"{"scheme":{"redact":"/a/0"}}"#,
        "scheme.redact: an index cannot stand here, only in the place of a value",
    ),
    (r#"{"scheme":{"redact":["/a","/b","/c","/d","/e"]}}"#, "scheme.redact: 5 texts; at most 4"),
    (
        r#"{"scheme":{"signature":{"field":"/sig"}}}"#,
        "scheme.signature.field: give either `header` or `field`",
    ),
    (
        r#"{"scheme":{"signature":{"header":null,"field":"sig"}}}"#,
        r#"scheme.signature.field: "sig" is a place without a base; write "/sig", or { text = "sig" }"#,
    ),
    (
        r#"{"scheme":{"signature":{"header":["a","b","c","d","e"]}}}"#,
        "scheme.signature.header: 5 texts; at most 4",
    ),
    (r#"{"scheme":{"signature":null}}"#, "scheme.signature: missing"),
    (r#"{"scheme":{"signature":{"header":null}}}"#, "scheme.signature.header: missing"),
    (
        r#"{"scheme":{"signature":{"header":"X-Signature"}}}"#,
        "scheme.signature.header: write `x-signature` in lower case",
    ),
    (
        r#"{"scheme":{"signature":{"encoding":"base32"}}}"#,
        r#"scheme.signature.encoding: expected "hex", "base64", "base64url", or a list of them"#,
    ),
    (
        r#"{"scheme":{"signature":{"encoding":["hex","hex"]}}}"#,
        r#"scheme.signature.encoding: "hex" is given twice"#,
    ),
    (
        r#"{"scheme":{"signature":{"list":" "}}}"#,
        r#"scheme.signature.prefix: missing: a list needs the one text that stands before each tag, as "v1,""#,
    ),
    (
        r#"{"scheme":{"signature":{"list":" ","prefix":[""]}}}"#,
        r#"scheme.signature.prefix: missing: a list needs the one text that stands before each tag, as "v1,""#,
    ),
    (
        r#"{"scheme":{"signature":{"prefix":[]}}}"#,
        "scheme.signature.prefix: empty; give it a text, or leave the key out",
    ),
    (
        r#"{"scheme":{"signature":{"list":";","prefix":"v1="}}}"#,
        r#"scheme.signature.list: expected " " or ",""#,
    ),
    (
        r#"{"scheme":{"signature":{"list":",","prefix":",v1="}}}"#,
        "scheme.signature.prefix: it begins with the list's separator",
    ),
    (
        r#"{"scheme":{"signature":{"pair":"v1","prefix":"v1="}}}"#,
        "scheme.signature.pair: does not go with `prefix` or `list`",
    ),
    (
        r#"{"scheme":[{"type":"url-token"},{"name":"b","type":"url-token"}]}"#,
        "scheme[0].name: missing: a source picks one of several schemes by its name",
    ),
    (
        r#"{"scheme":[{"name":"a","type":"url-token"},{"name":"a","type":"url-token"}]}"#,
        "scheme[1].name: another scheme has this name",
    ),
    (r#"{"scheme":[{},{},{},{},{}]}"#, "scheme: 5 tables; at most 4"),
];

pub(crate) const SIGNED_PARTS: &[Row] = &[
    (r#"{"scheme":{"signs":null}}"#, "scheme.signs: missing"),
    (r#"{"scheme":{"signs":"body"}}"#, "scheme.signs: expected a list"),
    (
        r#"{"scheme":{"signs":[".",".",".",".",".",".",".",".",".",".",".",".","body"]}}"#,
        "scheme.signs: 13 parts; at most 12",
    ),
    (
        r#"{"scheme":{"signs":[".","body"]}}"#,
        r#"scheme.signs[0]: "." is not a part; write { text = "." }"#,
    ),
    (
        r#"{"scheme":{"signs":[7,"body"]}}"#,
        r#"scheme.signs[0]: expected "body", "time", "url", "path", "method", { text = … }, { header = … } or { field = … }"#,
    ),
    (
        r#"{"scheme":{"signs":[{},"body"]}}"#,
        r#"scheme.signs[0]: expected "body", "time", "url", "path", "method", { text = … }, { header = … } or { field = … }"#,
    ),
    (
        r#"{"scheme":{"signs":[{"header":"X-Id"},"body"]}}"#,
        "scheme.signs[0].header: write `x-id` in lower case",
    ),
    (
        r#"{"scheme":{"signs":[]}}"#,
        r#"scheme.signs: add "body" or a field of it: a proof must cover something"#,
    ),
    (
        r#"{"scheme":{"signs":["body",{"text":"/"},"secret"]}}"#,
        r#"scheme.signs[2]: "secret" goes with a digest only, as its last part"#,
    ),
    (
        r#"{"scheme":{"signs":[{"field":"/a"},"path",{"field":"/b"}]}}"#,
        r#"scheme.signs[1]: a field and "path" touch; put { text = … } between them"#,
    ),
    (
        r#"{"scheme":{"signs":["time",{"text":"1"},"body"],"age":{"header":"x-time","within":300}}}"#,
        r#"scheme.signs[1]: the text after "time" must not begin with a digit"#,
    ),
    (
        r#"{"scheme":{"signs":["time","body"],"age":{"header":"x-time","within":300}}}"#,
        r#"scheme.signs[1]: "time" and "body" touch; put { text = … } between them"#,
    ),
    (
        r#"{"scheme":{"signs":[{"header":"x-id"},"body"]}}"#,
        r#"scheme.signs[1]: a header and "body" touch; put { text = … } between them"#,
    ),
    (
        r#"{"scheme":{"signs":["body",{"text":"."},{"header":"x-id"}]}}"#,
        r#"scheme.signs[1]: "body" must be the last part that the sender writes"#,
    ),
];

pub(crate) const AGE: &[Row] = &[
    (
        r#"{"scheme":{"signs":["time",{"text":"."},"body"]}}"#,
        r#"scheme.age: missing: "time" is signed, so name its place and its greatest age"#,
    ),
    (
        r#"{"scheme":{"age":{"header":"x-time","within":300}}}"#,
        r#"scheme.age: the age proves nothing unless it is signed; add "time" to signs"#,
    ),
    (
        r#"{"scheme":{"age":{"header":"x-time","within":900}}}"#,
        "scheme.age.within: expected a number from 1 to 600",
    ),
    (r#"{"scheme":{"age":{"header":"x-time"}}}"#, "scheme.age.within: missing"),
    (
        r#"{"scheme":{"age":{"within":300}}}"#,
        "scheme.age.header: expected either `header`, `field` or `pair`",
    ),
    (
        r#"{"scheme":{"age":{"header":"x-time","form":"iso","within":300}}}"#,
        r#"scheme.age.form: expected "seconds", "milliseconds", "rfc3339", or a list of them"#,
    ),
    (
        r#"{"scheme":{"age":{"pair":"t","within":300}}}"#,
        "scheme.age.pair: the signature has no pairs; add signature.pair, or name a header here",
    ),
    (
        r#"{"scheme":{"age":{"header":"X-Time","within":300}}}"#,
        "scheme.age.header: write `x-time` in lower case",
    ),
];

/// Changes of a definition whose scheme is a header list.
pub(crate) const HEADER_LIST: &[Row] = &[
    (r#"{"scheme":{"list":null}}"#, "scheme.list: missing"),
    (r#"{"scheme":{"list":"List"}}"#, "scheme.list: write `list` in lower case"),
    (r#"{"scheme":{"signature":null}}"#, "scheme.signature: missing"),
    (
        r#"{"scheme":{"signature":{"encoding":"hex"}}}"#,
        r#"scheme.signature.encoding: expected "base64""#,
    ),
    (r#"{"scheme":{"age":null}}"#, "scheme.age: missing"),
    (r#"{"scheme":{"age":{"parameter":null}}}"#, "scheme.age.parameter: missing"),
    (r#"{"scheme":{"signs":["body"]}}"#, r#"scheme.signs: does not go with "header-list""#),
    (r#"{"event":{"volatile":["/a","/b","/c","/d","/e"]}}"#, "event.volatile: 5 texts; at most 4"),
    (
        r#"{"event":{"volatile":["/a/0"]}}"#,
        "event.volatile: an index cannot stand here, only in the place of a value",
    ),
];

pub(crate) const ANSWERS: &[Row] = &[
    (r#"{"answer":{"status":404}}"#, "answer.status: expected a success, from 200 to 299"),
    (r#"{"answer":{"status":"200"}}"#, "answer.status: expected a success, from 200 to 299"),
    (r#"{"answer":{"within":61}}"#, "answer.within: expected a number from 1 to 60"),
    (
        r#"{"answer":{"body":"é"}}"#,
        "answer.body: expected at most 256 printable characters of ASCII",
    ),
    (r#"{"answer":{"headers":[]}}"#, "answer.headers: expected a table"),
    (r#"{"answer":{"headers":{"X-Ok":"1"}}}"#, "answer.headers.X-Ok: write `x-ok` in lower case"),
    (
        r#"{"answer":{"headers":{"x-ok":"a\nb"}}}"#,
        "answer.headers.x-ok: expected at most 256 printable characters of ASCII",
    ),
    (
        r#"{"answer":{"headers":{"a":"1","b":"1","c":"1","d":"1","e":"1"}}}"#,
        "answer.headers: 5 headers; at most 4",
    ),
    (r#"{"handshake":[{},{},{},{}]}"#, "handshake: 4 tables; at most 3"),
    (r#"{"handshake":{}}"#, "handshake: expected either `echo` or `body`"),
    (r#"{"handshake":{"echo":"a","body":"empty"}}"#, "handshake: expected either `echo` or `body`"),
    (r#"{"handshake":{"echo":"a b"}}"#, "handshake.echo: expected letters, digits, _ and -"),
    (r#"{"handshake":{"echo":"a","as":"xml"}}"#, r#"handshake.as: expected "text" or "json""#),
    (r#"{"handshake":{"echo":"a","status":200}}"#, "handshake.status: does not go with `echo`"),
    (r#"{"handshake":{"body":"empty","as":"json"}}"#, "handshake.as: does not go with `body`"),
    (
        r#"{"handshake":[{"body":"json"}]}"#,
        r#"handshake[0].body: expected "empty", "form", or { "/key" = "text" }"#,
    ),
    (
        r#"{"handshake":{"body":7}}"#,
        r#"handshake.body: expected "empty", "form", or { "/key" = "text" }"#,
    ),
    (
        r#"{"handshake":{"body":{"/a":"1","/b":"2"}}}"#,
        r#"handshake.body: expected "empty", "form", or { "/key" = "text" }"#,
    ),
    (
        r#"{"handshake":{"body":{"/a/b":"1"}}}"#,
        r#"handshake.body: expected "empty", "form", or { "/key" = "text" }"#,
    ),
    (
        r#"{"handshake":{"body":{"/event":"Done"}}}"#,
        r#"handshake.body: "Done" is in status.words; a handshake may not swallow it"#,
    ),
];

/// Changes of a definition whose scheme is a token.
pub(crate) const TOKEN: &[Row] = &[
    (r#"{"scheme":{"token":null}}"#, "scheme.token: missing: name the place of the token"),
    (r#"{"scheme":{"token":{"header":null}}}"#, "scheme.token.header: missing"),
    (
        r#"{"scheme":{"token":{"header":"X-Key"}}}"#,
        "scheme.token.header: write `x-key` in lower case",
    ),
    (
        r#"{"scheme":{"token":{"basic":true,"prefix":"Basic "}}}"#,
        "scheme.token.prefix: does not go with `basic`",
    ),
    (
        r#"{"scheme":{"token":{"header":null,"field":"/a/key"}},"order":{"id":"/a/0/id"}}"#,
        "order.id: a redacted field is in this list; nothing is taken out of a list",
    ),
    (
        r#"{"scheme":{"token":{"header":null,"field":"/key","basic":true}}}"#,
        "scheme.token.basic: does not go with `field`",
    ),
    (r#"{"scheme":{"token":{"prefix":[1]}}}"#, "scheme.token.prefix: expected texts"),
    (r#"{"scheme":{"signs":["body"]}}"#, r#"scheme.signs: does not go with "token""#),
    (r#"{"scheme":{"key":"hex"}}"#, r#"scheme.key: does not go with "token""#),
];

/// Changes of a definition whose scheme is a digest.
pub(crate) const DIGEST: &[Row] = &[
    (
        r#"{"scheme":{"hash":"sha1"}}"#,
        r#"scheme.hash: expected "sha256" or "sha512"; no other hash is safe without HMAC"#,
    ),
    (
        r#"{"scheme":{"signs":["body"]}}"#,
        r#"scheme.signs: a digest needs "secret" as its last part"#,
    ),
    (
        r#"{"scheme":{"signs":["secret",{"text":"/"},"body"]}}"#,
        r#"scheme.signs: a digest needs "secret" as its last part"#,
    ),
    (
        r#"{"scheme":{"signs":["secret","body","secret"]}}"#,
        r#"scheme.signs[0]: "secret" goes with a digest only, as its last part"#,
    ),
    (
        r#"{"scheme":{"signs":[{"text":"a"},"secret"]}}"#,
        r#"scheme.signs: add "body" or a field of it: a proof must cover something"#,
    ),
    (r#"{"scheme":{"key":"hex"}}"#, r#"scheme.key: does not go with "digest""#),
];

/// Changes of a definition whose scheme is a public key's.
pub(crate) const PUBLIC_KEY: &[Row] = &[
    (r#"{"scheme":{"algorithm":null}}"#, "scheme.algorithm: missing"),
    (
        r#"{"scheme":{"algorithm":"rs256"}}"#,
        "scheme.algorithm: expected one of rsa-sha256, ecdsa-p256, ed25519",
    ),
    (r#"{"scheme":{"key":"hex"}}"#, r#"scheme.key: does not go with "public-key""#),
    (r#"{"scheme":{"key_id":{}}}"#, "scheme.key_id.header: missing"),
    (
        r#"{"scheme":{"signature":{"encoding":["hex","base64"]}}}"#,
        "scheme.signature.encoding: the lengths of signatures do not tell encodings apart; name one",
    ),
    (
        r#"{"scheme":{"signature":{"form":"jwt","encoding":null},"signs":null}}"#,
        r#"scheme.signature.form: expected "jws""#,
    ),
    (
        r#"{"scheme":{"signature":{"form":"jws"},"signs":null}}"#,
        "scheme.signature.encoding: does not go with `form`",
    ),
    (
        r#"{"scheme":{"signature":{"form":"jws","encoding":null}}}"#,
        "scheme.signs: does not go with a JWS, which covers the body",
    ),
];

/// Changes of a definition whose scheme is an HTTP message signature.
pub(crate) const HTTP_SIGNATURE: &[Row] = &[
    (
        r#"{"scheme":{"covers":null}}"#,
        r#"scheme.covers: add "content-digest": a proof must cover the body"#,
    ),
    (
        r#"{"scheme":{"covers":["@method"]}}"#,
        r#"scheme.covers: add "content-digest": a proof must cover the body"#,
    ),
    (
        r#"{"scheme":{"covers":["content-digest","@status"]}}"#,
        r#"scheme.covers: "@status" is no component; known are @method, @authority, @path, @query, @target-uri, @scheme"#,
    ),
    (
        r#"{"scheme":{"covers_if_present":["X-Agent"]}}"#,
        "scheme.covers_if_present: write `x-agent` in lower case",
    ),
    (r#"{"scheme":{"age":{"within":900}}}"#, "scheme.age.within: expected a number from 1 to 600"),
    (r#"{"scheme":{"shared_keys":"yes"}}"#, "scheme.shared_keys: expected true or false"),
    (r#"{"scheme":{"signs":["body"]}}"#, r#"scheme.signs: does not go with "http-signature""#),
];
