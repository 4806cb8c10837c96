use orderhook_core::{DefinitionError, Scheme};

/// A provider's name and scheme, without what reads its bodies. It keeps that code out of a module
/// that only needs to know how providers sign.
#[derive(Clone, Debug)]
pub struct Signer {
    /// The provider's name.
    pub name: String,
    /// How it proves that a delivery is its own.
    pub scheme: Scheme,
}

impl Signer {
    /// Reads the scheme of a definition. `scheme` is the name of one of its schemes, without which
    /// the first is taken.
    ///
    /// # Errors
    ///
    /// Fails as [`Scheme::parse`] does.
    pub fn parse(
        name: &str,
        definition: &str,
        scheme: Option<&str>,
    ) -> Result<Self, DefinitionError> {
        Ok(Self { name: name.to_owned(), scheme: Scheme::parse(definition, scheme)? })
    }
}
