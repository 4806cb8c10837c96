//! Deliveries that wait for the host. What one waits for is a promise, which entry.js awaits; it
//! then resumes the delivery with what came of it. The executor of wasm-bindgen does the same with
//! two closures, and a microtask of the runtime's, for each wait: a tenth of a request's processor
//! time.

use std::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll, Waker},
};

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use web_sys::Response;

use crate::failure::Failure;

type Task = Pin<Box<dyn Future<Output = Response>>>;

/// What passes between a task and whoever polls it: one at a time, and none waits for two things.
#[derive(Default)]
enum Exchange {
    #[default]
    Nothing,
    Asked(Promise),
    Answered(Result<JsValue, JsValue>),
}

thread_local! {
    /// Those that wait, by the number of their delivery. It is never used again: what waited for
    /// an instance that is gone is found in no other.
    static WAITING: RefCell<Vec<(u32, Task)>> = const { RefCell::new(Vec::new()) };
    static EXCHANGE: Cell<Exchange> = Cell::default();
}

/// Runs a delivery's task until it has its response, or waits. Returns the response, or the promise
/// that it waits for: [`resume`] wants to be called with what came of it.
pub(crate) fn start(delivery: u32, task: impl Future<Output = Response> + 'static) -> JsValue {
    run(delivery, Box::pin(task))
}

/// Goes on with a delivery whose promise was fulfilled with `value`, or `failed` with it. Returns
/// as it did at first; undefined where none of this number waits.
#[wasm_bindgen]
#[must_use]
pub fn resume(delivery: u32, failed: bool, value: JsValue) -> JsValue {
    let task = WAITING.with_borrow_mut(|waiting| {
        let at = waiting.iter().position(|(number, _)| *number == delivery)?;
        Some(waiting.swap_remove(at).1)
    });
    let Some(task) = task else {
        return JsValue::UNDEFINED;
    };
    EXCHANGE.set(Exchange::Answered(if failed { Err(value) } else { Ok(value) }));
    run(delivery, task)
}

fn run(delivery: u32, mut task: Task) -> JsValue {
    if let Poll::Ready(response) = task.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        return response.into();
    }
    WAITING.with_borrow_mut(|waiting| waiting.push((delivery, task)));
    match EXCHANGE.take() {
        Exchange::Asked(promise) => promise.into(),
        Exchange::Nothing | Exchange::Answered(_) => JsValue::UNDEFINED,
    }
}

/// Waits for the host.
pub(crate) async fn wait(promise: Promise) -> Result<JsValue, Failure> {
    let mut promise = Some(promise);
    let answer = poll_fn(|_| {
        if let Some(promise) = promise.take() {
            EXCHANGE.set(Exchange::Asked(promise));
            return Poll::Pending;
        }
        match EXCHANGE.take() {
            Exchange::Answered(answer) => Poll::Ready(answer),
            Exchange::Nothing | Exchange::Asked(_) => Poll::Pending,
        }
    });
    Ok(answer.await?)
}
