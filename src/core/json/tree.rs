use std::{borrow::Cow, fmt};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// A JSON value as a tree, for settings and definitions. Bodies are read by
/// a walk in one pass instead.
///
/// ```
/// use orderhook_core::json::Json;
///
/// let json = Json::parse(r#"{"name":"a","sizes":[1,2.5],"twice":1,"twice":2}"#)?;
/// let table = json.object().expect("an object");
/// assert_eq!(table.get("name").and_then(Json::text), Some("a"));
/// assert_eq!(table.get("twice").and_then(Json::whole), None, "a key given twice has no value");
/// # Ok::<_, orderhook_core::json::JsonError>(())
/// ```
#[derive(Debug, PartialEq)]
pub enum Json<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Flag(bool),
    /// A number; its value if it is whole, not negative, and below 2^64.
    Number(Option<u64>),
    /// A string
    Text(Cow<'a, str>),
    /// A list
    List(Vec<Self>),
    /// An object
    Object(Object<'a>),
}

/// The keys and values of a JSON object, in their order.
#[derive(Debug, Default, PartialEq)]
pub struct Object<'a>(Vec<(Cow<'a, str>, Json<'a>)>);

/// The reason why a text cannot be read: it is not JSON, or it has more than 128 levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonError;

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is not JSON")
    }
}

impl std::error::Error for JsonError {}

impl<'a> Json<'a> {
    /// Reads one JSON text, with nothing but blanks before or after it.
    ///
    /// # Errors
    ///
    /// Fails if the text is not JSON, or has more than 128 levels.
    pub fn parse(json: &'a str) -> Result<Self, JsonError> {
        let mut reader = serde_json::Deserializer::from_str(json);
        let value = Tree.deserialize(&mut reader).map_err(|_| JsonError)?;
        reader.end().map_err(|_| JsonError)?;
        Ok(value)
    }

    /// Returns the text of a string.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// Returns a whole number that is not negative, given as a number or as a string.
    #[must_use]
    pub fn whole(&self) -> Option<u64> {
        match self {
            Self::Number(number) => *number,
            Self::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// Returns `true` or `false`.
    #[must_use]
    pub fn flag(&self) -> Option<bool> {
        if let Self::Flag(flag) = self { Some(*flag) } else { None }
    }

    /// Returns the object.
    #[must_use]
    pub fn object(&self) -> Option<&Object<'a>> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }

    /// Returns the entries of a list.
    #[must_use]
    pub fn list(&self) -> Option<&[Self]> {
        if let Self::List(list) = self { Some(list) } else { None }
    }
}

impl<'a> Object<'a> {
    /// Returns the keys, in their order; a key that is given twice stands twice.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| &**key)
    }

    /// Returns the value of a key. A key that is given twice has none: another reader might take
    /// the other one.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Json<'a>> {
        let mut values = self.0.iter().filter(|(k, _)| k == key);
        let (_, value) = values.next()?;
        values.next().is_none().then_some(value)
    }
}

#[derive(Clone, Copy)]
struct Tree;

impl<'de> DeserializeSeed<'de> for Tree {
    type Value = Json<'de>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Json<'de>, D::Error> {
        reader.deserialize_any(self)
    }
}

// Every method is overridden: a default one would link the code that describes a value's type.
impl<'de> Visitor<'de> for Tree {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Json<'de>, E> {
        Ok(Json::Flag(flag))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json<'de>, E> {
        Ok(Json::Number(Some(number)))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Json<'de>, E> {
        Ok(Json::Number(None))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Json<'de>, E> {
        Ok(Json::Number(None))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json<'de>, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = list.next_element_seed(Self)? {
            entries.push(entry);
        }
        Ok(Json::List(entries))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json<'de>, A::Error> {
        let mut object = Vec::new();
        while let Some(key) = map.next_key_seed(Key)? {
            object.push((key, map.next_value_seed(Self)?));
        }
        Ok(Json::Object(Object(object)))
    }
}

struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Cow<'de, str>, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E>(self, key: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_read() {
        let json = Json::parse(r#" {"a":null,"b":true,"c":-1,"d":"x\n","e":[1,"é"],"f":{}} "#);
        let json = json.expect("JSON");
        let object = json.object().expect("an object");
        assert_eq!(object.keys().collect::<Vec<_>>(), ["a", "b", "c", "d", "e", "f"]);
        assert_eq!(object.get("a"), Some(&Json::Null));
        assert_eq!(object.get("b").and_then(Json::flag), Some(true));
        assert_eq!(object.get("c"), Some(&Json::Number(None)));
        assert_eq!(object.get("d").and_then(Json::text), Some("x\n"));
        let list = object.get("e").and_then(Json::list).expect("a list");
        assert_eq!(list, [Json::Number(Some(1)), Json::Text("é".into())]);
        assert_eq!(object.get("f").and_then(Json::object), Some(&Object::default()));
        assert_eq!(object.get("g"), None);
    }

    #[test]
    fn a_whole_number_may_be_a_text() {
        for (json, expected) in
            [("7", Some(7)), ("\"7\"", Some(7)), ("7.5", None), ("-7", None), ("\"x\"", None)]
        {
            assert_eq!(Json::parse(json).expect(json).whole(), expected, "{json}");
        }
    }

    #[test]
    fn a_key_given_twice_has_no_value() {
        let json = Json::parse(r#"{"a":1,"b":2,"\u0061":1}"#).expect("JSON");
        let object = json.object().expect("an object");
        assert_eq!((object.get("a"), object.get("b")), (None, Some(&Json::Number(Some(2)))));
    }

    #[test]
    fn another_text_is_refused() {
        let deep = "[".repeat(129) + &"]".repeat(129);
        for json in ["", "{", "{}x", "{'a':1}", "{\"a\":01}", "\u{feff}{}", "\"\n\"", &deep] {
            assert_eq!(Json::parse(json), Err(JsonError), "{json}");
        }
        assert_eq!(JsonError.to_string(), "this is not JSON");
    }
}
