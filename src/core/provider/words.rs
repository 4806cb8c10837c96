use crate::event::Status;

/// The bytes of a word that is looked up. A longer one is unknown.
const MAX_WORD_BYTES: usize = 256;

/// A provider's word, and its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusWord<'p> {
    /// The word as the definition writes it. It ends with `*` if it is a prefix.
    pub text: &'p str,
    /// What it means.
    pub meaning: Meaning,
}

/// The meaning of a provider's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The order has this status.
    Status {
        /// The status.
        status: Status,
        /// Whether no other status follows.
        is_final: bool,
    },
    /// It says nothing of the order's state.
    Ignored,
    /// The next look-up says what it means.
    Next,
}

/// Words of one look-up, and what each of them says.
#[derive(Debug)]
pub(super) struct Words<M> {
    /// Whole words, sorted by their letters.
    exact: Vec<Row<M>>,
    /// Prefixes, the longest first.
    prefixes: Vec<Row<M>>,
}

#[derive(Debug)]
struct Row<M> {
    /// The word as it is written.
    text: Box<str>,
    letters: Box<str>,
    meaning: M,
    place: usize,
}

impl<M> Default for Words<M> {
    fn default() -> Self {
        Self { exact: Vec::new(), prefixes: Vec::new() }
    }
}

impl<M: Copy> Words<M> {
    /// Adds a word; `*` at its end makes it a prefix. Returns the word that has the same letters,
    /// if there is one.
    pub(super) fn add(&mut self, text: &str, meaning: M) -> Option<&str> {
        let (bare, is_prefix) = match text.strip_suffix('*') {
            Some(bare) => (bare, true),
            None => (text, false),
        };
        let letters = letters(bare);
        let rows = if is_prefix { &mut self.prefixes } else { &mut self.exact };
        // Inserted in its place: the code of a sort would take more bytes than all words together.
        let at = if is_prefix {
            if let Some(at) = rows.iter().position(|row| *row.letters == letters) {
                return rows.get(at).map(|row| &*row.text);
            }
            rows.partition_point(|row| row.letters.len() >= letters.len())
        } else {
            match rows.binary_search_by(|row| (*row.letters).cmp(&letters)) {
                Ok(at) => return rows.get(at).map(|row| &*row.text),
                Err(at) => at,
            }
        };
        let place = rows.len();
        rows.insert(at, Row { text: text.into(), letters: letters.into(), meaning, place });
        None
    }

    /// Returns the meaning of a word. Case, blanks, `_`, `-`, Latin accents and `ll` for `l` are
    /// ignored: providers' own pages disagree on them.
    pub(super) fn find(&self, word: &str) -> Option<M> {
        if let Some(row) = self.exact.iter().find(|row| *row.text == *word) {
            return Some(row.meaning);
        }
        if word.len() > MAX_WORD_BYTES {
            return None;
        }
        let letters = letters(word);
        if let Ok(at) = self.exact.binary_search_by(|row| (*row.letters).cmp(&letters)) {
            return self.exact.get(at).map(|row| row.meaning);
        }
        let prefix = self.prefixes.iter().find(|row| letters.starts_with(&*row.letters));
        prefix.map(|row| row.meaning)
    }

    pub(super) fn len(&self) -> usize {
        self.exact.len() + self.prefixes.len()
    }
}

impl Words<Meaning> {
    /// Returns the status of a word; `unknown` if no row has it.
    pub(super) fn status(&self, word: &str) -> Status {
        match self.find(word) {
            Some(Meaning::Status { status, .. }) => status,
            _ => Status::Unknown,
        }
    }

    /// Returns the words in the order in which they were added, prefixes last.
    pub(super) fn rows(&self) -> Vec<StatusWord<'_>> {
        let mut words = Vec::with_capacity(self.len());
        for rows in [&self.exact, &self.prefixes] {
            for place in 0..rows.len() {
                let row = rows.iter().find(|row| row.place == place);
                words.extend(row.map(|row| StatusWord { text: &row.text, meaning: row.meaning }));
            }
        }
        words
    }
}

/// Returns what counts of a word.
pub(super) fn letters(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, ' ' | '_' | '-') {
            continue;
        }
        let letter = bare(character);
        if letter != 'l' || !out.ends_with('l') {
            out.push(letter);
        }
    }
    out
}

