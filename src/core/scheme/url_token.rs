use std::fmt;

use crate::scheme::{
    encoding::TagBytes,
    key::{MIN_TOKEN_BYTES, is_not_set},
    mac::{Tag, sha256},
};

/// The secret segment of a source's URL. Only its SHA-256 is kept. An offered token is compared by
/// its own SHA-256, so the time tells nothing about how much of it is right.
///
/// ```
/// use orderhook_core::{Token, TokenError};
///
/// let token = Token::new("3b9e1f0a7c2d4e58")?;
/// assert!(token.check("3b9e1f0a7c2d4e58").is_some());
/// assert!(token.check("a guess").is_none());
/// assert_eq!(Token::new("a/b").err(), Some(TokenError::NotForAPath));
/// # Ok::<_, TokenError>(())
/// ```
#[derive(Clone)]
pub struct Token(Tag);

/// The proof that a delivery came to the URL with the source's token. Only [`Token::check`] makes
/// one.
#[derive(Clone, Copy, Debug)]
pub struct TokenProof(());

impl Token {
    /// Makes a token of a text that a URL's path can hold as it is: letters, digits and `-._~`.
    ///
    /// # Errors
    ///
    /// Fails if the text is blank, is what JavaScript makes of a value that is not set, holds
    /// another character, or has fewer than [`MIN_TOKEN_BYTES`] bytes.
    pub fn new(text: &str) -> Result<Self, TokenError> {
        if text.trim().is_empty() {
            return Err(TokenError::Empty);
        }
        if is_not_set(text) {
            return Err(TokenError::NotSet);
        }
        if !text.bytes().all(stands_in_a_path) || matches!(text, "." | "..") {
            return Err(TokenError::NotForAPath);
        }
        if text.len() < MIN_TOKEN_BYTES {
            return Err(TokenError::Short);
        }
        Ok(Self(Tag::of_digest(text.as_bytes())))
    }

    /// Whether another token is the same. Compares in constant time.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.0.matches(&other.0.clone().bytes())
    }

    /// Compares the text in the URL with the token, in constant time.
    #[must_use]
    pub fn check(&self, offered: &str) -> Option<TokenProof> {
        self.0.matches(&TagBytes::new(&sha256(offered.as_bytes()))).then_some(TokenProof(()))
    }

    /// Returns a token that nothing matches. Compare with it where the source is unknown, so that
    /// both paths take the same time. Build it once: building it per request takes measurable time.
    #[must_use]
    pub fn unmatchable() -> Self {
        Self(Tag::unmatchable())
    }
}

// RFC 3986, `unreserved`. A client may percent-encode any other character, and the token would not
// match.
fn stands_in_a_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// A reason why a text is not a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// The text is empty or blank.
    Empty,
    /// `undefined` or `null`: a value that is not set was made into text.
    NotSet,
    /// The text has a character that a URL's path does not hold as it is.
    NotForAPath,
    /// The text can be guessed.
    Short,
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "is empty",
            Self::NotSet => "is the text of a value that is not set: set the variable it comes from",
            Self::NotForAPath => {
                "has a character that cannot stand in a URL's path (make one with `openssl rand -hex 32`)"
            }
            Self::Short => {
                "has fewer than 16 bytes and can be guessed (make one with `openssl rand -hex 32`)"
            }
        })
    }
}

impl std::error::Error for TokenError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_itself_matches() {
        let token = Token::new("s3cret-token-0123").expect("token");
        assert!(token.check("s3cret-token-0123").is_some());
        for other in ["", "s3cret-token-012", "s3cret-token-01234", "S3cret-token-0123"] {
            assert!(token.check(other).is_none(), "{other:?}");
        }
        assert!(token.check("s3cret-token-0123\0").is_none());
    }

    #[test]
    fn a_token_must_be_valid_in_a_path() {
        for (text, error) in [
            ("", TokenError::Empty),
            ("  ", TokenError::Empty),
            ("undefined", TokenError::NotSet),
            ("null", TokenError::NotSet),
            ("a/b", TokenError::NotForAPath),
            ("..", TokenError::NotForAPath),
            ("a+b=", TokenError::NotForAPath),
            ("a b", TokenError::NotForAPath),
            ("a%2fb", TokenError::NotForAPath),
            ("a\n", TokenError::NotForAPath),
            ("é", TokenError::NotForAPath),
            ("a\0", TokenError::NotForAPath),
            ("0123456789abcde", TokenError::Short),
        ] {
            assert_eq!(Token::new(text).err(), Some(error), "{text:?}");
        }
    }

    #[test]
    fn debug_elides_the_value() {
        assert_eq!(format!("{:?}", Token::new("0123456789abcdef").expect("token")), "Token(…)");
    }

    #[test]
    fn every_unreserved_character_may_stand_in_a_token() {
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
        assert!(Token::new(letters).is_ok());
        for character in (0..=0x7f_u8).map(char::from) {
            let is_unreserved = letters.contains(character);
            assert_eq!(
                Token::new(&format!("0123456{character}9abcdef0")).is_ok(),
                is_unreserved,
                "{character:?}"
            );
        }
    }

    #[test]
    fn tokens_are_the_same_where_their_texts_are() {
        let token = |text| Token::new(text).expect("token");
        let (one, other) = (token("0123456789abcdef"), token("0123456789abcdeg"));
        assert!(one.is_same(&token("0123456789abcdef")));
        assert!(!one.is_same(&other));
        assert!(!Token::unmatchable().is_same(&one));
        assert!(Token::unmatchable().check("").is_none());
    }
}
