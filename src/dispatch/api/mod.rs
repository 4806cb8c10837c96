//! The API, as `docs/openapi.yaml` describes it.

use web_sys::{Request, Response};

use crate::host::Host;
use problem::Problem;
use reply::Reply;
use route::Route;

mod cursor;
mod door;
mod events;
mod merge;
mod params;
mod problem;
mod reply;
mod route;

/// Answers a request.
pub(crate) async fn answer(host: &Host, request: &Request, method: &str, url: &str) -> Response {
    match handle(host, request, method, url).await {
        Ok(reply) => reply.response(),
        Err(problem) => problem.response(),
    }
}

/// The token is checked before anything else, so a stranger does not learn what there is.
async fn handle(host: &Host, request: &Request, method: &str, url: &str) -> Result<Reply, Problem> {
    let visitor = door::enter(host, request).await?;
    let (route, query) = Route::of(url)?;
    route.check_method(method)?;
    visitor.check_access(method)?;
    let caller = Caller { host, visitor: &visitor, query };
    match route {
        Route::Events => events::list(&caller).await,
        Route::Event { source, id } => events::one(&caller, &source, &id).await,
        _ => Err(Problem::NotFound),
    }
}

/// A caller who may do what it asks for.
struct Caller<'a> {
    host: &'a Host,
    visitor: &'a door::Visitor,
    query: &'a str,
}