/// Returns a letter in lower case and without its accent.
fn bare(character: char) -> char {
    match character {
        'À'..='Å' | 'à'..='å' | 'Ā'..='ą' => 'a',
        'Ç' | 'ç' | 'Ć'..='č' => 'c',
        'È'..='Ë' | 'è'..='ë' | 'Ē'..='ě' => 'e',
        'Ì'..='Ï' | 'ì'..='ï' | 'Ĩ'..='ı' => 'i',
        'Ñ' | 'ñ' | 'Ń'..='ň' => 'n',
        'Ò'..='Ö' | 'ò'..='ö' | 'Ø' | 'ø' | 'Ō'..='ő' => 'o',
        'Ù'..='Ü' | 'ù'..='ü' | 'Ũ'..='ų' => 'u',
        'Ý' | 'ý' | 'ÿ' | 'Ÿ' => 'y',
        'Ś'..='š' | 'Ș' | 'ș' => 's',
        'Ţ'..='ŧ' | 'Ț' | 'ț' => 't',
        'Ź'..='ž' => 'z',
        'Ğ' | 'ğ' => 'g',
        'Ł' | 'ł' => 'l',
        'Ď'..='đ' => 'd',
        'Ŕ'..='ř' => 'r',
        other => other.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKED: Meaning = Meaning::Status { status: Status::Packed, is_final: false };
    const OPEN: Meaning = Meaning::Status { status: Status::Created, is_final: false };

    #[test]
    fn spelling_is_ignored() {
        for (a, b) in [
            ("Order Canceled", "order cancelled"),
            ("FAILED_PERMANENTLY", "FAILED PERMANENTLY"),
            ("HoldByCIImageIssue", "hold by CI image issue"),
            ("Order Ready for Self-Pickup", "Order Ready For Self Pickup"),
            ("Order Pending Cancelation", "Order Pending Cancellation"),
            ("Tentative échouée", "TENTATIVE ECHOUEE"),
            ("Prêt à expédier", "Pret a expedier"),
            ("Teslim edıldı", "teslim edildi"),
        ] {
            assert_eq!(letters(a), letters(b), "{a} / {b}");
        }
        for (a, b) in [("Failed", "Fail"), ("Processed", "Processing"), ("", "x"), ("a", "aa")] {
            assert_ne!(letters(a), letters(b), "{a} / {b}");
        }
    }

    #[test]
    fn whole_words_go_before_prefixes_and_long_prefixes_before_short_ones() {
        let mut words = Words::default();
        for (text, meaning) in
            [("*", Meaning::Ignored), ("a.*", OPEN), ("a.b", PACKED), ("A.B.*", Meaning::Next)]
        {
            assert_eq!(words.add(text, meaning), None);
        }
        for (word, expected) in [
            ("a.b", PACKED),
            ("A_.B", PACKED),
            ("a.b.c", Meaning::Next),
            ("a.c", OPEN),
            ("a", Meaning::Ignored),
            ("", Meaning::Ignored),
        ] {
            assert_eq!(words.find(word), Some(expected), "{word}");
        }
        let rows: Vec<_> = words.rows().into_iter().map(|row| row.text.to_owned()).collect();
        assert_eq!(
            (rows, words.len()),
            (["a.b", "*", "a.*", "A.B.*"].map(str::to_owned).to_vec(), 4)
        );
    }

    #[test]
    fn two_words_with_the_same_letters_clash() {
        let mut words = Words::default();
        assert_eq!(words.add("on hold", OPEN), None);
        assert_eq!(words.add("on hold*", OPEN), None);
        assert_eq!(words.add("On-Hold", PACKED), Some("on hold"));
        assert_eq!(words.add("OnHold*", PACKED), Some("on hold*"));
    }

    #[test]
    fn a_long_word_is_unknown() {
        let mut words = Words::default();
        assert_eq!(words.add("*", OPEN), None);
        assert_eq!(words.find(&"x".repeat(256)), Some(OPEN));
        assert_eq!(words.find(&"x".repeat(257)), None);
        assert_eq!(words.status("x"), Status::Created);
    }
}
