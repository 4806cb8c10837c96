//! Lets the example of docs/endpoints.md take messages. `RECEIVE` is its file at compile time.
//!
//! The first argument is a file of messages, each a line of JSON. A message whose `event` is null is
//! forged: the example must refuse it.

use http::HeaderName;

include!(env!("RECEIVE"));

fn headers_of(message: &Value) -> Result<HeaderMap, Box<dyn Error>> {
    let mut headers = HeaderMap::new();
    for (name, value) in message["headers"].as_object().ok_or("no headers")? {
        let value = value.as_str().ok_or("a header is not text")?.parse()?;
        headers.insert(name.parse::<HeaderName>()?, value);
    }
    Ok(headers)
}

fn take(message: &Value) -> Result<(), Box<dyn Error>> {
    env::set_var("ORDERHOOK_SECRET", message["secret"].as_str().ok_or("no secret")?);
    let body = message["body"].as_str().ok_or("no body")?;
    let received = receive(body.as_bytes(), &headers_of(message)?);
    match (&message["event"], received) {
        (Value::Null, Err(_)) => Ok(()),
        (event, Ok(received)) if received["id"] == event["id"] => Ok(()),
        (_, Ok(_)) => Err(format!("{} was accepted", message["name"]).into()),
        (_, Err(error)) => Err(format!("{}: {error}", message["name"]).into()),
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let messages = std::fs::read_to_string(env::args().nth(1).ok_or("no file")?)?;
    let messages: Vec<&str> = messages.split('\n').filter(|line| !line.is_empty()).collect();
    for message in &messages {
        take(&serde_json::from_str(message)?)?;
    }
    println!("Rust: {} messages", messages.len());
    Ok(())
}
