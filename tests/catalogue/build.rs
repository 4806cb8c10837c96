//! Converts each `providers/<name>/provider.toml` to JSON.

use std::{env, fmt::Write, fs, path::Path};

fn main() {
    let root =
        Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../providers");
    println!("cargo::rerun-if-changed={}", root.display());
    let entries = fs::read_dir(&root).expect("the folder `providers`");
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.join("provider.toml").exists())
        .map(|path| path.file_name().expect("a name").to_string_lossy().into_owned())
        .collect();
    names.sort();
    let mut source = String::from(
        "/// Each definition, by its provider's name.\npub static ALL: &[(&str, &str)] = &[\n",
    );
    for name in names {
        let path = root.join(&name).join("provider.toml");
        println!("cargo::rerun-if-changed={}", path.display());
        let text = fs::read_to_string(&path).expect("a definition");
        let definition: toml::Value = toml::from_str(&text).expect("TOML");
        let json = serde_json::to_string(&definition).expect("JSON");
        writeln!(source, "    ({name:?}, {json:?}),").expect("a string");
    }
    source.push_str("];\n");
    let out = Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join("catalogue.rs");
    fs::write(out, source).expect("the output folder");
}
