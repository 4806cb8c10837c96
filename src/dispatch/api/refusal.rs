/// The reason why a request of a browser's is refused.
#[derive(Clone, Copy)]
pub(super) enum Refusal {
    SessionInvalid,
    CodeInvalid,
    OriginRefused,
    LoopbackOnly,
    SealKeyMissing,
}

impl Refusal {
    /// Returns the stable code.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::SessionInvalid => "session_invalid",
            Self::CodeInvalid => "code_invalid",
            Self::OriginRefused => "origin_refused",
            Self::LoopbackOnly => "loopback_only",
            Self::SealKeyMissing => "seal_key_missing",
        }
    }

    /// Returns the HTTP status, and its phrase.
    pub(super) const fn status(self) -> (u16, &'static str) {
        match self {
            Self::SessionInvalid | Self::CodeInvalid => (401, "Unauthorized"),
            Self::OriginRefused | Self::LoopbackOnly => (403, "Forbidden"),
            Self::SealKeyMissing => (503, "Service Unavailable"),
        }
    }

    /// Returns the sentence that describes it.
    pub(super) const fn sentence(self) -> &'static str {
        match self {
            Self::SessionInvalid => "the session is unknown, or has ended: sign in again",
            Self::CodeInvalid => {
                "the code is unknown, was used, or is too old: sign in with a token"
            }
            Self::OriginRefused => {
                "a browser sent this for a page of another address, or did not say for which page"
            }
            Self::LoopbackOnly => {
                "codes are made on a developer's machine alone: sign in with a token"
            }
            Self::SealKeyMissing => {
                "nobody can sign in: set `DISPATCH_SEAL_KEY` to what `openssl rand -hex 32` makes"
            }
        }
    }

    /// Returns the header that it has beside the usual ones.
    pub(super) const fn header(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::SessionInvalid | Self::CodeInvalid => Some(("www-authenticate", "Bearer")),
            _ => None,
        }
    }
}
