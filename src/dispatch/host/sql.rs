//! The SQL of a Durable Object's storage.

use js_sys::{Array, JsString};
use wasm_bindgen::prelude::*;

use super::raw::{self, Storage};

/// The database of an object.
pub(crate) struct Sql<'a>(pub(crate) &'a Storage);

/// An argument of a statement.
#[derive(Clone, Copy)]
pub(crate) enum Value<'a> {
    Text(&'a str),
    Int(i64),
    Null,
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value<'_> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<Value<'_>> for JsValue {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Text(text) => Self::from_str(text),
            #[allow(clippy::cast_precision_loss)] // Milliseconds and counts are far below 2^53.
            Value::Int(number) => Self::from_f64(number as f64),
            Value::Null => Self::NULL,
        }
    }
}

impl Sql<'_> {
    /// Runs a statement that has no rows.
    pub(crate) fn run(&self, query: &str, args: &[Value<'_>]) -> Result<(), JsValue> {
        self.rows(query, args).map(drop)
    }

    /// Runs a statement. Returns its rows.
    pub(crate) fn rows(&self, query: &str, args: &[Value<'_>]) -> Result<Vec<Row>, JsValue> {
        let args: Array = args.iter().map(|value| JsValue::from(*value)).collect();
        let rows = raw::rows(self.0, query, &args)?;
        Ok(rows.iter().map(|row| Row(row.unchecked_into())).collect())
    }

    /// Runs a statement. Returns its first row.
    pub(crate) fn first(&self, query: &str, args: &[Value<'_>]) -> Result<Option<Row>, JsValue> {
        Ok(self.rows(query, args)?.into_iter().next())
    }

    /// Returns the bytes that the rows take.
    pub(crate) fn bytes(&self) -> f64 {
        raw::bytes(self.0)
    }
}

/// A row, column by column.
pub(crate) struct Row(Array);

impl Row {
    /// Returns a column's text.
    pub(crate) fn text(&self, column: u32) -> Option<String> {
        self.0.get(column).as_string()
    }

    /// Returns a column's number.
    #[allow(clippy::cast_possible_truncation)] // What was stored is whole.
    pub(crate) fn int_or_null(&self, column: u32) -> Option<i64> {
        self.0.get(column).as_f64().map(|number| number as i64)
    }

    /// Returns a column's number; 0 where it has none.
    pub(crate) fn int(&self, column: u32) -> i64 {
        self.int_or_null(column).unwrap_or_default()
    }

    /// Returns how long its texts are together, in UTF-16 code units.
    pub(crate) fn length(&self) -> usize {
        let length = |value: JsValue| value.dyn_ref::<JsString>().map_or(0, JsString::length);
        self.0.iter().map(|value| length(value) as usize).sum()
    }
}
