use std::borrow::Cow;

use crate::{percent::decode_query, scheme::refusal::Refusal};

/// The headers of a delivery, looked up by name.
pub trait Headers {
    /// Returns the value of the header of this name, in any case. A header that was sent several
    /// times is one value, joined with `", "`, as the Fetch standard does it.
    fn value(&self, name: &str) -> Option<Cow<'_, str>>;
}

impl<N: AsRef<str>, V: AsRef<str>> Headers for &[(N, V)] {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        let mut values = self
            .iter()
            .filter(|(n, _)| n.as_ref().eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_ref());
        let first = values.next()?;
        Some(
            values.fold(Cow::Borrowed(first), |joined, value| {
                Cow::Owned(format!("{joined}, {value}"))
            }),
        )
    }
}

/// One POST of a provider, as it came. Nothing in it may be trusted.
#[derive(Clone, Copy)]
pub struct Delivery<'a> {
    /// The request's headers.
    pub headers: &'a dyn Headers,
    /// The whole URL that was posted to; empty where it is unknown. It is read by providers that
    /// write an order's id into the query.
    pub url: &'a str,
    /// The body's bytes, before anything decoded or re-serialised them.
    pub body: &'a [u8],
}

impl<'a> Delivery<'a> {
    /// Returns the value of the header of this name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<Cow<'a, str>> {
        self.headers.value(name)
    }

    /// Returns the value of a header that a scheme needs.
    pub(crate) fn required(&self, header: &str) -> Result<Cow<'a, str>, Refusal> {
        self.header(header).ok_or_else(|| Refusal::MissingSignature { header: header.into() })
    }

    /// Returns the first value of a query parameter, percent-decoded; `None` where it is absent,
    /// blank or not UTF-8.
    pub(crate) fn query(&self, name: &str) -> Option<Cow<'a, str>> {
        let (_, query) = self.url.split_once('?')?;
        let query = query.split('#').next()?;
        let value = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find_map(|(key, value)| (key == name).then_some(value))?;
        decode_query(value).filter(|value| !value.trim().is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn query(url: &str, expected: Option<&str>) {
        let headers: &[(&str, &str)] = &[];
        let delivery = Delivery { headers: &headers, url, body: b"" };
        assert_eq!(delivery.query("orderid").as_deref(), expected, "{url}");
    }

    #[test]
    fn a_query_gives_the_first_value() {
        query("https://h/p/?orderid=12345", Some("12345"));
        query("https://h/p?a=1&orderid=7-50%2Fx&orderid=2#f", Some("7-50/x"));
        query("https://h/p?orderid=a+b", Some("a b"));
        query("https://h/p?orderid=%c3%a9", Some("é"));
    }

    #[test]
    fn an_unreadable_query_gives_no_value() {
        for url in [
            "",
            "https://h/p",
            "https://h/p?",
            "https://h/p?orderid=",
            "https://h/p?orderid=+%20",
            "https://h/?x=1",
        ] {
            query(url, None);
        }
        for value in ["%", "%4", "%zz", "%ff", "%+1"] {
            query(&format!("https://h/p?orderid={value}"), None);
        }
    }

    #[test]
    fn a_header_sent_twice_is_joined_as_fetch_does() {
        let headers: &[(&str, &str)] = &[("X-A", "1"), ("x-b", "2"), ("x-a", "3")];
        assert_eq!(headers.value("x-A").as_deref(), Some("1, 3"));
        assert_eq!(headers.value("x-c"), None);
    }
}
