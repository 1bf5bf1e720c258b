use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use clap::{Args, ValueEnum};
use keyjar::server::{Builder, Event, Handshake, Request, TestServer};
use keyjar::tls::config::{ClientAuth, Identity};
use keyjar::{Alias, Entry, ErrorKind, KeyStore, Limits, fsio};
use serde_json::{Value, json};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::Outcome;
use super::failure::Failure;
use super::flags::{self, KEYSTORE, TRUSTSTORE};
use super::password::{self, Asked, Source};
use super::printer::Printer;

/// Events that may wait to be printed; a reader that is slower loses some, and is told how many.
const WAITING: usize = 10_000;
/// How long the last lines may take to be printed at the end.
const LAST_LINES: Duration = Duration::from_millis(500);

#[derive(Args)]
pub(crate) struct Serve {
    /// The keystore the server's key and chain are taken from; without it, a throw-away identity for localhost,
    /// 127.0.0.1 and ::1 is made in memory.
    #[arg(long, value_name = "PATH")]
    keystore: Option<PathBuf>,
    /// The entry of the keystore; the first that TLS can use unless given.
    #[arg(long, value_name = "NAME", requires = "keystore")]
    alias: Option<String>,
    /// The truststore that clients' certificates are held against. With it, and without --client-auth, a client
    /// certificate is required.
    #[arg(long, value_name = "PATH")]
    truststore: Option<PathBuf>,
    /// Whether clients are asked for a certificate: `none`, `optional` (verified where there is one) or `required`.
    /// Unless given: `required` with a truststore, else `none`.
    #[arg(long, value_name = "WHEN")]
    client_auth: Option<When>,
    /// Where to listen: ADDRESS:PORT, or a PORT of 127.0.0.1; port 0 is a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: String,
    /// Write the URL into this file once the server answers; the file is removed at the end.
    #[arg(long, value_name = "PATH")]
    ready_file: Option<PathBuf>,
    /// Write a truststore for clients: the certificate that the chain ends in. Its password is the one of
    /// KEYJAR_STOREPASS, else `changeit`; an existing file is replaced.
    #[arg(long, value_name = "PATH")]
    write_truststore: Option<PathBuf>,
    /// The keystore's password: pass:TEXT, env:NAME, file:PATH, fd:N, stdin, prompt or none.
    #[arg(long, value_name = "SOURCE")]
    keystore_pass: Option<Source>,
    /// The truststore's password.
    #[arg(long, value_name = "SOURCE")]
    truststore_pass: Option<Source>,
    /// The key's password, where it has one of its own.
    #[arg(long, value_name = "SOURCE", requires = "keystore")]
    keypass: Option<Source>,
}

#[derive(Clone, Copy, ValueEnum)]
enum When {
    None,
    Optional,
    Required,
}

impl From<When> for ClientAuth {
    fn from(when: When) -> Self {
        match when {
            When::None => Self::None,
            When::Optional => Self::Optional,
            When::Required => Self::Required,
        }
    }
}

