//! The house's floors: an import may only point down.

use std::fs;
use std::path::Path;

/// Ground floor first.
const FLOORS: &[&[&str]] = &[
    &["clock", "error", "limits", "secret", "fsio"],
    &["asn1", "crypto", "pem"],
    &["x509", "pkcs8"],
    &["pkcs12", "jks", "bks", "bcfks"],
    &["keystore"],
    &["ops", "pki", "trust"],
    &["jvm", "apm"],
    &["tls", "explain"],
    &["server"],
];

fn floor(module: &str) -> usize {
    FLOORS
        .iter()
        .position(|floor| floor.contains(&module))
        .unwrap_or_else(|| panic!("`{module}` has no floor"))
}

fn visit(path: &Path, module: &str, upward: &mut Vec<String>) {
    if path.is_dir() {
        fs::read_dir(path)
            .unwrap()
            .for_each(|entry| visit(&entry.unwrap().path(), module, upward));
        return;
    }
    for (number, line) in fs::read_to_string(path).unwrap().lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        for (at, _) in code.match_indices("crate::") {
            let name: String = code[at + 7..]
                .chars()
                .take_while(|c| c.is_ascii_lowercase() || *c == '_' || c.is_ascii_digit())
                .collect();
            if !name.is_empty() && floor(&name) > floor(module) {
                upward.push(format!("{}:{}: {module} -> {name}", path.display(), number + 1));
            }
        }
    }
}

#[test]
fn no_import_points_up_the_house() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut upward = Vec::new();
    for entry in fs::read_dir(&src).unwrap() {
        let path = entry.unwrap().path();
        let module = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if !["lib", "main", "cli"].contains(&module.as_str()) {
            visit(&path, &module, &mut upward);
        }
    }
    assert!(upward.is_empty(), "imports that point up:\n{}", upward.join("\n"));
}
