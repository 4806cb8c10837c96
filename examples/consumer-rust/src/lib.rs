//! Takes order events off the queue, and keeps each in a table of a D1 database.

use serde::Deserialize;
use worker::{
    Context, Env, Error, MessageBatch, MessageExt, QueueRetryOptionsBuilder, RawMessage, Result,
    console_error, event,
    js_sys::{JSON, Uint8Array},
    wasm_bindgen::JsValue,
};

#[derive(Deserialize)]
struct Event {
    source: String,
    id: String,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    payload_ref: Option<String>,
}

// Keeps each message's event, and then acknowledges the message. It reads them one by one:
// `batch.messages()` fails for all of them if one cannot be read.
#[event(queue)]
async fn queue(batch: MessageBatch<Event>, env: Env, _: Context) -> Result<()> {
    for message in batch.raw_iter() {
        if let Err(error) = keep(&message, &env).await {
            console_error!("{}: {error}", message.id());
            let later = QueueRetryOptionsBuilder::new().with_delay_seconds(60).build();
            message.retry_with_options(&later);
        } else {
            message.ack();
        }
    }
    Ok(())
}

/// Keeps an event. An event that is already there stays as it is.
async fn keep(message: &RawMessage, env: &Env) -> Result<()> {
    let json = String::from(JSON::stringify(&message.body())?);
    let Event { source, id, data } = serde_json::from_str(&json)?;
    let payload = match data.payload_ref {
        Some(key) => kept(&key, env).await?,
        None => JsValue::NULL,
    };
    env.d1("DB")?
        .prepare("INSERT INTO events VALUES (?, ?, ?, ?) ON CONFLICT (source, id) DO NOTHING")
        .bind(&[source.into(), id.into(), json.into(), payload])?
        .run()
        .await?;
    Ok(())
}

/// Returns the body of a large event. KV can take a minute to show it everywhere.
async fn kept(key: &str, env: &Env) -> Result<JsValue> {
    let bytes = env.kv("SEEN")?.get(key).bytes().await?;
    let bytes = bytes.ok_or_else(|| Error::from("the payload is not in KV, or not yet"))?;
    Ok(Uint8Array::from(bytes.as_slice()).buffer().into())
}
