//! Runs deliveries that wait for the host. The JavaScript half is `deliver` in `drive.js`.
//!
//! The protocol, for one delivery:
//!
//! 1. `drive` reads the body, and calls `deliver` with a number that it never uses again. [`start`]
//!    runs the delivery's task until it ends or waits. It returns the response, or null.
//! 2. A task that waits has called a function of `host.js` that answers later. `drive` calls
//!    `resume` with the number and the answer, which runs the task further and returns as `deliver`
//!    did.
//! 3. `drive` has the response. The delivery fails if `resume` returns undefined: then no task has
//!    this number, since the instance that held the task is gone.
//!
//! A task waits for one answer at a time, and `drive` drops an answer that comes too late. No other
//! instance has a task of the same number, so a delivery never goes on with another's task.
//!
//! The executor of wasm-bindgen does the same with two closures and a microtask for each wait. The
//! cost of that is in `benches/RESULTS.md`.

use std::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll, Waker},
};

use wasm_bindgen::prelude::*;
use web_sys::Response;

use super::Failure;

type Task = Pin<Box<dyn Future<Output = Response>>>;

thread_local! {
    /// The waiting tasks, by the number of their delivery.
    static WAITING: RefCell<Vec<(u32, Task)>> = const { RefCell::new(Vec::new()) };
    /// The host's answer to the task that runs.
    static ANSWER: Cell<Option<Result<JsValue, JsValue>>> = const { Cell::new(None) };
}

/// Starts a delivery's task. Returns its response, or null if it waits.
pub(crate) fn start(delivery: u32, task: impl Future<Output = Response> + 'static) -> JsValue {
    run(delivery, Box::pin(task))
}

/// Resumes a delivery with the host's answer, an error where it `failed`. Returns as [`start`]
/// does; undefined where no task has this number.
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
    ANSWER.set(Some(if failed { Err(value) } else { Ok(value) }));
    run(delivery, task)
}

fn run(delivery: u32, mut task: Task) -> JsValue {
    if let Poll::Ready(response) = task.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        return response.into();
    }
    WAITING.with_borrow_mut(|waiting| waiting.push((delivery, task)));
    JsValue::NULL
}

/// Waits for the answer of the function of `host.js` that was called last.
pub(crate) async fn answered() -> Result<JsValue, Failure> {
    let mut has_waited = false;
    let answer = poll_fn(|_| {
        if !std::mem::replace(&mut has_waited, true) {
            return Poll::Pending;
        }
        ANSWER.take().map_or(Poll::Pending, Poll::Ready)
    });
    Ok(answer.await?)
}
