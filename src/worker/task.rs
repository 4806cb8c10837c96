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

use crate::io::Failure;

type Task = Pin<Box<dyn Future<Output = Response>>>;

/// Those that wait. Places are used again.
#[derive(Default)]
struct Waiting {
    tasks: Vec<Option<Task>>,
    free: Vec<usize>,
    last: usize,
}

/// What passes between a task and whoever polls it: one at a time, and none waits for two things.
#[derive(Default)]
enum Exchange {
    #[default]
    Nothing,
    Asked(Promise),
    Answered(Result<JsValue, JsValue>),
}

thread_local! {
    static WAITING: RefCell<Waiting> = RefCell::default();
    static EXCHANGE: Cell<Exchange> = Cell::default();
}

/// Runs a task until it has its response, or waits. Returns the response, or the promise that it
/// waits for; [`waiting`] then says which task it is.
pub(crate) fn start(task: impl Future<Output = Response> + 'static) -> JsValue {
    run(Box::pin(task), None)
}

/// The task that began to wait last.
#[wasm_bindgen]
#[must_use]
pub fn waiting() -> usize {
    WAITING.with_borrow(|waiting| waiting.last)
}

/// Goes on with a task whose promise was fulfilled with `value`, or `failed` with it. Returns as
/// [`start`] does.
#[wasm_bindgen]
#[must_use]
pub fn resume(task: usize, failed: bool, value: JsValue) -> JsValue {
    let taken = WAITING.with_borrow_mut(|waiting| waiting.tasks.get_mut(task)?.take());
    let Some(taken) = taken else {
        return JsValue::UNDEFINED;
    };
    EXCHANGE.set(Exchange::Answered(if failed { Err(value) } else { Ok(value) }));
    run(taken, Some(task))
}

fn run(mut task: Task, place: Option<usize>) -> JsValue {
    match task.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(response) => {
            WAITING.with_borrow_mut(|waiting| waiting.free.extend(place));
            response.into()
        }
        Poll::Pending => {
            WAITING.with_borrow_mut(|waiting| waiting.keep(task, place));
            match EXCHANGE.take() {
                Exchange::Asked(promise) => promise.into(),
                Exchange::Nothing | Exchange::Answered(_) => JsValue::UNDEFINED,
            }
        }
    }
}

impl Waiting {
    #[allow(clippy::indexing_slicing)] // It is there.
    fn keep(&mut self, task: Task, place: Option<usize>) {
        self.last = place.or_else(|| self.free.pop()).unwrap_or_else(|| {
            self.tasks.push(None);
            self.tasks.len() - 1
        });
        self.tasks[self.last] = Some(task);
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
