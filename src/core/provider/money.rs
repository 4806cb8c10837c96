//! Amounts of money, with their currencies by ISO 4217.

use std::borrow::Cow;

use crate::event::Money;

/// The currencies by their numbers: three digits and three letters each.
const NUMBERS: &str = "008ALL012DZD032ARS036AUD044BSD048BHD050BDT051AMD052BBD060BMD064BTN068BOB072BWP084BZD\
     090SBD096BND104MMK108BIF116KHR124CAD132CVE136KYD144LKR152CLP156CNY170COP174KMF188CRC\
     192CUP203CZK208DKK214DOP222SVC230ETB232ERN238FKP242FJD262DJF270GMD292GIP320GTQ324GNF\
     328GYD332HTG340HNL344HKD348HUF352ISK356INR360IDR364IRR368IQD376ILS388JMD392JPY396XAD\
     398KZT400JOD404KES408KPW410KRW414KWD417KGS418LAK422LBP426LSL430LRD434LYD446MOP454MWK\
     458MYR462MVR480MUR484MXN496MNT498MDL504MAD512OMR516NAD524NPR532XCG533AWG548VUV554NZD\
     558NIO566NGN578NOK586PKR590PAB598PGK600PYG604PEN608PHP634QAR643RUB646RWF654SHP682SAR\
     690SCR702SGD704VND706SOS710ZAR728SSP748SZL752SEK756CHF760SYP764THB776TOP780TTD784AED\
     788TND800UGX807MKD818EGP826GBP834TZS840USD858UYU860UZS882WST886YER901TWD924ZWG925SLE\
     928VES929MRU930STN933BYN934TMT936GHS938SDG941RSD943MZN944AZN946RON949TRY950XAF951XCD\
     952XOF953XPF967ZMW968SRD969MGA971AFN972TJS973AOA976CDF977BAM978EUR980UAH981GEL985PLN\
     986BRL";

impl Money<'_> {
    /// Writes the currency as its code in upper case, where it is a code in lower case or a number.
    pub(super) fn with_code(self) -> Self {
        let Self { amount, currency } = self;
        Self { amount, currency: currency.map(code) }
    }

    /// Converts an amount in minor units, as `1250` of `USD`, to units, as `12.50`. Returns `None`
    /// without a currency, or where the amount is not a whole number.
    pub(super) fn in_units(self) -> Option<Self> {
        let Self { amount, currency } = self;
        let places = minor_digits(currency.as_deref()?);
        let (sign, digits) = match amount.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None => ("", &*amount),
        };
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        if places == 0 {
            return Some(Self { amount, currency });
        }
        let zeros = (places + 1).saturating_sub(digits.len());
        let padded = ["0".repeat(zeros).as_str(), digits].concat();
        let (units, minor) = padded.split_at_checked(padded.len() - places)?;
        Some(Self { amount: Cow::Owned([sign, units, ".", minor].concat()), currency })
    }
}

/// Returns a currency's code. Another text stays as it is.
fn code(currency: Cow<'_, str>) -> Cow<'_, str> {
    let is = |is: fn(&u8) -> bool| currency.len() == 3 && currency.as_bytes().iter().all(is);
    if is(u8::is_ascii_lowercase) {
        return Cow::Owned(currency.to_ascii_uppercase());
    }
    if is(u8::is_ascii_digit) {
        let mut entries = (0..NUMBERS.len()).step_by(6).filter_map(|at| NUMBERS.get(at..at + 6));
        let entry = entries.find(|entry| entry.starts_with(&*currency));
        return entry.and_then(|entry| entry.get(3..)).map_or(currency, Cow::Borrowed);
    }
    currency
}

/// Returns the decimals of a currency.
fn minor_digits(currency: &str) -> usize {
    const NONE: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
    const THREE: &str = "BHD IQD JOD KWD LYD OMR TND";
    let is_in = |list: &str| list.split(' ').any(|code| code == currency);
    if is_in(NONE) {
        0
    } else if is_in(THREE) {
        3
    } else {
        2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(amount: &'static str, currency: Option<&'static str>) -> Money<'static> {
        Money { amount: amount.into(), currency: currency.map(Into::into) }
    }

    #[test]
    fn a_currency_is_named_by_its_code() {
        for (given, expected) in [
            ("USD", "USD"),
            ("usd", "USD"),
            ("Usd", "Usd"),
            ("840", "USD"),
            ("978", "EUR"),
            ("008", "ALL"),
            ("012", "DZD"),
            ("000", "000"),
            ("84", "84"),
            ("€", "€"),
            ("dollars", "dollars"),
        ] {
            let coded = money("1", Some(given)).with_code();
            assert_eq!(coded.currency.as_deref(), Some(expected), "{given}");
        }
        assert_eq!(money("1", None).with_code().currency, None);
    }

    #[test]
    fn every_number_stands_once_and_in_order() {
        let entries: Vec<_> =
            (0..NUMBERS.len()).step_by(6).map(|at| NUMBERS.get(at..at + 6).expect("one")).collect();
        assert!(entries.iter().all(|entry| {
            let (number, code) = entry.split_at(3);
            number.bytes().all(|b| b.is_ascii_digit())
                && code.bytes().all(|b| b.is_ascii_uppercase())
        }));
        assert!(entries.is_sorted_by(|a, b| a.get(..3) < b.get(..3)));
    }

    #[test]
    fn minor_units_become_units() {
        for (amount, currency, expected) in [
            ("1250", "USD", Some("12.50")),
            ("123456", "USD", Some("1234.56")),
            ("5", "EUR", Some("0.05")),
            ("0", "EUR", Some("0.00")),
            ("-1250", "USD", Some("-12.50")),
            ("1250", "JPY", Some("1250")),
            ("1250", "KWD", Some("1.250")),
            ("12.50", "USD", None),
            ("", "USD", None),
        ] {
            let units = money(amount, Some(currency)).in_units();
            let amount = units.map(|money| money.amount.into_owned());
            assert_eq!(amount.as_deref(), expected, "{amount:?} {currency}");
        }
        assert_eq!(money("1250", None).in_units(), None);
    }
}
