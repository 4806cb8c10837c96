use web_sys::Request;

use crate::host;

/// The address that a request came to: its scheme, and its host with the port, if there is one.
#[derive(Clone, Copy)]
pub(super) struct Address<'a> {
    scheme: &'a str,
    authority: &'a str,
}

/// The names of this machine.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

impl<'a> Address<'a> {
    /// Returns the address of a request's URL.
    pub(super) fn of(url: &'a str) -> Self {
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        Self { scheme, authority: rest.split(['/', '?', '#']).next().unwrap_or_default() }
    }

    /// Whether dispatch runs on the machine of the caller.
    pub(super) fn is_loopback(self) -> bool {
        let host = match self.authority.rsplit_once(':') {
            // The end of an IPv6 address is not a port.
            Some((host, port)) if !port.ends_with(']') => host,
            _ => self.authority,
        };
        LOOPBACK.contains(&host)
    }

    /// Whether a browser keeps no `Secure` cookie of this address, though nobody can listen.
    pub(super) fn is_plain_loopback(self) -> bool {
        self.scheme == "http" && self.is_loopback()
    }

    /// Whether a page of this address sent the request. The browser writes `Origin`, and no page can
    /// change it.
    pub(super) fn is_origin_of(self, request: &Request) -> bool {
        let own = [self.scheme, "://", self.authority].concat();
        host::header(request, "origin").is_some_and(|origin| origin == own)
    }
}
