//! Authenticates callers that Cloudflare Access has let through.

use serde::Deserialize;
use web_sys::Request;

use super::problem::Problem;
use crate::{
    config::{AccessTeam, Config},
    digest::digest,
    host::{self, Failure, Host},
    log, moment,
    registry::{Access, Holder},
};

/// The header that Access adds, and the characters that it has at most.
const ASSERTION: &str = "cf-access-jwt-assertion";
const MAX_ASSERTION: usize = 16_384;

/// The digits of an address's hash that name a caller.
const DIGITS: usize = 16;

/// What an assertion says, as far as it matters.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audiences,
    exp: i64,
    nbf: Option<i64>,
    email: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audiences {
    One(String),
    Several(Vec<String>),
}

/// Returns the assertion of a request, if Access is set up.
pub(super) fn assertion(host: &Host, request: &Request) -> Option<String> {
    Config::of(host).access.as_ref()?;
    host::header(request, ASSERTION).filter(|text| text.len() <= MAX_ASSERTION)
}

/// Checks an assertion. Returns whom it names, and when it ends, in milliseconds since 1970.
pub(super) async fn check(host: &Host, assertion: &str) -> Result<(Holder, i64), Problem> {
    let config = Config::of(host);
    let team = config.access.as_ref().ok_or(Problem::ACCESS_INVALID)?;
    let claims = host::access_claims(&team.name, assertion).await.map_err(unavailable)?;
    let claims = claims.and_then(|text| serde_json::from_str::<Claims>(&text).ok());
    let claims = claims.filter(|claims| claims.are_for(team)).ok_or(Problem::ACCESS_INVALID)?;
    let access = if team.is_read_only { Access::Read } else { Access::Full };
    let holder = Holder { name: name(claims.email.as_deref()), access };
    Ok((holder, claims.exp.saturating_mul(1000)))
}

fn unavailable(Failure(cause): Failure) -> Problem {
    log::failure("access", &cause);
    Problem::ACCESS_UNAVAILABLE
}

impl Claims {
    /// Whether the team made them for dispatch, and they hold now.
    fn are_for(&self, team: &AccessTeam) -> bool {
        let now = moment::now() / 1000;
        let is_ours = match &self.aud {
            Audiences::One(audience) => *audience == team.audience,
            Audiences::Several(audiences) => audiences.contains(&team.audience),
        };
        is_ours
            && self.iss == team.issuer()
            && now < self.exp
            && self.nbf.is_none_or(|start| start <= now)
    }
}

/// Returns what the audit calls a caller: a hash of its e-mail address, since that is personal.
fn name(email: Option<&str>) -> String {
    let hash = email.map(|email| digest(&email.to_lowercase()));
    let hash = hash.as_deref().and_then(|hash| hash.get(..DIGITS));
    hash.map_or_else(|| "access".to_owned(), |hash| ["access-", hash].concat())
}
