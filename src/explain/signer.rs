use orderhook_core::{Scheme, provider::ALL};

/// A provider's name and scheme, without the code that reads its bodies. It keeps that code out of
/// a module that only needs to know how providers sign.
#[derive(Debug)]
pub struct Signer {
    /// The provider's name.
    pub name: &'static str,
    /// How it proves that a delivery is its own.
    pub scheme: Scheme,
}

/// Every provider's scheme, in the order of [`ALL`].
#[allow(clippy::indexing_slicing)] // Evaluated by the compiler.
pub(crate) static SIGNERS: [Signer; ALL.len()] = {
    let mut signers = [const { Signer { name: "", scheme: Scheme::UrlToken } }; ALL.len()];
    let mut at = 0;
    while at < ALL.len() {
        signers[at] = Signer { name: ALL[at].name, scheme: ALL[at].scheme };
        at += 1;
    }
    signers
};

/// Returns how the provider of this name signs.
#[must_use]
pub fn signer(name: &str) -> Option<&'static Signer> {
    SIGNERS.iter().find(|signer| signer.name == name)
}
