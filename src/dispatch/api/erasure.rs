//! Erases in steps. Each step is one call of an object or of KV, and its data stays erased. If a
//! request ends in the middle, the next one continues.

use std::collections::BTreeMap;

use orderhook_core::dispatch::Contact;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    caller::{Caller, available},
    problem::{Backend, Problem},
};
use crate::{
    cursor::MAX_POSITION,
    host,
    journal::{Erased, Mentions, Question},
    registry::{self, DeadLettersQuestion, ErasedLetters},
    source,
};

/// The calls that one request makes: Cloudflare bounds them.
const MAX_CALLS: usize = 400;

/// The orders of a customer that are asked for together.
const ORDERS: usize = 50;

/// What a request has erased.
#[derive(Serialize, Default)]
pub(super) struct Counts {
    pub(super) orders: i64,
    pub(super) events: i64,
    pub(super) payloads: usize,
    pub(super) dead_letters: i64,
    /// Whether nothing is left.
    pub(super) complete: bool,
}

/// An erasure under way. Its functions return whether nothing is left of what they erase.
pub(super) struct Erasure<'a> {
    caller: &'a Caller<'a>,
    calls: usize,
    pub(super) counts: Counts,
    /// The position after which each journal is to be searched, and that of the dead letters.
    pub(super) positions: BTreeMap<String, i64>,
}

/// The name under which the dead letters have their position.
const DEAD_LETTERS: &str = "";

impl<'a> Erasure<'a> {
    /// Begins, or goes on at positions.
    pub(super) fn new(caller: &'a Caller<'a>, positions: BTreeMap<String, i64>) -> Self {
        Self { caller, calls: 0, counts: Counts::default(), positions }
    }

    /// Erases an order of a source. Its dead letters come first, since they need no journal.
    pub(super) async fn order(
        &mut self,
        source: &str,
        journals: &[String],
        id: &str,
    ) -> Result<bool, Problem> {
        if !self.letters_of(source, id).await? {
            return Ok(false);
        }
        for journal in journals {
            if !self.events_of(journal, id).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Erases a customer's orders, and what was not understood and names the customer.
    pub(super) async fn customer(
        &mut self,
        source: Option<&str>,
        journals: &[String],
        contact: &Contact,
    ) -> Result<bool, Problem> {
        for journal in journals {
            let is_done =
                self.orders_of(journal, contact).await? && self.mentions(journal, contact).await?;
            if !is_done {
                return Ok(false);
            }
        }
        self.letters_naming(source, contact).await
    }

    /// Erases a customer's orders of a journal.
    async fn orders_of(&mut self, journal: &str, contact: &Contact) -> Result<bool, Problem> {
        while self.may_call() {
            let question = Question::OrdersOf { contact: contact.clone(), limit: ORDERS };
            let orders: Vec<String> = self.ask(journal, &question).await?;
            if orders.is_empty() {
                return Ok(true);
            }
            for order in &orders {
                let journals = [journal.to_owned()];
                if !self.order(source::of_journal(journal), &journals, order).await? {
                    return Ok(false);
                }
            }
        }
        Ok(false)
    }

    /// Erases an order's events of a journal, and the order. The bodies in KV of a step come before
    /// its events: if that fails, the events are still there to find them by.
    async fn events_of(&mut self, journal: &str, id: &str) -> Result<bool, Problem> {
        let mut forgotten = 0;
        loop {
            let question = Question::EraseOrder { order: id.to_owned(), forgotten };
            let Erased { events, orders, keys, up_to, has_more } =
                self.ask(journal, &question).await?;
            self.counts.events += events;
            self.counts.orders += orders;
            if !has_more || !self.may_call() {
                return Ok(!has_more);
            }
            self.forget(keys).await?;
            forgotten = up_to;
        }
    }

    /// Erases the events of a journal that were not understood and name a customer.
    async fn mentions(&mut self, journal: &str, contact: &Contact) -> Result<bool, Problem> {
        while self.may_call() {
            let after = self.positions.get(journal).copied().unwrap_or(0);
            if after == MAX_POSITION {
                return Ok(true);
            }
            let question = Question::Mentions { contact: contact.clone(), after };
            let Mentions { erased, events, keys, next } = self.ask(journal, &question).await?;
            self.counts.events += erased;
            if !events.is_empty() {
                self.forget(keys).await?;
                let question = Question::EraseEvents { events };
                self.counts.events += self.ask::<i64>(journal, &question).await?;
            }
            self.positions.insert(journal.to_owned(), next.unwrap_or(MAX_POSITION));
        }
        Ok(false)
    }

    /// Erases the dead letters of an order.
    async fn letters_of(&mut self, source: &str, id: &str) -> Result<bool, Problem> {
        while self.may_call() {
            let (source, order) = (source.to_owned(), id.to_owned());
            let question =
                registry::Question::DeadLetters(DeadLettersQuestion::Erase { source, order });
            if self.erase_letters(&question).await?.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Erases the dead letters that name a customer.
    async fn letters_naming(
        &mut self,
        source: Option<&str>,
        contact: &Contact,
    ) -> Result<bool, Problem> {
        while self.may_call() {
            let after = self.positions.get(DEAD_LETTERS).copied().unwrap_or(0);
            let (source, contact) = (source.map(str::to_owned), contact.clone());
            let question = registry::Question::DeadLetters(DeadLettersQuestion::EraseOf {
                source,
                contact,
                after,
            });
            match self.erase_letters(&question).await? {
                Some(next) => drop(self.positions.insert(DEAD_LETTERS.to_owned(), next)),
                None => return Ok(true),
            }
        }
        Ok(false)
    }

    /// Erases a step of dead letters. Returns where to go on.
    async fn erase_letters(
        &mut self,
        question: &registry::Question,
    ) -> Result<Option<i64>, Problem> {
        self.calls += 1;
        let ErasedLetters { erased, next } = self.caller.registry(question).await?;
        self.counts.dead_letters += erased;
        Ok(next)
    }

    fn may_call(&self) -> bool {
        self.calls < MAX_CALLS
    }

    /// Deletes bodies from KV.
    async fn forget(&mut self, keys: Vec<String>) -> Result<(), Problem> {
        if keys.is_empty() {
            return Ok(());
        }
        self.calls += keys.len();
        self.counts.payloads += keys.len();
        let forgotten = host::forget(self.caller.host, keys).await;
        forgotten.map_err(|failure| Problem::unavailable(Backend::Kv, failure))
    }

    async fn ask<T: DeserializeOwned>(
        &mut self,
        journal: &str,
        question: &Question,
    ) -> Result<T, Problem> {
        self.calls += 1;
        let answers = host::ask_journals(self.caller.host, &[journal.to_owned()], question).await;
        let answer = answers.into_iter().next().ok_or(Problem::INTERNAL)?;
        serde_json::from_str(&available(journal, answer)?).map_err(|_| Problem::INTERNAL)
    }
}
