use std::path::{Path, PathBuf};

use clap::Args;
use keyjar::tls::FetchedChain;
use keyjar::trust::{
    self, Anchors, Check as TrustCheck, DEFAULT_JDK, JavaException, Jdk, KeyRequest, Validation,
};
use keyjar::{Certificate, ErrorKind, KeyStore, Limits, clock, fsio, ops};

use super::Outcome;
use super::check_java::{self, Home};
use super::check_report::{Names, Report};
use super::check_stores;
use super::connect::Connection;
use super::failure::Failure;
use super::password::{self, Source};
use super::printer::Printer;

#[derive(Args)]
pub(crate) struct Check {
    /// What to judge: a server (HOST:PORT, a URL), or the file of the chain it sends, in its order; `-` is stdin.
    #[arg(value_name = "SERVER|CHAINFILE")]
    pub(crate) what: String,
    /// The truststore the JVM is given; without it the JVM's own cacerts: of --java-home, JAVA_HOME or the java on the
    /// PATH.
    #[arg(long, value_name = "PATH")]
    pub(crate) truststore: Option<PathBuf>,
    /// The keystore the JVM is given, for a server that asks for a client certificate.
    #[arg(long, value_name = "PATH")]
    pub(crate) keystore: Option<PathBuf>,
    /// The host the client connects to, as it stands in its URL; a server's own unless given. For a chain file no host
    /// is compared without it.
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Option<String>,
    /// The JDK's version: 8, 11, 17, 21, 25, 26 or 28. Unless given, that of --java-home, else 25, the newest long-term
    /// release.
    #[arg(long, value_name = "N", conflicts_with = "java_home")]
    pub(crate) jdk: Option<u32>,
    /// A JDK's folder: its version, its java.security and its cacerts are used.
    #[arg(long, value_name = "PATH")]
    pub(crate) java_home: Option<PathBuf>,
    /// The truststore's password (javax.net.ssl.trustStorePassword): pass:TEXT, env:NAME, file:PATH, fd:N, stdin, prompt,
    /// or none; `changeit` unless given.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) truststore_pass: Option<Source>,
    /// The keystore's password (javax.net.ssl.keyStorePassword).
    #[arg(long, value_name = "SOURCE")]
    pub(crate) keystore_pass: Option<Source>,
    /// The type the JVM is told (javax.net.ssl.trustStoreType); none unless given.
    #[arg(long, value_name = "TYPE")]
    pub(crate) truststore_type: Option<String>,
    /// The type the JVM is told (javax.net.ssl.keyStoreType); none unless given.
    #[arg(long, value_name = "TYPE")]
    pub(crate) keystore_type: Option<String>,
    /// Certificates of the authorities whose clients the server accepts; of a live server the names are asked for.
    #[arg(long, value_name = "INPUT", requires = "keystore")]
    pub(crate) client_ca: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// What a server sends, and what it asks for.
struct Server {
    chain: Vec<Certificate>,
    host: Option<String>,
    fetched: Option<FetchedChain>,
}

/// `keyjar check`
pub(crate) fn run(command: &Check, printer: &Printer) -> Outcome {
    let home = command.java_home.as_deref().map(Home::read).transpose()?;
    let jdk = match &home {
        Some(home) => home.jdk()?,
        None => Jdk::new(command.jdk.unwrap_or(DEFAULT_JDK))?,
    };
    let server = server(command, printer)?;
    let text = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
    let names = Names {
        is_live: server.fetched.is_some(),
        what: command.what.clone(),
        truststore: text(&command.truststore).filter(|path| path != "NONE"),
        keystore: text(&command.keystore),
    };
    let mut report = Report::new(&jdk, names);
    let truststore = check_stores::truststore(command, &jdk, home.as_ref(), &mut report, printer)?;
    let keystore = check_stores::keystore(command, &jdk, &mut report, printer)?;
    if let Some(truststore) = &truststore {
        let anchors = match check_java::cacerts(home.as_ref()) {
            Some(cacerts) => truststore.anchors.clone().with_jdk_cacerts(&cacerts),
            None => truststore.anchors.clone(),
        };
        server_side(&server, &jdk, &anchors, truststore.store.as_ref(), &mut report)?;
    }
    if let Some(keystore) = &keystore {
        client_side(command, &server, &jdk, keystore, &mut report)?;
    } else if command.keystore.is_none() {
        unanswered_request(&server, &mut report);
    }
    report.show(printer)
}

fn server(command: &Check, printer: &Printer) -> Result<Server, Failure> {
    let path = Path::new(&command.what);
    let is_file = command.what == "-" || fsio::exists(path);
    if is_file {
        if command.connection.is_given() {
            let message = format!(
                "`{}` is a file, and --starttls, --proxy, --sni and --timeout are for servers",
                command.what
            );
            return Err(Failure::new(ErrorKind::Usage, message, ""));
        }
        let read = ops::read_input(path, &password::convention(), &Limits::DEFAULT)?;
        return Ok(Server {
            chain: read.into_iter().map(|input| input.certificate).collect(),
            host: command.host.clone(),
            fetched: None,
        });
    }
    let looks_like_path = !command.what.contains("://")
        && (command.what.contains('/')
            || [".pem", ".crt", ".cer", ".der", ".p7b", ".p12", ".jks"]
                .iter()
                .any(|ending| command.what.ends_with(ending)));
    if looks_like_path {
        return Err(
            fsio::read(path, &Limits::DEFAULT).map_or_else(Failure::from, |_| {
                Failure::new(ErrorKind::NotFound, format!("there is no `{}`", command.what), "")
            }),
        );
    }
    let target = command.connection.target(&command.what)?;
    let fetched = command.connection.fetch(&command.what, printer)?;
    Ok(Server {
        chain: fetched.certificates.clone(),
        host: Some(command.host.clone().unwrap_or_else(|| target.host().to_owned())),
        fetched: Some(fetched),
    })
}

/// What the client says of the server.
fn server_side(
    server: &Server,
    jdk: &Jdk,
    anchors: &Anchors,
    store: Option<&KeyStore>,
    report: &mut Report,
) -> Result<(), Failure> {
    let mut validation = Validation::new(jdk, anchors, clock::now());
    if let Some(host) = &server.host {
        validation = validation.host(host);
    }
    let verdict = validation.check_server(&server.chain);
    let is_missing = verdict
        .checks
        .iter()
        .any(|check| check.name == "path" && !check.ok);
    let top = server
        .chain
        .last()
        .filter(|top| is_missing && top.seems_self_signed());
    if let Some(top) = top {
        report.hint_at_top(&top.subject().to_string());
    }
    report.take(verdict)?;
    if is_missing && let Some(store) = store {
        check_stores::explain_key_entries(store, &server.chain, report);
    }
    Ok(())
}

/// What the server says of the client.
fn client_side(
    command: &Check,
    server: &Server,
    jdk: &Jdk,
    keystore: &KeyStore,
    report: &mut Report,
) -> Result<(), Failure> {
    let authorities = match &command.client_ca {
        Some(path) => ops::read_input(path, &password::convention(), &Limits::DEFAULT)?
            .into_iter()
            .map(|input| input.certificate)
            .collect(),
        None => Vec::new(),
    };
    let request = match server.fetched.as_ref().map(|fetched| &fetched.client_request) {
        Some(None) => {
            report.push(TrustCheck {
                name: "client-key",
                ok: true,
                detail: String::from("the server asks for no client certificate"),
            });
            return Ok(());
        }
        Some(Some(asked)) => {
            KeyRequest::new(&asked.signature_schemes, asked.issuers.iter().map(Vec::as_slice))
        }
        None => KeyRequest::new(&[], authorities.iter().map(|ca| ca.subject().as_der())),
    };
    let choice = trust::choose_client_key(keystore, &request, jdk, clock::now());
    let Some(alias) = choice.alias else {
        report.no_client_key(&choice.passed_over, server.fetched.as_ref());
        return Ok(());
    };
    let chain = keystore
        .get(&alias)
        .map(|entry| entry.certificates().to_vec())
        .unwrap_or_default();
    let subject = chain
        .first()
        .map(|leaf| leaf.subject().to_string())
        .unwrap_or_default();
    report.push(TrustCheck {
        name: "client-key",
        ok: true,
        detail: format!("the JVM sends `{alias}`: {subject}"),
    });
    // Of a live server only the names of its authorities are known: what they signed is taken to be good.
    let anchors = if authorities.is_empty() {
        Anchors::new(chain.last().cloned())
    } else {
        Anchors::new(authorities)
    };
    let verdict = Validation::new(jdk, &anchors, clock::now()).check_client(&chain);
    report.take_client(verdict)
}

/// A server that asks, and nothing to answer with.
fn unanswered_request(server: &Server, report: &mut Report) {
    let Some(request) = server
        .fetched
        .as_ref()
        .and_then(|fetched| fetched.client_request.as_ref())
    else {
        return;
    };
    let names: Vec<String> = request.issuer_names().map(|name| format!("`{name}`")).collect();
    let of = if names.is_empty() {
        String::from("any authority")
    } else {
        names.join(" or ")
    };
    report.push(TrustCheck {
        name: "client-key",
        ok: true,
        detail: format!("the server asks for a client certificate of {of}; one that requires it refuses a client without --keystore"),
    });
}

/// The alert that a client is told by a server which requires a certificate and got none.
pub(super) fn no_certificate(fetched: Option<&FetchedChain>, jdk: u32) -> JavaException {
    let is_tls13 = fetched.is_none_or(|fetched| fetched.protocol.number() >= 0x0304);
    let alert = if is_tls13 {
        "certificate_required"
    } else {
        "handshake_failure"
    };
    let text = format!("Received fatal alert: {alert}");
    JavaException {
        class: "javax.net.ssl.SSLHandshakeException",
        message: if jdk >= 21 {
            format!("({alert}) {text}")
        } else {
            text
        },
        alert: None,
        jdk,
        causes: Vec::new(),
    }
}
