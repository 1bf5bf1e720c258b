//! Every printed form is fed to what it is for.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use keyjar::jvm::{Format, StoreReference, SystemProperties};
use keyjar::{Password, StoreFormat};

use crate::support::{folder, has, host, jdks, probe, run};

/// Values that hold what shells, JVMs and property files give a meaning to.
const NASTY: &[(&str, &str)] = &[
    ("/tmp/plain.p12", "changeit"),
    ("/tmp/with space/trust store.p12", "pass word"),
    ("/tmp/it's/\"quoted\".p12", "a'b\"c'd"),
    ("/tmp/back\\slash\\new.p12", "C:\\new\\temp\\"),
    ("/tmp/$HOME/#hash/%PATH%.p12", "$x `id` $(id) ${y} #z %d !e"),
    ("/tmp/a;b&c|d*e?.p12", " leading and trailing "),
    (
        "/tmp/~tilde,comma=equals.p12",
        "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    ),
];

fn properties(path: &str, password: &str) -> SystemProperties {
    let store = |name: &str| {
        StoreReference::new(
            format!("{path}{name}"),
            StoreFormat::Pkcs12,
            Password::new(password),
        )
    };
    SystemProperties::new()
        .trust_store(store(""))
        .key_store(store(".key"))
}

fn expected(path: &str, password: &str) -> BTreeMap<String, String> {
    [
        ("trustStore", path.to_owned()),
        ("trustStorePassword", password.to_owned()),
        ("trustStoreType", "PKCS12".to_owned()),
        ("keyStore", format!("{path}.key")),
        ("keyStorePassword", password.to_owned()),
        ("keyStoreType", "PKCS12".to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// NAME=HEX lines.
fn seen(stdout: &str) -> BTreeMap<String, String> {
    stdout
        .lines()
        .map(|line| {
            let (name, hex) = line.split_once('=').unwrap();
            let octets = (0..hex.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap());
            (name.to_owned(), String::from_utf8(octets.collect()).unwrap())
        })
        .collect()
}

fn rendered(path: &str, password: &str, format: Format) -> String {
    properties(path, password)
        .render(format)
        .unwrap()
        .expose_text()
        .to_owned()
}

fn one_line(text: &str) -> &str {
    text.strip_suffix('\n').unwrap()
}

#[test]
fn a_shell_hands_the_options_to_a_jvm_as_they_are() {
    let (Some(_), Some(probe)) = (host(), probe()) else {
        return;
    };
    for shell in ["sh", "bash"] {
        if !has(shell, &["-c", ":"]) {
            continue;
        }
        for (path, password) in NASTY {
            let options = rendered(path, password, Format::Shell);
            let script = format!(
                "exec java {} -cp {} Probe properties",
                one_line(&options),
                probe.display()
            );
            let said = run(Command::new(shell).args(["-c", &script])).exits(0);
            assert_eq!(seen(&said.stdout), expected(path, password), "{shell}: {script}");
        }
    }
}

#[test]
fn every_jdk_reads_java_tool_options() {
    let Some(probe) = probe() else { return };
    for jdk in jdks() {
        for (path, password) in NASTY {
            let options = rendered(path, password, Format::JavaToolOptions);
            let said = run(jdk
                .tool(probe, "java")
                .env("JAVA_TOOL_OPTIONS", one_line(&options))
                .args(["-cp", ".", "Probe", "properties"]))
            .exits(0);
            assert_eq!(
                seen(&said.stdout),
                expected(path, password),
                "JDK {}: {options}",
                jdk.version
            );
        }
    }
}

#[test]
fn every_jdk_from_11_reads_an_argument_file_and_jdk_java_options() {
    let Some(probe) = probe() else { return };
    for jdk in jdks().into_iter().filter(|jdk| !jdk.is_before(9)) {
        let folder = folder();
        for (path, password) in NASTY {
            std::fs::write(
                folder.path().join("tls.args"),
                rendered(path, password, Format::Argfile),
            )
            .unwrap();
            let class_path = probe.display().to_string();
            let said = run(jdk.tool(folder.path(), "java").args([
                "@tls.args",
                "-cp",
                &class_path,
                "Probe",
                "properties",
            ]));
            assert_eq!(
                seen(&said.exits(0).stdout),
                expected(path, password),
                "JDK {}",
                jdk.version
            );
            let options = rendered(path, password, Format::JdkJavaOptions);
            let said = run(jdk
                .tool(folder.path(), "java")
                .env("JDK_JAVA_OPTIONS", one_line(&options))
                .args(["-cp", &class_path, "Probe", "properties"]));
            assert_eq!(
                seen(&said.exits(0).stdout),
                expected(path, password),
                "JDK {}: {options}",
                jdk.version
            );
        }
    }
}

fn loaded(folder: &Path, probe: &Path, text: &str) -> BTreeMap<String, String> {
    let file = folder.join("p.properties");
    std::fs::write(&file, text).unwrap();
    let said = run(Command::new("java")
        .arg("-cp")
        .arg(probe)
        .args(["Probe", "load"])
        .arg(&file))
    .exits(0);
    seen(&said.stdout)
}

#[test]
fn javas_properties_reader_gives_the_values_back() {
    let (Some(_), Some(probe)) = (host(), probe()) else {
        return;
    };
    let folder = folder();
    for (path, password) in NASTY.iter().copied().chain([("/tmp/ümlaut/\u{1f511}.p12", "x")]) {
        let properties = loaded(
            folder.path(),
            probe,
            &rendered(path, password, Format::Properties),
        );
        assert_eq!(properties["javax.net.ssl.trustStore"], path);
        assert_eq!(properties["javax.net.ssl.keyStorePassword"], password);
        let gradle = loaded(folder.path(), probe, &rendered(path, password, Format::Gradle));
        assert_eq!(gradle["systemProp.javax.net.ssl.trustStorePassword"], password);
        let spring = loaded(folder.path(), probe, &rendered(path, password, Format::Spring));
        assert_eq!(
            spring["spring.ssl.bundle.jks.keyjar.truststore.location"],
            format!("file:{path}")
        );
        let kafka = loaded(folder.path(), probe, &rendered(path, password, Format::Kafka));
        assert_eq!(kafka["ssl.truststore.location"], path);
        assert_eq!(kafka["ssl.key.password"], password);
    }
}

/// `docker --env-file`: a line is NAME=VALUE, the value as it stands.
#[test]
fn an_environment_file_carries_the_value_of_java_tool_options_as_it_is() {
    for (path, password) in NASTY {
        let line = rendered(path, password, Format::Env);
        let (name, value) = one_line(&line).split_once('=').unwrap();
        assert_eq!(name, "JAVA_TOOL_OPTIONS");
        assert_eq!(
            value,
            one_line(&rendered(path, password, Format::JavaToolOptions))
        );
    }
}

/// systemd.syntax(7): double quotes, C escapes; systemd.unit(5): `%%` is a percent sign.
#[test]
fn a_systemd_line_means_the_value_of_java_tool_options() {
    for (path, password) in NASTY {
        let line = rendered(path, password, Format::Systemd);
        let quoted = one_line(&line)
            .strip_prefix("Environment=\"")
            .unwrap()
            .strip_suffix('"')
            .unwrap();
        let meant = unescape(&quoted.replace("%%", "%"));
        let options = rendered(path, password, Format::JavaToolOptions);
        assert_eq!(meant, format!("JAVA_TOOL_OPTIONS={}", one_line(&options)));
    }
}

/// Dockerfile's rules for double quotes: a backslash takes the meaning of what follows.
#[test]
fn a_dockerfile_line_means_the_value_of_java_tool_options() {
    for (path, password) in NASTY {
        let line = rendered(path, password, Format::Dockerfile);
        let quoted = one_line(&line)
            .strip_prefix("ENV JAVA_TOOL_OPTIONS=\"")
            .unwrap()
            .strip_suffix('"')
            .unwrap();
        assert_eq!(
            unescape(quoted),
            one_line(&rendered(path, password, Format::JavaToolOptions))
        );
    }
}

fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        out.push(if c == '\\' { rest.next().unwrap() } else { c });
    }
    out
}

/// about_Quoting_Rules: in single quotes everything is literal, a quote is doubled.
#[test]
fn a_powershell_line_means_the_value_of_java_tool_options() {
    for (path, password) in NASTY {
        let line = rendered(path, password, Format::Powershell);
        let quoted = one_line(&line)
            .strip_prefix("$env:JAVA_TOOL_OPTIONS = '")
            .unwrap()
            .strip_suffix('\'')
            .unwrap();
        let options = rendered(path, password, Format::JavaToolOptions);
        assert_eq!(quoted.replace("''", "'"), one_line(&options));
    }
}

/// cmd.exe reads a batch file's line in two steps: `%%` is a percent sign, then quotes hide `& | < > ^ ( )`; `set "..."`
/// takes what stands between the first quote and the last.
fn meant_by_cmd(line: &str) -> String {
    assert!(!line.replace("%%", "").contains('%'), "{line}");
    let line = line.replace("%%", "%");
    let mut is_quoted = false;
    for c in line.chars() {
        is_quoted ^= c == '"';
        assert!(
            is_quoted || !"&|<>^()!".contains(c),
            "`{c}` is not hidden in {line}"
        );
    }
    let from = line.find('"').unwrap() + 1;
    line[from..line.rfind('"').unwrap()].to_owned()
}

#[test]
fn a_batch_files_line_means_options_that_every_jdk_reads() {
    let (Some(jdk), Some(probe)) = (host(), probe()) else {
        return;
    };
    for (path, password) in NASTY
        .iter()
        .filter(|(path, password)| !format!("{path}{password}").contains('"'))
    {
        let text = rendered(path, password, Format::Cmd);
        let line = text.lines().find(|line| line.starts_with("@set ")).unwrap();
        let value = meant_by_cmd(line);
        let value = value.strip_prefix("JAVA_TOOL_OPTIONS=").unwrap();
        let said = run(jdk.tool(probe, "java").env("JAVA_TOOL_OPTIONS", value).args([
            "-cp",
            ".",
            "Probe",
            "properties",
        ]))
        .exits(0);
        assert_eq!(seen(&said.stdout), expected(path, password), "{line}");
    }
}

/// What PyYAML makes of a text, as JSON.
fn parsed_yaml(text: &str) -> serde_json::Value {
    let folder = folder();
    std::fs::write(folder.path().join("text.yaml"), text).unwrap();
    let script = "import json, yaml; print(json.dumps(yaml.safe_load(open('text.yaml', encoding='utf-8'))))";
    let said = run(Command::new("python3")
        .args(["-c", script])
        .current_dir(folder.path()))
    .exits(0);
    serde_json::from_str(&said.stdout).unwrap()
}

#[test]
fn kubernetes_gets_the_options_in_a_secret_and_the_stores_mounted_where_they_point() {
    if !has("python3", &["-c", "import yaml"]) {
        return;
    }
    for (path, password) in NASTY {
        let text = rendered(path, password, Format::Kubernetes);
        let secret = parsed_yaml(&text);
        assert_eq!(secret["kind"], "Secret");
        let options = rendered(path, password, Format::JavaToolOptions);
        assert_eq!(secret["stringData"]["JAVA_TOOL_OPTIONS"], one_line(&options));
        let pod: Vec<&str> = text
            .lines()
            .skip_while(|line| *line != "# containers:")
            .map(|line| line.strip_prefix("# ").unwrap())
            .collect();
        let pod = parsed_yaml(&pod.join("\n"));
        let container = &pod["containers"][0];
        assert_eq!(
            container["envFrom"][0]["secretRef"]["name"],
            secret["metadata"]["name"]
        );
        assert_eq!(container["volumeMounts"][0]["mountPath"], *path);
        assert_eq!(container["volumeMounts"][1]["mountPath"], format!("{path}.key"));
        assert_eq!(container["volumeMounts"][0]["name"], pod["volumes"][0]["name"]);
    }
}

#[test]
fn a_form_that_cannot_carry_a_value_is_refused() {
    let refused = |path: &str, password: &str, format| properties(path, password).render(format).unwrap_err();
    assert!(
        refused("/tmp/a b", "x", Format::Maven)
            .to_string()
            .contains("a blank")
    );
    assert!(
        refused("/tmp/a\"b", "x", Format::Cmd)
            .to_string()
            .contains("a double quote")
    );
    for format in Format::ALL {
        assert!(
            refused("/tmp/a\nb", "x", *format)
                .to_string()
                .contains("a line break"),
            "{format}"
        );
    }
}
