//! A delivery as a fuzzer writes it: a text that looks like a request, so that a seed can be read,
//! a dictionary helps, and a crash can be mended by hand.
//!
//! ```text
//! https://h/hooks/a?orderid=1
//! webhook-id: msg_1
//!
//! {"the":"body"}
//! ```

use std::fmt;

use arbitrary::{Arbitrary, Unstructured};
use orderhook_core::Delivery;

/// A delivery that is held.
#[derive(Clone)]
pub struct Post {
    /// The URL that it came to.
    pub url: String,
    /// Names and values, in their order.
    pub headers: Vec<[String; 2]>,
    /// The body's bytes.
    pub body: Vec<u8>,
}

impl Post {
    /// Parses any bytes: the text before the first empty line is the URL and the headers.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(2).position(|two| two == b"\n\n").unwrap_or(bytes.len());
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut lines = head.split('\n');
        let url = lines.next().unwrap_or_default().to_owned();
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(": ").unwrap_or((line, ""));
            [name.to_owned(), value.to_owned()]
        });
        let headers = headers.collect();
        Self { url, headers, body: bytes.get(end + 2..).unwrap_or_default().to_vec() }
    }

    /// Passes it to `take` in the core's form.
    pub fn deliver<T>(&self, take: impl FnOnce(Delivery<'_>) -> T) -> T {
        let headers: Vec<_> = self.headers.iter().map(|[name, value]| (name, value)).collect();
        let headers: &[(&String, &String)] = &headers;
        take(Delivery { headers: &headers, url: &self.url, body: &self.body })
    }

    /// Returns a header's value, as the Fetch standard joins it.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let same = self.headers.iter().filter(|[known, _]| known.eq_ignore_ascii_case(name));
        let values: Vec<_> = same.map(|[_, value]| value.as_str()).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    /// Replaces the marks in the headers' values.
    pub fn fill(&mut self, marks: &[(char, String)]) {
        for [_, value] in &mut self.headers {
            for (mark, text) in marks {
                if value.contains(*mark) {
                    *value = value.replace(*mark, text);
                }
            }
        }
    }
}

impl<'a> Arbitrary<'a> for Post {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let all = u.len();
        Ok(Self::parse(u.bytes(all)?))
    }
}

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:?}", self.url)?;
        for [name, value] in &self.headers {
            writeln!(f, "  {name:?}: {value:?}")?;
        }
        write!(f, "  {:?}", self.body.escape_ascii().to_string())
    }
}
