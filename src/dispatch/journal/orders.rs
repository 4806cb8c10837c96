//! Lists orders, and finds one.

use orderhook_core::{
    dispatch::{
        Entry, Line, OrderState, Parcel, Taken, Verdict,
        csv::{OrderRow, order_line},
        order_key, timeline,
    },
    json::write::{self, Fields},
};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::{
    filter::Filter,
    names::{self, Kind},
    span::{Part, Span},
    state,
};
use crate::{
    host::{Row, Sql},
    json, moment,
};

/// Which orders are asked for.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct OrdersQuery {
    pub(crate) part: Part,
    pub(crate) id: Option<String>,
    pub(crate) reference: Option<String>,
    pub(crate) tracking_number: Option<String>,
    pub(crate) statuses: Option<Vec<String>>,
    pub(crate) test: Option<bool>,
    /// The source's name, if the records are to be lines of CSV.
    pub(crate) csv: Option<String>,
}

/// The events of an order that are counted. More are not worth the reading.
const MAX_COUNTED: u32 = 1_000;

/// Returns the columns of an order's record. An order is listed at its latest event.
fn columns() -> String {
    format!(
        "SELECT e.seq, e.at, o.created, o.state, (SELECT count(*) FROM \
         (SELECT 1 FROM events AS kept WHERE kept.ord = o.ord LIMIT {MAX_COUNTED}))"
    )
}

/// Returns a page of orders, in the order of their latest events.
pub(super) fn list(sql: &Sql<'_>, query: &OrdersQuery) -> Result<String, JsValue> {
    let lookup = Lookup::of(sql, query)?;
    let select = |low: i64, high: i64, limit: i64| lookup.select(sql, query, (low, high), limit);
    let record = |row: &Row| query.csv.as_ref().map_or_else(|| record(row), |csv| line(row, csv));
    let has_index = !matches!(lookup.way, Way::Events);
    Span::of(sql, &query.part, has_index)?.page(sql, select, record)
}

/// How a list finds its orders.
struct Lookup {
    id: Option<String>,
    /// The names that each order has.
    names: Vec<String>,
    way: Way,
}

/// What leads to the orders.
enum Way {
    Id,
    /// A name, by its place in the list.
    Name(usize),
    /// The events, in their order: a page looks at a part of them.
    Events,
}

/// The orders of a name that are all looked at for each part of a page. A name of more orders leads
/// to none of them: the page looks at events.
const MAX_NAMED: usize = 1_000;

impl Lookup {
    fn of(sql: &Sql<'_>, query: &OrdersQuery) -> Result<Self, JsValue> {
        let OrdersQuery { id, reference, tracking_number, .. } = query;
        let id = id.as_ref().map(|id| order_key(id).into_owned());
        let reference = reference.iter().map(|text| names::name(Kind::Reference, text));
        let number = tracking_number.iter().map(|text| names::name(Kind::TrackingNumber, text));
        let names: Vec<String> = reference.chain(number).collect();
        let mut way = if id.is_some() { Way::Id } else { Way::Events };
        for (place, name) in names.iter().enumerate() {
            if matches!(way, Way::Events) && !names::has_more(sql, name, MAX_NAMED)? {
                way = Way::Name(place);
            }
        }
        Ok(Self { id, names, way })
    }

    /// Finds the orders first, and reads their rows then: a state may have 96 KB.
    fn select(
        &self,
        sql: &Sql<'_>,
        query: &OrdersQuery,
        (low, high): (i64, i64),
        limit: i64,
    ) -> Result<Vec<Row>, JsValue> {
        let (tables, seq, joined) = match self.way {
            Way::Id => ("orders AS o", "o.seq", ""),
            Way::Name(_) => ("names AS n CROSS JOIN orders AS o", "o.seq", " AND o.ord = n.ord"),
            Way::Events => (
                "events AS e CROSS JOIN orders AS o",
                "e.seq",
                " AND o.ord = e.ord AND o.seq = e.seq",
            ),
        };
        let mut filter =
            Filter::new(&format!("{seq} BETWEEN ? AND ?{joined}"), &[low.into(), high.into()]);
        self.narrow(&mut filter, query);
        let order = if query.part.newest { "DESC" } else { "ASC" };
        let before = format!("WITH found AS (SELECT o.ord, o.seq FROM {tables}");
        let after = format!(
            "ORDER BY {seq} {order} LIMIT ?) {} FROM found CROSS JOIN orders AS o CROSS JOIN \
             events AS e WHERE o.ord = found.ord AND e.seq = found.seq ORDER BY found.seq {order}",
            columns()
        );
        filter.select(sql, &before, &after, limit)
    }

