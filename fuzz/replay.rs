//! Gives each input of `regressions/<target>/` to its target again, without libFuzzer. A file's
//! name says what broke.

use std::{
    fs,
    panic::catch_unwind,
    path::{Path, PathBuf},
};

use arbitrary::{Arbitrary, Unstructured};
use orderhook_fuzz::targets;

/// Panics if the check of the target of the same name fails for an input.
type Check = fn(&[u8]);

const TARGETS: [(&str, Check); 10] = [
    ("definition", |bytes| targets::definition::check(&decode(bytes))),
    ("explain", |bytes| targets::explain::check(&decode(bytes))),
    ("fields", |bytes| targets::fields::check(&decode::<Vec<_>>(bytes))),
    ("header_list", |bytes| targets::header_list::check(&decode(bytes))),
    ("instant", |bytes| targets::instant::check(&decode(bytes))),
    ("intake", |bytes| targets::intake::check(&decode(bytes))),
    ("json", |bytes| targets::json::check(decode(bytes))),
    ("proof", |bytes| targets::proof::check(&decode(bytes))),
    ("provider", |bytes| targets::provider::check(&decode(bytes))),
    ("scheme", |bytes| targets::scheme::check(&decode(bytes))),
];

#[test]
fn every_regression_passes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
    let folders = entries(&root);
    assert!(!folders.is_empty(), "there are no regressions");
    let failing: Vec<_> = folders.iter().flat_map(|folder| failing(folder)).collect();
    assert!(failing.is_empty(), "failing: {failing:#?}");
}

/// Returns the inputs of one folder that its target fails on.
fn failing(folder: &Path) -> Vec<PathBuf> {
    let name = folder.file_name().and_then(|name| name.to_str());
    let target = TARGETS.iter().find(|(target, _)| Some(*target) == name);
    let (_, check) = target.unwrap_or_else(|| panic!("{name:?} is not a target"));
    let mut inputs = entries(folder);
    assert!(!inputs.is_empty(), "{name:?} is empty");
    inputs.retain(|input| {
        let bytes = fs::read(input).expect("a file");
        catch_unwind(|| check(&bytes)).is_err()
    });
    inputs
}

/// Returns an input as its target is given it. `libfuzzer-sys` skips shorter ones.
fn decode<'a, T: Arbitrary<'a>>(bytes: &'a [u8]) -> T {
    assert!(bytes.len() >= T::size_hint(0).0, "libfuzzer-sys would skip it");
    T::arbitrary_take_rest(Unstructured::new(bytes)).expect("an input that the target reads")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}
