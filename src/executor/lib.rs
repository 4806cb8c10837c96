//! Runs tasks that wait for the host. The JavaScript half is `drive` in `drive.js`. Both Workers
//! use it.
//!
//! The protocol, for one task:
//!
//! 1. `run` calls a function of the Worker, such as `fetch`, with a number that it never uses
//!    again. The function calls [`start`], which runs the task until it ends or waits, and returns
//!    its result or the promise that it waits for.
//! 2. `drive` awaits the promise, and calls [`resume`] with the number and the promise's result.
//!    `resume` runs the task further and returns as `start` did.
//! 3. `drive` returns the result, which is never undefined. It fails if `resume` returns undefined:
//!    then no task has this number, since the instance that held the task is gone.
//!
//! A task waits for one promise at a time. No other instance has a task of the same number, so a
//! request never goes on with another's task.
//!
//! The executor of wasm-bindgen does the same with two closures and a microtask for each wait. The
//! cost of that is in `benches/RESULTS.md`.

use std::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll, Waker},
};

use js_sys::Promise;
use wasm_bindgen::prelude::*;

pub use failure::Failure;

mod failure;

type Task = Pin<Box<dyn Future<Output = JsValue>>>;

/// The data that passes between a running task and its executor.
#[derive(Default)]
enum Exchange {
    #[default]
    Nothing,
    Asked(Promise),
    Answered(Result<JsValue, JsValue>),
}

thread_local! {
    /// The waiting tasks, by their number.
    static WAITING: RefCell<Vec<(u32, Task)>> = const { RefCell::new(Vec::new()) };
    static EXCHANGE: Cell<Exchange> = Cell::default();
}

/// Starts a task. Returns its result, or the promise that it waits for.
#[must_use]
pub fn start(number: u32, task: impl Future<Output = JsValue> + 'static) -> JsValue {
    run(number, Box::pin(task))
}

/// Resumes a task whose promise was fulfilled with `value`, or rejected with it where it
/// `failed`. Returns as `start` does; undefined where no task has this number.
#[wasm_bindgen]
#[must_use]
pub fn resume(number: u32, failed: bool, value: JsValue) -> JsValue {
    let task = WAITING.with_borrow_mut(|waiting| {
        let at = waiting.iter().position(|(waiting, _)| *waiting == number)?;
        Some(waiting.swap_remove(at).1)
    });
    let Some(task) = task else {
        return JsValue::UNDEFINED;
    };
    EXCHANGE.set(Exchange::Answered(if failed { Err(value) } else { Ok(value) }));
    run(number, task)
}

fn run(number: u32, mut task: Task) -> JsValue {
    if let Poll::Ready(result) = task.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        return result;
    }
    WAITING.with_borrow_mut(|waiting| waiting.push((number, task)));
    match EXCHANGE.take() {
        Exchange::Asked(promise) => promise.into(),
        Exchange::Nothing | Exchange::Answered(_) => JsValue::UNDEFINED,
    }
}

/// Waits for a promise of the host's.
///
/// # Errors
///
/// Fails if the promise is rejected.
pub async fn wait(promise: Promise) -> Result<JsValue, Failure> {
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
