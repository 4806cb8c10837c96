//! The providers. A provider is a `static` of one struct in a file of its own, and two lines
//! here.

use crate::scheme::Scheme;

pub use definition::Provider;
pub use word::Word;

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

/// The provider of this name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Provider> {
    ALL.iter().copied().find(|provider| provider.name == name)
}

/// A provider's name and scheme, without the code that reads its bodies. A module that only needs to
/// know how the provider signs does not carry that code.
#[derive(Debug)]
pub struct Signer {
    /// The provider's name.
    pub name: &'static str,
    /// How it proves that a delivery is its own.
    pub scheme: Scheme,
}

/// How every provider signs, in the order of [`ALL`].
#[allow(clippy::indexing_slicing)] // Evaluated by the compiler.
pub static SIGNERS: [Signer; ALL.len()] = {
    let mut signers = [const { Signer { name: "", scheme: Scheme::UrlToken } }; ALL.len()];
    let mut at = 0;
    while at < ALL.len() {
        signers[at] = Signer { name: ALL[at].name, scheme: ALL[at].scheme };
        at += 1;
    }
    signers
};

/// How the provider of this name signs.
#[must_use]
pub fn signer(name: &str) -> Option<&'static Signer> {
    SIGNERS.iter().find(|signer| signer.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each engine rule holds for each provider.
    #[test]
    fn no_signed_content_can_be_cut_in_another_way() {
        for provider in ALL {
            if let Scheme::Hmac(scheme) = provider.scheme {
                assert!(scheme.is_unambiguous(), "{}", provider.name);
            }
        }
    }
}
