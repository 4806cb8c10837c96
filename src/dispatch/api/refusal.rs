/// The reason why a request of a browser's, or one that opens a stream, is refused.
#[derive(Clone, Copy)]
pub(super) enum Refusal {
    SessionInvalid,
    CodeInvalid,
    AccessInvalid,
    OriginRefused,
    LoopbackOnly,
    SealKeyMissing,
    AccessUnavailable,
    SourceNotFound,
    SourceDivided,
    UpgradeRequired,
    TooManyStreams,
}

impl Refusal {
    /// Returns the stable code.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::SessionInvalid => "session_invalid",
            Self::CodeInvalid => "code_invalid",
            Self::AccessInvalid => "access_invalid",
            Self::OriginRefused => "origin_refused",
            Self::LoopbackOnly => "loopback_only",
            Self::SealKeyMissing => "seal_key_missing",
            Self::AccessUnavailable => "access_unavailable",
            Self::SourceNotFound => "source_not_found",
            Self::SourceDivided => "source_divided",
            Self::UpgradeRequired => "upgrade_required",
            Self::TooManyStreams => "too_many_streams",
        }
    }

    /// Returns the HTTP status, and its phrase.
    pub(super) const fn status(self) -> (u16, &'static str) {
        match self {
            Self::SessionInvalid | Self::CodeInvalid | Self::AccessInvalid => (401, "Unauthorized"),
            Self::OriginRefused | Self::LoopbackOnly => (403, "Forbidden"),
            Self::SourceNotFound => (404, "Not Found"),
            Self::SourceDivided => (409, "Conflict"),
            Self::UpgradeRequired => (426, "Upgrade Required"),
            Self::TooManyStreams => (429, "Too Many Requests"),
            Self::SealKeyMissing | Self::AccessUnavailable => (503, "Service Unavailable"),
        }
    }

    /// Returns the sentence that describes it.
    pub(super) const fn sentence(self) -> &'static str {
        match self {
            Self::SessionInvalid => "the session is unknown, or has ended: sign in again",
            Self::CodeInvalid => {
                "the code is unknown, was used, or is too old: sign in with a token"
            }
            Self::AccessInvalid => {
                "Cloudflare Access has not let this request through, or did so for another application"
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
            Self::AccessUnavailable => {
                "the keys of Cloudflare Access could not be fetched: try again later"
            }
            Self::SourceNotFound => "no event of this source was taken yet: try again later",
            Self::SourceDivided => {
                "the source has several journals, which no stream follows: poll `GET /v1/events`"
            }
            Self::UpgradeRequired => "open this address as a WebSocket",
            Self::TooManyStreams => "32 streams follow this journal already: close one first",
        }
    }

    /// Returns the header that it has beside the usual ones.
    pub(super) const fn header(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::SessionInvalid | Self::CodeInvalid | Self::AccessInvalid => {
                Some(("www-authenticate", "Bearer"))
            }
            Self::TooManyStreams | Self::AccessUnavailable => Some(("retry-after", "10")),
            _ => None,
        }
    }
}
