//! HTTP: from a request to its answer.

mod answer;
mod health;
mod receive;
mod route;
mod wanted;

pub(crate) use answer::Answer;
pub(crate) use receive::{Next, Request};
