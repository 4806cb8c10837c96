//! The seam between the Worker and its runtime. [`orderhook_executor`] says how a task waits.
//! Each step of the I/O that would take several calls from here is one function of `host.js`.

pub(crate) use access::access_claims;
pub(crate) use call_error::CallError;
pub(crate) use calls::{Body, backlog, body, content_of, forget, health, requeue};
pub(crate) use objects::{
    ask_each, ask_journals, ask_registry, check_journals, check_registry, deliver, set_endpoints,
    take, watch_journal,
};
pub(crate) use orderhook_executor::{Failure, start};
pub(crate) use posts::{
    Loaded, Post, Posted, Posts, add, ends, load, next, post, random, seal, stored, unseal,
};
pub use raw::{Batch, Host, Storage};
pub(crate) use raw::{
    answer, attempts_of, header, ids_of, log, new_secret, queue_of, secret, settings, settle,
    texts_of,
};
pub(crate) use sql::{Row, Sql, Value};

mod access;
mod call_error;
mod calls;
mod objects;
mod posts;
mod raw;
mod sql;
