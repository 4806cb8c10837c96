//! Carries out a request that has an `Idempotency-Key` once. A repeated request gets the same answer.

use sha2::{Digest, Sha256};

use super::{body, caller::Caller, problem::Problem, reply::Reply, route::Route};
use crate::{
    host::{self, Failure},
    log,
    registry::{Known, Question},
};

/// The characters that a key may have.
const MAX_KEY: usize = 255;

/// A request that has begun. What names it, and what encrypts its answer, are hashes of its token,
/// or of its session's id: the registry knows neither these nor the answer.
pub(super) struct Once {
    name: String,
    key: [u8; 32],
}

/// How a request begins.
pub(super) enum Begun {
    /// It has no key, or takes none.
    Plain,
    New(Once),
    Answered(Reply),
}

impl Once {
    /// Begins a request.
    pub(super) async fn begin(
        caller: &Caller<'_>,
        route: &Route,
        method: &str,
    ) -> Result<Begun, Problem> {
        let Some(key) = host::header(caller.request, "idempotency-key") else {
            return Ok(Begun::Plain);
        };
        if method != "POST" || !route.takes_key() {
            return Ok(Begun::Plain);
        }
        let is_key =
            (1..=MAX_KEY).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
        if !is_key {
            return Err(Problem::INVALID_KEY);
        }
        let once = Self::of(caller, &key);
        let question =
            Question::BeginAnswer { key: once.name.clone(), body: digest(caller).await? };
        match caller.registry(&question).await? {
            Known::New => Ok(Begun::New(once)),
            Known::Other => Err(Problem::KEY_REUSED),
            Known::Running => Err(Problem::REQUEST_IN_PROGRESS),
            Known::Full => Err(Problem::TOO_MANY_KEYS),
            Known::Answered { status, sealed } => {
                let text = host::unseal(&once.key, &once.name, &sealed).await;
                let reply = Reply::of(status, text.ok_or(Problem::INTERNAL)?);
                Ok(Begun::Answered(reply.ok_or(Problem::INTERNAL)?))
            }
        }
    }

    fn of(caller: &Caller<'_>, key: &str) -> Self {
        let secret = &*caller.visitor.proof.secret;
        let url = caller.request.url();
        let path = url.split('/').skip(3).collect::<Vec<_>>().join("/");
        let hash = |use_: &str| {
            let parts = ["orderhook answer", use_, secret, &path, key].join("\n");
            <[u8; 32]>::from(Sha256::digest(parts))
        };
        Self { name: hex::encode(hash("name")), key: hash("key") }
    }

    /// Ends the request: keeps its answer, or forgets the request if it was refused, has failed, or
    /// is to be repeated.
    pub(super) async fn end(self, caller: &Caller<'_>, answer: &Result<Reply, Problem>) {
        let kept = answer.as_ref().ok().and_then(Reply::kept);
        let question = match kept {
            Some((status, text)) => self.keep(status, text).await,
            None => Ok(Question::ForgetAnswer { key: self.name }),
        };
        match question {
            Ok(question) => drop(caller.registry::<()>(&question).await),
            Err(Failure(cause)) => log::failure("seal", &cause),
        }
    }

    async fn keep(self, status: u16, text: &str) -> Result<Question, Failure> {
        let sealed = host::seal(&self.key, &self.name, text).await?;
        Ok(Question::KeepAnswer { key: self.name, status, sealed })
    }
}

/// Returns the SHA-256 of the request's body, which is read again later.
async fn digest(caller: &Caller<'_>) -> Result<String, Problem> {
    let copy = caller.request.clone().map_err(|_| Problem::INTERNAL)?;
    let text = body::text(&copy, "the body is not UTF-8").await?;
    Ok(hex::encode(Sha256::digest(text)))
}
