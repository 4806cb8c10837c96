//! The providers of `providers/`.

use std::sync::Arc;

use orderhook_core::Provider;

/// Returns the provider of this name.
pub(crate) fn provider(name: &str) -> Arc<Provider> {
    let definition = orderhook_catalogue::definition(name);
    Arc::new(Provider::parse(name, definition, None).expect("a definition that is valid"))
}
