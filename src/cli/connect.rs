//! How the commands that talk to a server get to it.

use std::time::Duration;

use clap::Args;
use clap::builder::PossibleValuesParser;
use keyjar::tls::{Fetch, FetchedChain, NoProxy, Proxy, StartTls, Target, TargetError};

use super::failure::Failure;
use super::printer::Printer;

/// The way to a server.
#[derive(Args)]
pub(crate) struct Connection {
    /// Begin in the clear with this protocol, and turn to TLS as it does.
    #[arg(long, value_name = "PROTOCOL", value_parser = PossibleValuesParser::new(StartTls::ALL.iter().map(|p| p.name())))]
    pub(crate) starttls: Option<String>,
    /// Go through this HTTP proxy, http://[USER:PASSWORD@]HOST:PORT; unless given, that of https_proxy, but for the
    /// hosts in no_proxy. An empty URL: none.
    #[arg(long, value_name = "URL")]
    pub(crate) proxy: Option<String>,
    /// Ask for this server name; unless given, the host. An empty name: none.
    #[arg(long, value_name = "NAME")]
    pub(crate) sni: Option<String>,
    /// How long all of it may take, in seconds (10 unless given).
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) timeout: Option<u64>,
}

impl Connection {
    /// Whether any of its options was given.
    pub(super) const fn is_given(&self) -> bool {
        self.starttls.is_some() || self.proxy.is_some() || self.sni.is_some() || self.timeout.is_some()
    }

    /// The server that a text names; a protocol's own port stands for none.
    pub(super) fn target(&self, server: &str) -> Result<Target, Failure> {
        let target = Target::parse(server)?;
        Ok(match self.protocol() {
            Some(protocol) if !Target::names_port(server) => target.with_port(protocol.port()),
            _ => target,
        })
    }

    /// Reads the chain that a server presents.
    pub(super) fn fetch(&self, server: &str, printer: &Printer) -> Result<FetchedChain, Failure> {
        let target = self.target(server)?;
        let proxy = self.proxy(&target, printer)?;
        let mut fetch = Fetch::new(target);
        if let Some(protocol) = self.protocol() {
            fetch = fetch.starttls(protocol);
        }
        if let Some(proxy) = proxy {
            fetch = fetch.proxy(proxy);
        }
        if let Some(name) = &self.sni {
            fetch = fetch.sni(name);
        }
        if let Some(seconds) = self.timeout {
            fetch = fetch.timeout(Duration::from_secs(seconds));
        }
        Ok(fetch.run()?)
    }

    fn protocol(&self) -> Option<StartTls> {
        self.starttls.as_deref().and_then(StartTls::by_name)
    }

    fn proxy(&self, target: &Target, printer: &Printer) -> Result<Option<Proxy>, Failure> {
        if let Some(url) = &self.proxy {
            return Ok(optional(url)?);
        }
        let Some((name, url)) = variable(["https_proxy", "HTTPS_PROXY"]) else {
            return Ok(None);
        };
        if let Some((_, list)) = variable(["no_proxy", "NO_PROXY"])
            && NoProxy::parse(&list).matches(target)
        {
            return Ok(None);
        }
        let proxy =
            optional(&url).map_err(|error| Failure::from(error).context(format!("the variable {name}")))?;
        if let Some(proxy) = &proxy
            && printer.verbose
        {
            printer.note(&format!("through the proxy {proxy}, which {name} names"));
        }
        Ok(proxy)
    }
}

fn optional(url: &str) -> Result<Option<Proxy>, TargetError> {
    if url.is_empty() {
        return Ok(None);
    }
    Proxy::parse(url).map(Some)
}

/// The first of the variables that is set; the lower-case one comes first, as with curl.
#[expect(clippy::disallowed_methods, reason = "the program reads its own environment")]
fn variable(names: [&'static str; 2]) -> Option<(&'static str, String)> {
    names
        .into_iter()
        .find_map(|name| Some((name, std::env::var(name).ok()?)))
}
