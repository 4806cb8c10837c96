//! Makes the conditions of a statement.

use wasm_bindgen::prelude::*;

use crate::host::{Row, Sql, Value};

/// Conditions, and their arguments.
pub(super) struct Filter<'a> {
    text: String,
    args: Vec<Value<'a>>,
}

impl<'a> Filter<'a> {
    /// Begins with a condition.
    pub(super) fn new(condition: &str, args: &[Value<'a>]) -> Self {
        Self { text: condition.to_owned(), args: args.to_vec() }
    }

    /// Adds a condition.
    pub(super) fn and(&mut self, condition: &str, value: impl Into<Value<'a>>) {
        self.text += " AND ";
        self.text += condition;
        self.args.push(value.into());
    }

    /// Adds that a column has a value, if there is one.
    pub(super) fn equal(&mut self, column: &str, value: Option<impl Into<Value<'a>>>) {
        if let Some(value) = value {
            self.and(&format!("{column} = ?"), value);
        }
    }

    /// Adds that a column has one of some values, if they are given.
    pub(super) fn one_of(&mut self, column: &str, values: Option<&'a [String]>) {
        if let Some(values) = values {
            let places = vec!["?"; values.len()].join(", ");
            self.text.extend([" AND ", column, " IN (", &places, ")"]);
            self.args.extend(values.iter().map(Value::from));
        }
    }

    /// Runs a statement under the conditions: what stands before them, and after them up to a limit.
    pub(super) fn select(
        mut self,
        sql: &Sql<'_>,
        before: &str,
        after: &str,
        limit: i64,
    ) -> Result<Vec<Row>, JsValue> {
        self.args.push(limit.into());
        sql.rows(&format!("{before} WHERE {} {after}", self.text), &self.args)
    }
}