/// `keyjar serve`
pub(crate) fn run(command: &Serve, printer: &Printer) -> Outcome {
    // From here on a signal ends the server, not the process.
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).map_err(Failure::other)?;
    if let Some(path) = &command.ready_file {
        fsio::remove_if_exists(path)?;
    }
    let address = address(&command.listen)?;
    let mut builder = TestServer::builder()
        .listen(address)
        .threads(std::thread::available_parallelism().map_or(1, std::num::NonZero::get))
        .trust_hint(trust_hint(command));
    if let Some(path) = &command.keystore {
        builder = builder.identity(identity(path, command, printer)?);
    }
    builder = client_trust(builder, command, printer)?;

    let lines = Lines::new();
    let server = builder.on_event(lines.observer()).start()?;
    if !address.ip().is_loopback() {
        printer.warning(&format!(
            "listening on {}: other machines can reach this server, and its page tells who connected; 127.0.0.1 is for this machine alone",
            server.address()
        ));
    }
    if let Some(path) = &command.write_truststore {
        write_truststore(path, &server, printer)?;
    }
    if let Some(path) = &command.ready_file {
        fsio::write(path, format!("{}\n", server.url()).as_bytes(), false)?;
    }
    if printer.json {
        print_json(printer, &json!({ "event": "listening", "url": server.url() }));
    } else {
        printer.text(&format!("listening on {}\n", server.url()));
    }
    let done = lines.print(printer);
    let _ = signals.forever().next();
    drop(server);
    // What a reader that has stopped reading never takes must not keep the process.
    let _ = done.recv_timeout(LAST_LINES);
    fsio::abandon();
    if let Some(path) = &command.ready_file {
        fsio::remove_if_exists(path)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn address(text: &str) -> Result<SocketAddr, Failure> {
    if let Ok(port) = text.trim_start_matches(':').parse() {
        return Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
    }
    let failure = |why: String| {
        Failure::new(
            ErrorKind::Usage,
            format!("cannot listen on `{text}`: {why}"),
            "write ADDRESS:PORT: `--listen 127.0.0.1:8443`, `--listen [::1]:0`",
        )
    };
    let mut found = text
        .to_socket_addrs()
        .map_err(|error| failure(error.to_string()))?;
    found
        .next()
        .ok_or_else(|| failure(String::from("the name has no address")))
}

/// How the sentence "the client does not trust this certificate: ..." ends.
fn trust_hint(command: &Serve) -> String {
    match (&command.write_truststore, &command.keystore) {
        (Some(path), _) => format!(
            "start it with `{}` as its truststore, or import that into its own: `keyjar import {0} --truststore PATH`",
            path.display()
        ),
        (None, Some(path)) => format!(
            "import the server's authority into its truststore: `keyjar import ca.crt --truststore PATH`, or the certificates of {}",
            path.display()
        ),
        (None, None) => String::from(
            "the authority was made for this run; `keyjar serve --write-truststore PATH` writes a truststore, import that into the client's",
        ),
    }
}

fn identity(path: &Path, command: &Serve, printer: &Printer) -> Result<Identity, Failure> {
    let password = password::find(&KEYSTORE, command.keystore_pass.as_ref(), printer)?;
    let about = |failure: Failure| failure.context(format!("`{}`", path.display()));
    let store = KeyStore::open(path, &password).map_err(|error| about(error.into()))?;
    let key_password = match &command.keypass {
        Some(source) => password::find(&KEY, Some(source), printer)?,
        None => password,
    };
    let wanted = command.alias.as_deref().map(Alias::new);
    let (alias, identity) = Identity::from_key_store(&store, wanted.as_ref(), &key_password)
        .map_err(|error| about(error.into()))?;
    let others: Vec<_> = store
        .iter()
        .filter(|(other, entry)| matches!(entry, Entry::PrivateKey(_)) && **other != alias)
        .map(|(other, _)| format!("`{other}`"))
        .collect();
    if wanted.is_none() && !others.is_empty() {
        printer.note(&format!(
            "serving with `{alias}`; the keystore also holds {} (`--alias` chooses)",
            others.join(", ")
        ));
    }
    Ok(identity)
}

const KEY: Asked = Asked {
    what: "key",
    option: "--keypass",
    variable: "KEYJAR_KEYPASS",
    convention: false,
};

fn client_trust(builder: Builder, command: &Serve, printer: &Printer) -> Result<Builder, Failure> {
    let client_auth = command.client_auth.map(ClientAuth::from);
    let Some(path) = &command.truststore else {
        return match client_auth {
            None | Some(ClientAuth::None) => Ok(builder),
            Some(wanted) => Err(Failure::new(
                ErrorKind::Usage,
                format!(
                    "`--client-auth {}` needs a truststore to hold clients' certificates against",
                    wanted.name()
                ),
                "`keyjar import ca.crt --truststore clients.p12` makes one; then `--truststore clients.p12`",
            )),
        };
    };
    let password = password::find(&TRUSTSTORE, command.truststore_pass.as_ref(), printer)?;
    let store = KeyStore::open(path, &password)
        .map_err(|error| Failure::from(error).context(format!("`{}`", path.display())))?;
    let anchors: Vec<_> = store.trust_anchors().cloned().collect();
    if anchors.is_empty() {
        return Err(flags::no_anchors(&store, path));
    }
    let builder = builder.client_trust(anchors);
    Ok(match client_auth {
        Some(client_auth) => builder.client_auth(client_auth),
        None => builder,
    })
}

fn write_truststore(path: &Path, server: &TestServer, printer: &Printer) -> Result<(), Failure> {
    let password = password::find(&Asked::TRUSTSTORE, None, printer)?;
    password::check_odd(&password, false)?;
    let bytes = server.truststore()?.encoder().to_bytes(&password)?;
    // Only a store is replaced: a slip in the path must not cost another file.
    fsio::update(path, &Limits::DEFAULT, |old| {
        if old.is_some_and(|old| keyjar::StoreFormat::detect(&old).is_none()) {
            return Err(Failure::new(
                ErrorKind::Conflict,
                format!("`{}` exists and is no key store", path.display()),
                "`--write-truststore` takes a new path, or one of an older truststore",
            ));
        }
        Ok((Some(bytes), false, ()))
    })?;
    printer.note(&format!(
        "wrote {}: a truststore for clients of this server",
        path.display()
    ));
    Ok(())
}

/// The way of events from the server's threads to stdout, which may be slow.
struct Lines {
    sender: SyncSender<Event>,
    receiver: Receiver<Event>,
    lost: Arc<AtomicU64>,
}

impl Lines {
    fn new() -> Self {
        let (sender, receiver) = sync_channel(WAITING);
        Self {
            sender,
            receiver,
            lost: Arc::default(),
        }
    }

    fn observer(&self) -> impl Fn(&Event) + Send + Sync + use<> {
        let (sender, lost) = (self.sender.clone(), Arc::clone(&self.lost));
        move |event| {
            if let Err(TrySendError::Full(_)) = sender.try_send(event.clone()) {
                lost.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Prints on a thread of its own; what comes back hears when the last line is out.
    fn print(self, printer: &Printer) -> Receiver<()> {
        let (finished, done) = sync_channel(1);
        let printer = printer.clone();
        let Self {
            sender,
            receiver,
            lost,
        } = self;
        // The server holds the other sender: the thread ends with the server.
        drop(sender);
        std::thread::spawn(move || {
            for event in receiver {
                print_event(&printer, &event);
                let lost = lost.swap(0, Ordering::Relaxed);
                if lost > 0 {
                    printer.warning(&format!(
                        "{lost} events were not printed: the reader of stdout is too slow"
                    ));
                }
            }
            let _ = finished.send(());
        });
        done
    }
}

fn print_event(printer: &Printer, event: &Event) {
    match event {
        Event::Closed(closed) => printer.note(&format!("{}: {}", closed.peer, closed.reason)),
        event if printer.json => print_json(printer, &event.to_json()),
        Event::Handshake(handshake) => printer.text(&handshake_line(handshake)),
        Event::Request(request) if printer.verbose => printer.text(&request_line(request)),
        _ => {}
    }
}

/// One event a line.
fn print_json(printer: &Printer, event: &Value) {
    printer.text(&format!("{event}\n"));
}

/// `ok      127.0.0.1:40022  TLSv1.3 TLS_AES_256_GCM_SHA384, name localhost, client CN=x`
fn handshake_line(handshake: &Handshake) -> String {
    let peer = handshake.peer;
    if let Some(reason) = &handshake.reason {
        return format!("failed  {peer}  {reason}\n");
    }
    let part = |part: &Option<String>| part.clone().unwrap_or_default();
    let mut line = format!(
        "ok      {peer}  {} {}",
        part(&handshake.protocol),
        part(&handshake.cipher_suite)
    );
    if let Some(name) = &handshake.sni {
        let _ = write!(line, ", name {name}");
    }
    match handshake.client_chain.first() {
        Some(leaf) => {
            let _ = write!(line, ", client {}", leaf.subject());
        }
        None => line.push_str(", no client certificate"),
    }
    line + "\n"
}

fn request_line(request: &Request) -> String {
    let agent = request.user_agent.as_deref().unwrap_or("no user agent");
    let mut line = format!(
        "request {}  {} {} {} ({})",
        request.peer,
        request.method,
        request.path.escape_debug(),
        request.status,
        agent.escape_debug()
    );
    if let Some(counts) = &request.intake {
        let _ = write!(
            line,
            ": {} transactions, {} spans, {} errors, {} metricsets, {} malformed",
            counts.transactions, counts.spans, counts.errors, counts.metricsets, counts.malformed
        );
    }
    line + "\n"
}
