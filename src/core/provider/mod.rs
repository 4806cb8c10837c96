//! The providers. Each is a `static` of one struct in a file of its own, and two lines here.

pub use definition::Provider;
pub use word::StatusWord;

mod definition;
mod gooten;
mod standard_webhooks;
mod up42;
mod wakilni;
mod wegocod;
mod word;

/// Every provider, by name.
pub static ALL: &[&Provider] = &[
    &gooten::PROVIDER,
    &standard_webhooks::PROVIDER,
    &up42::PROVIDER,
    &wakilni::PROVIDER,
    &wegocod::PROVIDER,
];

/// Returns the provider of this name.
///
/// ```
/// use orderhook_core::{KeyFormat, provider};
///
/// let provider = provider::by_name("wegocod").expect("a provider");
/// assert_eq!(provider.scheme.key_format(), Some(KeyFormat::Utf8));
/// assert!(provider::by_name("unknown").is_none());
/// ```
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Provider> {
    ALL.iter().copied().find(|provider| provider.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::Scheme;

    /// Checks a rule of the engine for every provider.
    #[test]
    fn no_signed_content_can_be_cut_in_another_way() {
        for provider in ALL {
            if let Scheme::Hmac(scheme) = provider.scheme {
                assert!(scheme.is_unambiguous(), "{}", provider.name);
            }
        }
    }
}
