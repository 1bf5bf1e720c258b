//! Every form of the agents' settings is read by what reads it.

use std::fs;
use std::path::Path;
use std::process::Command;

use keyjar::Certificate;
use keyjar::apm::{
    Agent, Attachment, CertificateFile, Form, Purpose, ServerForm, ServerSettings, ServerUrl, Settings,
    Trust, kubernetes, render,
};
use serde_json::{Map, Value, json};

use crate::support::{folder, has, probe, root, run, testdata};

/// Paths that hold what shells, YAML, PHP, Ruby templates and XML give a meaning to.
const NASTY: &[&str] = &[
    "/srv/plain.crt",
    "/srv/with space/server cert.crt",
    "/srv/it's/\"quoted\".crt",
    "/srv/back\\slash\\new\\table.crt",
    "/srv/$HOME/#hash/ # not a comment/%PATH%.crt",
    "/srv/${HOME}/$(id)/`id`/$$.crt",
    "/srv/a: b, - c/[x]{y}&z*!|>@?.crt",
    "/srv/<%= 1 %>/<b>&amp;]]>.crt",
    "/srv/ü/日本/😀\u{2028}\u{85}\u{feff}.crt",
    "/srv/tab\there.crt",
    "/srv/=;~,end\\",
    "/srv/'single' \\\" \\' both.crt",
];

const URL: &str = "https://localhost:8200/base";

fn certificate() -> Certificate {
    let pem = fs::read(testdata("apm-chain/server.crt")).unwrap();
    Certificate::from_pem(&pem).unwrap()
}

/// What the parser of a form should see.
fn expected(settings: &Settings<'_>, name: impl Fn(&keyjar::apm::Setting) -> String) -> Value {
    let pairs: Map<String, Value> = settings
        .values()
        .iter()
        .map(|setting| (name(setting), json!(setting.value.as_str())))
        .collect();
    pairs.into()
}

/// The parsers at hand for an agent's form.
fn parsers(agent: Agent, form: Form, php: bool, ruby: bool) -> Vec<&'static str> {
    match (form, agent) {
        (Form::Env, _) => vec!["env"],
        (Form::Shell, _) => vec!["sh", "bash"],
        (Form::Yaml, Agent::Ruby) | (Form::Native, Agent::Ruby) if ruby => vec!["yaml", "ruby"],
        (Form::Yaml, _) | (Form::Native, Agent::Ruby) => vec!["yaml"],
        (Form::Json, _) => vec!["environment"],
        (Form::Native, Agent::Go) => vec!["sh"],
        (Form::Native, Agent::Python) => vec!["python"],
        (Form::Native, Agent::NodeJs) => vec!["node"],
        (Form::Native, Agent::DotNet) => vec!["dotnet"],
        (Form::Native, Agent::Php) if php => vec!["php"],
        (Form::WebConfig, Agent::DotNet) => vec!["web-config"],
        _ => Vec::new(),
    }
}

fn parse(folder: &Path, cases: &[Value]) {
    let manifest = folder.join("manifest.json");
    fs::write(&manifest, serde_json::to_vec(cases).unwrap()).unwrap();
    run(Command::new("python3")
        .arg(root().join("tests/it/interop/apm/parse.py"))
        .arg(&manifest))
    .exits(0)
    .says(&format!("{}\n", cases.len()));
}

fn has_parsers() -> bool {
    has("python3", &["-c", "import yaml"]) && has("node", &["--version"])
}

#[test]
fn every_form_is_read_back_by_its_own_reader() {
    if !has_parsers() {
        return;
    }
    let (php, ruby) = (has("php", &["--version"]), has("ruby", &["--version"]));
    let folder = folder();
    let url = ServerUrl::parse(URL).unwrap();
    let mut cases = Vec::new();
    for path in NASTY {
        let file = CertificateFile::new(*path, vec![certificate()]);
        for agent in Agent::ALL {
            let by_root = agent.option(Purpose::TrustRoots).is_some();
            let trust = Trust {
                server_url: Some(&url),
                roots: Some(&file).filter(|_| by_root),
                server_certificate: Some(&file).filter(|_| !by_root && agent.pin().is_some()),
                ..Trust::default()
            };
            let settings = Settings::new(*agent, &trust).unwrap();
            for form in Form::ALL {
                for parser in parsers(*agent, *form, php, ruby) {
                    let native = matches!(form, Form::Native | Form::WebConfig)
                        || (*form == Form::Yaml && *agent == Agent::Ruby);
                    let expected = expected(&settings, |setting| match form {
                        Form::WebConfig => format!("ElasticApm:{}", setting.option.native),
                        _ if native => setting.option.native.to_owned(),
                        _ => setting.option.env.to_owned(),
                    });
                    let target = folder.path().join(format!("{}.js", cases.len()));
                    fs::write(&target, render(&settings, *form).unwrap()[0].expose_text()).unwrap();
                    cases.push(json!({ "form": parser, "file": target, "expected": expected }));
                }
            }
        }
    }
    assert!(cases.len() > 200, "{}", cases.len());
    parse(folder.path(), &cases);
}

