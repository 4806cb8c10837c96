//! Runs tasks that wait for the host. Each Worker has the JavaScript half in `drive.js`.
//!
//! The protocol, for one task:
//!
//! 1. `drive.js` calls a function of the Worker with a number that it never uses again. The function
//!    calls [`start`], which runs the task until it ends or waits. It returns the result, the
//!    promise that the task waits for, or null.
//! 2. A task waits for a promise with [`wait`]. With [`answered`], it waits for a function of the
//!    host that returns no promise and later tells `drive.js` its answer: that costs less.
//! 3. `drive.js` calls [`resume`] with the number and the answer. `resume` runs the task further and
//!    returns as `start` did.
//! 4. The task fails if `resume` returns undefined: then no task has this number, since the instance
//!    that held the task is gone.
//!
//! A task waits for one answer at a time, and its result is neither null nor undefined. No other
//! instance has a task of the same number, so a request never goes on with another's task.
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

thread_local! {
    /// The waiting tasks, by their number.
    static WAITING: RefCell<Vec<(u32, Task)>> = const { RefCell::new(Vec::new()) };
    /// The promise that the task that runs waits for.
    static ASKED: Cell<Option<Promise>> = const { Cell::new(None) };
    /// The host's answer to the task that runs.
    static ANSWER: Cell<Option<Result<JsValue, JsValue>>> = const { Cell::new(None) };
}

/// Starts a task. Returns its result, or what it waits for: a promise, or null.
#[must_use]
pub fn start(number: u32, task: impl Future<Output = JsValue> + 'static) -> JsValue {
    run(number, Box::pin(task))
}

/// Resumes a task with the host's answer, an error where it `failed`. Returns as [`start`] does;
/// undefined where no task has this number.
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
    ANSWER.set(Some(if failed { Err(value) } else { Ok(value) }));
    run(number, task)
}

fn run(number: u32, mut task: Task) -> JsValue {
    if let Poll::Ready(result) = task.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        return result;
    }
    WAITING.with_borrow_mut(|waiting| waiting.push((number, task)));
    ASKED.take().map_or(JsValue::NULL, JsValue::from)
}

/// Waits for a promise of the host.
///
/// # Errors
///
/// Fails if the promise is rejected.
pub async fn wait(promise: Promise) -> Result<JsValue, Failure> {
    ASKED.set(Some(promise));
    answered().await
}

/// Waits for the answer of the host's function that was called last.
///
/// # Errors
///
/// Fails if the function does.
pub async fn answered() -> Result<JsValue, Failure> {
    let mut has_waited = false;
    let answer = poll_fn(|_| {
        if !std::mem::replace(&mut has_waited, true) {
            return Poll::Pending;
        }
        ANSWER.take().map_or(Poll::Pending, Poll::Ready)
    });
    Ok(answer.await?)
}
