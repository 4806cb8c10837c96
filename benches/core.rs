//! The core's part of a delivery's way: verify and normalise, on the host.
//! `cargo bench -p orderhook-core`.

#[cfg(not(target_arch = "wasm32"))]
use criterion::{criterion_group, criterion_main};

#[cfg(not(target_arch = "wasm32"))]
criterion_group!(benches, host::deliveries);
#[cfg(not(target_arch = "wasm32"))]
criterion_main!(benches);

// Criterion has no clock there.
#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(not(target_arch = "wasm32"))]
mod host {
    use std::{hint::black_box, sync::Arc};

    use criterion::Criterion;
    use orderhook_core::{
        Delivery, Provider, Reading, Secret, Settings, Source, Token, UnixMillis,
    };

    const NOW: UnixMillis = UnixMillis(1_731_587_954_120);
    // Base64, so that it is a secret in any provider's format.
    const SECRET: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const TOKEN: &str = "a-token-of-a-shop";

    const WAKILNI: &str = include_str!("../tests/vectors/samples/wakilni_order_confirmed.json");
    const WEGOCOD: &str =
        include_str!("../tests/vectors/samples/wegocod_order_status_updated.json");
    const UP42: &str =
        include_str!("../tests/vectors/samples/up42_order_status_test_delivery.json");
    const GOOTEN: &str = include_str!("../tests/vectors/samples/gooten_order_webhook.json");
    const STANDARD: &str = r#"{"type":"order.shipped","timestamp":"2024-11-14T12:39:13Z","data":{"order_id":"o-1","status":"shipped"}}"#;

    pub(crate) fn deliveries(criterion: &mut Criterion) {
        bench(criterion, "wakilni", "padded", &of_512_bytes());
        bench(criterion, "wakilni", "sample", WAKILNI);
        bench(criterion, "wegocod", "sample", WEGOCOD);
        bench(criterion, "up42", "sample", UP42);
        bench(criterion, "gooten", "sample", GOOTEN);
        bench(criterion, "standard-webhooks", "sample", STANDARD);
        for (name, definition) in orderhook_catalogue::ALL {
            criterion.bench_function(&format!("parse the definition of {name}"), |bencher| {
                bencher.iter(|| Provider::parse(name, black_box(definition), None).expect("valid"));
            });
        }
    }

    /// Wakilni's sample with an unread field, so long that the whole has 512 bytes.
    fn of_512_bytes() -> String {
        let padded = |pad: &str| WAKILNI.replacen('{', &format!("{{\"pad\":\"{pad}\","), 1);
        padded(&"x".repeat(512 - padded("").len()))
    }

    fn bench(criterion: &mut Criterion, provider: &str, name: &str, body: &str) {
        let source = source(provider);
        let headers = signed(&source, body.as_bytes());
        let headers: &[(String, String)] = &headers;
        let delivery = Delivery { headers: &headers, url: "", body: body.as_bytes() };
        let token = source.token().and_then(|token| token.check(TOKEN));
        let name = format!("{provider}, {name} ({} bytes)", body.len());
        criterion.bench_function(&format!("verify and read: {name}"), |bencher| {
            bencher.iter(|| {
                let verified = source.verify(black_box(delivery), token, NOW).expect("authentic");
                let Reading::Event(event) = verified.read(NOW) else { panic!("a test") };
                assert!(black_box(event).data.content.is_ok(), "understood");
            });
        });
        criterion.bench_function(&format!("to a message: {name}"), |bencher| {
            bencher.iter(|| {
                let verified = source.verify(black_box(delivery), token, NOW).expect("authentic");
                let Reading::Event(event) = verified.read(NOW) else { panic!("a test") };
                black_box(event.into_message("a"));
            });
        });
    }

    fn source(provider: &str) -> Source {
        let definition = orderhook_catalogue::definition(provider);
        let provider = Provider::parse(provider, definition, None).expect("a definition");
        let secret = |format| Secret::new(SECRET, format).expect("a secret");
        let secrets: Vec<_> = provider.scheme.key_format().map(secret).into_iter().collect();
        let token = secrets.is_empty().then(|| Token::new(TOKEN).expect("a token"));
        Source::new("a", Arc::new(provider), secrets, token, Settings::default()).expect("a source")
    }

    fn signed(source: &Source, body: &[u8]) -> Vec<(String, String)> {
        let scheme = &source.provider().scheme;
        let mut headers =
            vec![("webhook-id".to_owned(), "msg_p5jXN8AQM9LWM0D4loKWxJek".to_owned())];
        if let Some(format) = scheme.key_format() {
            let secret = Secret::new(SECRET, format).expect("a secret");
            let given: &[(String, String)] = &headers;
            let delivery = Delivery { headers: &given, url: "", body };
            let signed = scheme.sign(&secret, &delivery, NOW).expect("signed");
            let signed: Vec<_> =
                signed.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            headers.extend(signed);
        }
        headers
    }
}
