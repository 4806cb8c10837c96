use js_sys::JsString;
use orderhook_core::{KeyFormat, Scheme, Secret, SecretError};
use zeroize::Zeroizing;

/// Prepares one secret. The host has the tables of Unicode's normal forms.
pub(crate) fn secret(scheme: &Scheme, text: &str) -> Result<Secret, SecretError> {
    if scheme.key_format() != Some(KeyFormat::Nfkd) || text.is_ascii() {
        return scheme.secret(text);
    }
    let normal = Zeroizing::new(String::from(JsString::from(text).normalize("NFKD")));
    scheme.secret(&normal)
}
