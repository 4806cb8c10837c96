//! The API, as `docs/openapi.yaml` describes it.

use web_sys::{Request, Response};

use crate::host::Host;
use address::Address;
use caller::Caller;
use once::{Begun, Once};
use problem::Problem;
use reply::Reply;
use route::Route;

mod access;
mod address;
mod body;
mod caller;
mod change;
mod cookie;
mod dead_letters;
mod deliveries;
mod door;
mod endpoints;
mod erase;
mod erasure;
mod events;
mod export;
mod history;
mod list;
mod merge;
mod once;
mod orders;
mod params;
mod problem;
mod reply;
mod route;
mod sent;
mod session;
mod sources;
mod stats;
mod stream;
mod tokens;
mod trial;
mod view;

/// Answers a request.
pub(crate) async fn answer(host: &Host, request: &Request, method: &str, url: &str) -> Response {
    match handle(host, request, method, url).await {
        Ok(reply) => reply.response(),
        Err(problem) => problem.response(),
    }
}

/// The token is checked before anything else, so a stranger does not learn what exists. Only a request
/// that signs in has none.
async fn handle(host: &Host, request: &Request, method: &str, url: &str) -> Result<Reply, Problem> {
    let target = Route::of(url);
    if let Ok((Route::Session, query)) = &target
        && method == "POST"
    {
        return session::begin(host, request, url, query).await;
    }
    let address = Address::of(url);
    let visitor = door::enter(host, request, method, address).await?;
    let (route, query) = target?;
    route.check_method(method)?;
    visitor.check_access(&route, method)?;
    let caller = Caller { host, request, visitor: &visitor, address, query };
    match Once::begin(&caller, &route, method).await? {
        Begun::Plain => handle_route(&caller, route, method).await,
        Begun::Answered(reply) => Ok(reply),
        Begun::New(once) => {
            let answer = handle_route(&caller, route, method).await;
            once.end(&caller, &answer).await;
            answer
        }
    }
}

async fn handle_route(caller: &Caller<'_>, route: Route, method: &str) -> Result<Reply, Problem> {
    match route {
        Route::Orders => orders::list(caller).await,
        Route::Order { source, id } if method == "DELETE" => {
            erase::order(caller, &source, &id).await
        }
        Route::Order { source, id } => orders::one(caller, &source, &id).await,
        Route::Erasures => erase::post(caller).await,
        Route::Events => events::list(caller).await,
        Route::Event { source, id } => events::one(caller, &source, &id).await,
        Route::Export => export::part(caller).await,
        Route::Stats => stats::get(caller).await,
        Route::History => history::get(caller).await,
        Route::Sources => sources::list(caller).await,
        Route::DeadLetters => dead_letters::list(caller).await,
        Route::DeadLetter { id } if method == "DELETE" => dead_letters::delete(caller, id).await,
        Route::DeadLetter { id } => dead_letters::one(caller, id).await,
        Route::Requeue { id } => dead_letters::requeue(caller, id).await,
        Route::Tokens if method == "POST" => tokens::create(caller).await,
        Route::Tokens => tokens::list(caller).await,
        Route::Token { name } => tokens::delete(caller, name).await,
        Route::Audit => tokens::audit(caller).await,
        Route::Stream => stream::open(caller).await,
        Route::Session if method == "DELETE" => session::end(caller).await,
        Route::Session => session::get(caller),
        Route::SessionCodes => session::make_code(caller).await,
        route => handle_endpoints(caller, route, method).await,
    }
}

async fn handle_endpoints(
    caller: &Caller<'_>,
    route: Route,
    method: &str,
) -> Result<Reply, Problem> {
    match route {
        Route::Endpoints if method == "POST" => endpoints::create(caller).await,
        Route::Endpoints => endpoints::list(caller).await,
        Route::Endpoint { id } if method == "PATCH" => change::patch(caller, id).await,
        Route::Endpoint { id } if method == "DELETE" => change::delete(caller, id).await,
        Route::Endpoint { id } => endpoints::one(caller, id).await,
        Route::EndpointTests { id } => trial::run(caller, id).await,
        Route::SecretRotation { id } => change::rotate(caller, id).await,
        Route::Replay { id } => deliveries::replay(caller, id).await,
        Route::EndpointDeliveries { id } => deliveries::list(caller, id).await,
        Route::Delivery { id } => deliveries::one(caller, &id).await,
        Route::DeliveryRetry { id } => deliveries::retry(caller, &id).await,
        Route::EventTypes => endpoints::event_types(caller),
        _ => Err(Problem::NOT_FOUND),
    }
}