#[test]
fn a_pods_part_is_yaml_with_the_certificate_inside() {
    if !has_parsers() {
        return;
    }
    let folder = folder();
    let url = ServerUrl::parse(URL).unwrap();
    let pem = fs::read(testdata("apm-chain/server.crt")).unwrap();
    let mut cases = Vec::new();
    for name in ["ca.crt", "a b: #.crt", "$(x).crt"] {
        let file = CertificateFile::new(format!("/etc/elastic-apm/{name}"), vec![certificate()]);
        let trust = Trust {
            server_url: Some(&url),
            roots: Some(&file),
            ..Trust::default()
        };
        let settings = Settings::new(Agent::Python, &trust).unwrap();
        let mut expected = expected(&settings, |setting| setting.option.env.to_owned());
        expected[name] = json!(String::from_utf8(pem.clone()).unwrap());
        let attachment = Attachment {
            name: name.to_owned(),
            bytes: pem.clone(),
        };
        let target = folder.path().join(format!("{}.yml", cases.len()));
        fs::write(
            &target,
            kubernetes(&settings, &[attachment]).unwrap().expose_text(),
        )
        .unwrap();
        cases.push(json!({ "form": "kubernetes", "file": target, "expected": expected }));
    }
    parse(folder.path(), &cases);
}

#[test]
fn apm_servers_lines_and_arguments_are_read_back() {
    if !has_parsers() {
        return;
    }
    let folder = folder();
    let mut cases = Vec::new();
    for path in NASTY.iter().filter(|path| !path.contains("${")) {
        let file = CertificateFile::new(*path, vec![certificate()]);
        let settings = ServerSettings {
            certificate: &file,
            key: Path::new(path),
            passphrase: Some(keyjar::apm::Passphrase::Text(keyjar::Password::new(*path))),
            client_authorities: Some(&file),
            client_authentication: None,
        };
        let expected = json!({
            "apm-server.ssl.enabled": true,
            "apm-server.ssl.certificate": path,
            "apm-server.ssl.key": path,
            "apm-server.ssl.key_passphrase": path,
            "apm-server.ssl.certificate_authorities": [path],
            "apm-server.ssl.client_authentication": "required",
        });
        for (form, parser) in [(ServerForm::Yaml, "yaml"), (ServerForm::Arguments, "args")] {
            let target = folder.path().join(format!("{}.yml", cases.len()));
            fs::write(&target, settings.render(form).unwrap().expose_text()).unwrap();
            cases.push(json!({ "form": parser, "file": target, "expected": expected }));
        }
    }
    parse(folder.path(), &cases);
}

#[test]
fn what_apm_server_would_expand_is_refused() {
    let file = CertificateFile::new("/srv/${HOME}/a.crt", vec![certificate()]);
    let settings = ServerSettings {
        certificate: &file,
        key: Path::new("/srv/a.key"),
        passphrase: None,
        client_authorities: None,
        client_authentication: None,
    };
    let error = settings.render(ServerForm::Yaml).unwrap_err();
    assert!(error.to_string().contains("which APM Server expands"), "{error}");
}

#[test]
fn line_breaks_and_what_php_expands_are_refused() {
    let render = |path: &str, agent, form| {
        let file = CertificateFile::new(path, vec![certificate()]);
        let url = ServerUrl::parse(URL).unwrap();
        let trust = Trust {
            server_url: Some(&url),
            roots: Some(&file),
            ..Trust::default()
        };
        render(&Settings::new(agent, &trust).unwrap(), form).map(|_| ())
    };
    for form in [Form::Env, Form::Shell, Form::Yaml, Form::Native, Form::Json] {
        let error = render("/srv/a\nB=1", Agent::Python, form).unwrap_err();
        assert!(error.to_string().contains("a line break"), "{form}: {error}");
    }
    let error = render("/srv/trailing ", Agent::Go, Form::Env).unwrap_err();
    assert!(error.to_string().contains("blanks at its ends"), "{error}");
}

#[test]
fn java_reads_the_properties() {
    let Some(probe) = probe() else { return };
    let folder = folder();
    let mut text = String::new();
    let mut expected = Vec::new();
    for (number, path) in NASTY.iter().enumerate() {
        let file = CertificateFile::new(*path, vec![certificate()]);
        let trust = Trust {
            roots: Some(&file),
            ..Trust::default()
        };
        let settings = Settings::new(Agent::Go, &trust).unwrap();
        // One JVM for all: only the name is another.
        let lines = render(&settings, Form::Properties).unwrap()[0]
            .expose_text()
            .to_owned();
        text += &lines.replacen("ELASTIC_APM_SERVER_CA_CERT_FILE", &format!("p{number:02}"), 1);
        let hex: String = path.bytes().map(|octet| format!("{octet:02x}")).collect();
        expected.push(format!("p{number:02}={hex}\n"));
    }
    let target = folder.path().join("all.properties");
    fs::write(&target, text).unwrap();
    let said = run(Command::new("java")
        .current_dir(probe)
        .args(["-cp", ".", "Probe", "load"])
        .arg(target))
    .exits(0);
    assert_eq!(said.stdout, expected.concat());
}
