//! The keys of sources that name a JWKS address. They are fetched once a delivery's headers are well
//! formed, and kept in the instance.

use std::{cell::RefCell, rc::Rc};

use js_sys::Date;
use orderhook_core::Source;

use crate::host::{self, Failure, Host};

/// A set is fetched at most once in this time.
const PAUSE_MS: f64 = 60_000.0;
/// An older set is fetched again before it is used. If that fails, it is used up to the second age.
const FRESH_MS: f64 = 3_600_000.0;
const LAST_MS: f64 = 86_400_000.0;

/// The milliseconds that a fetch may take, and those after which a delivery looks again whether
/// another one's fetch has ended.
const FETCH_MS: u32 = 3000;
const LOOK_MS: u32 = 50;
/// A fetch that says nothing for so long ended with the request that made it, and another one may
/// begin.
const ABANDONED_MS: u32 = FETCH_MS + 500;
/// A delivery looks until it may fetch itself, and once more.
const MAX_LOOKS: u32 = ABANDONED_MS / LOOK_MS + 2;

pub(crate) const MAY_HAVE_CHANGED: &str =
    "no key of the source made the signature: the next delivery has the keys fetched again";
const UNFETCHED: &str = "the keys of the source could not be fetched";
const UNKNOWN: &str = "the delivery names an unknown key, and the keys of the source were \
    fetched less than a minute ago";

/// The keys that are kept of one source.
struct Kept {
    name: String,
    url: Box<str>,
    /// The source with the keys that were fetched last.
    source: Option<Rc<Source>>,
    /// When they were fetched, and when that was tried last, in milliseconds since 1970.
    fetched: f64,
    tried: f64,
    is_trying: bool,
    /// Whether a signature did not hold, so that the sender may have another key of the same id.
    is_doubted: bool,
}

thread_local! {
    static KEPT: RefCell<Vec<Kept>> = const { RefCell::new(Vec::new()) };
}

/// What a delivery has to do for the keys of its source.
enum Next {
    /// Nothing: this is the source with its keys.
    Use(Rc<Source>),
    /// To fetch them, as the only delivery from this moment on.
    Fetch { tried: f64 },
    /// To wait for another delivery's fetch.
    Wait,
    /// To do without, for this reason.
    Refuse(&'static str),
}

/// Returns a source with its keys. `knows` says whether a source has a key for the delivery.
///
/// # Errors
///
/// Fails if the keys cannot be fetched.
pub(crate) async fn keyed(
    host: &Host,
    source: &Rc<Source>,
    knows: impl Fn(&Source) -> bool,
) -> Result<Rc<Source>, Failure> {
    let Some(url) = source.jwks() else {
        return Ok(Rc::clone(source));
    };
    let mut fetched = None;
    for _ in 0..MAX_LOOKS {
        match next(source, url, &knows, fetched) {
            Next::Use(source) => return Ok(source),
            Next::Fetch { tried } => {
                fetched = Some(tried);
                let text = host::fetch_keys(host, url, FETCH_MS).await;
                note(source, url, tried, text.as_deref().ok());
            }
            Next::Wait => host::wait(host, LOOK_MS).await?,
            Next::Refuse(why) => return Err(Failure(why.to_owned())),
        }
    }
    Err(Failure(UNFETCHED.to_owned()))
}

impl Kept {
    fn is(&self, source: &Source, url: &str) -> bool {
        self.name == source.name() && *self.url == *url
    }

    /// Returns what a delivery has to do. `fetched` is when it fetched the keys itself, if it did.
    fn next(&mut self, knows: &impl Fn(&Source) -> bool, fetched: Option<f64>) -> Next {
        let now = Date::now();
        let usable = self.source.as_ref().filter(|_| now - self.fetched < LAST_MS);
        let pause = if self.is_trying { f64::from(ABANDONED_MS) } else { PAUSE_MS };
        let may_fetch = now - self.tried >= pause;
        let is_open = self.is_doubted && may_fetch;
        let fitting = usable.filter(|source| knows(source) && !is_open);
        if let Some(it) = fitting.filter(|_| now - self.fetched < FRESH_MS || !may_fetch) {
            return Next::Use(Rc::clone(it));
        }
        if may_fetch {
            (self.tried, self.is_trying) = (now, true);
            return Next::Fetch { tried: now };
        }
        if self.is_trying {
            return Next::Wait;
        }
        // An unknown key is refused only by a set that was fetched for it. The provider may have
        // published the key since another delivery, which anyone may have sent, had the set fetched.
        match usable {
            Some(usable) if fetched == Some(self.fetched) => Next::Use(Rc::clone(usable)),
            Some(_) if self.fetched >= self.tried => Next::Refuse(UNKNOWN),
            _ => Next::Refuse(UNFETCHED),
        }
    }
}

fn next(
    source: &Source,
    url: &str,
    knows: &impl Fn(&Source) -> bool,
    fetched: Option<f64>,
) -> Next {
    KEPT.with_borrow_mut(|all| {
        if let Some(kept) = all.iter_mut().find(|kept| kept.is(source, url)) {
            return kept.next(knows, fetched);
        }
        all.retain(|kept| kept.name != source.name());
        let (name, url, tried) = (source.name().to_owned(), url.into(), Date::now());
        all.push(Kept {
            name,
            url,
            source: None,
            fetched: 0.0,
            tried,
            is_trying: true,
            is_doubted: false,
        });
        Next::Fetch { tried }
    })
}

/// Notes that a signature did not hold by the keys that were fetched. Returns whether the next
/// delivery fetches them again: a sender may have changed a key and kept its id.
pub(crate) fn doubt(source: &Source) -> bool {
    let now = Date::now();
    KEPT.with_borrow_mut(|all| {
        let of_source = |kept: &&mut Kept| source.jwks().is_some_and(|url| kept.is(source, url));
        all.iter_mut().find(of_source).is_some_and(|kept| {
            kept.is_doubted = true;
            now - kept.tried >= PAUSE_MS
        })
    })
}

/// Notes the outcome of a fetch: the set's text, if it was fetched.
fn note(source: &Source, url: &str, tried: f64, text: Option<&str>) {
    let keyed = text.and_then(|text| source.with_keys(text)).map(Rc::new);
    KEPT.with_borrow_mut(|all| {
        if let Some(kept) = all.iter_mut().find(|kept| kept.is(source, url)) {
            // An abandoned fetch may end after all, while another one is under way.
            kept.is_trying &= kept.tried.to_bits() != tried.to_bits();
            if keyed.is_some() {
                kept.source = keyed;
                kept.is_doubted = false;
                kept.fetched = tried;
            }
        }
    });
}