    /// Adds the conditions of a query.
    fn narrow<'q>(&'q self, filter: &mut Filter<'q>, query: &'q OrdersQuery) {
        filter.equal("o.ord", self.id.as_ref());
        for (place, name) in self.names.iter().enumerate() {
            let leads = matches!(self.way, Way::Name(lead) if lead == place);
            let has_name = "EXISTS (SELECT 1 FROM names WHERE ord = o.ord AND name = ?)";
            filter.and(if leads { "n.name = ?" } else { has_name }, name);
        }
        filter.one_of("o.status", query.statuses.as_deref());
        filter.equal("o.test", query.test.map(i64::from));
    }
}

/// Returns an order's line of CSV, as a JSON text.
fn line(row: &Row, source: &str) -> String {
    let (created, updated) = (moment::text(row.int(2)), moment::text(row.int(1)));
    let events = row.int(4).try_into().unwrap_or(0);
    let known = OrderRow { source, events, created_at: &created, updated_at: &updated };
    let state = state::parse(&row.text(3).unwrap_or_default()).ok().flatten();
    json::text(&state.map(|state| order_line(&state, known)).unwrap_or_default())
}

/// Returns what the API answers of an order, without its source's name.
fn record(row: &Row) -> String {
    write::object(|fields| write_record(fields, row))
}

fn write_record(fields: &mut Fields<'_>, row: &Row) {
    let state = state::parse(&row.text(3).unwrap_or_default());
    if let Ok(Some(state)) = state {
        state.write(fields);
    }
    fields.number_or_null("events", Some(row.int(4).try_into().unwrap_or(u32::MAX)));
    fields.text("created_at", &moment::text(row.int(2)));
    fields.text("updated_at", &moment::text(row.int(1)));
}

/// The events of a timeline at most.
const MAX_TIMELINE: usize = 200;

/// Returns what the API answers of one order, without its source's name; or null.
pub(super) fn one(sql: &Sql<'_>, id: &str) -> Result<String, JsValue> {
    let key = order_key(id);
    let from = "FROM orders AS o CROSS JOIN events AS e WHERE o.ord = ? AND e.seq = o.seq";
    let select = format!("{} {from}", columns());
    let Some(row) = sql.first(&select, &[(&*key).into()])? else {
        return Ok("null".to_owned());
    };
    let state = state::parse(&row.text(3).unwrap_or_default())?;
    let (entries, is_complete) = entries(sql, &key)?;
    Ok(write::object(|fields| {
        fields.object("order", |fields| write_record(fields, &row));
        let parcels = state.as_ref().map(OrderState::parcels).unwrap_or_default();
        fields.objects("parcels", parcels, Parcel::write);
        let items = state.as_ref().map(OrderState::items).unwrap_or_default();
        fields.objects("items", items, Line::write);
        fields.objects("timeline", &timeline(entries), Entry::write);
        fields.flag("timeline_complete", is_complete);
    }))
}

/// Reads the latest entries of an order's timeline. Returns whether these are all.
fn entries(sql: &Sql<'_>, order: &str) -> Result<(Vec<Entry>, bool), JsValue> {
    const SELECT: &str = "SELECT seq, at, verdict, body FROM events WHERE ord = ? AND seq < ? \
        AND verdict IS NOT NULL ORDER BY seq DESC LIMIT 20";
    let (mut entries, mut before) = (Vec::new(), i64::from(u32::MAX) << 20);
    loop {
        let rows = sql.rows(SELECT, &[order.into(), before.into()])?;
        for row in &rows {
            if entries.len() == MAX_TIMELINE {
                return Ok((entries, false));
            }
            before = row.int(0);
            entries.extend(entry(row));
        }
        if rows.is_empty() {
            return Ok((entries, true));
        }
    }
}

fn entry(row: &Row) -> Option<Entry> {
    let event = Taken::read(&row.text(3)?).ok()?;
    Entry::new(&event, Verdict::parse(&row.text(2)?)?, &moment::text(row.int(1)))
}
