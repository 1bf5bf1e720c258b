use std::path::PathBuf;

use super::{Agent, Form};
use crate::error::{ErrorKind, Hint};
use crate::jvm::FlagsError;

/// Why settings cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant's message says it")]
pub enum ApmError {
    #[error("the URL `{url}` is not https: TLS settings have no effect with it")]
    NotHttps { url: String, scheme: Option<String> },
    #[error("the URL `{url}` cannot be used: {what}")]
    Url { url: String, what: String },
    #[error(
        "the {agent} agent has no option that pins a certificate: it needs the authority that signed it, `{issuer}`"
    )]
    NoPinOption { agent: Agent, issuer: String },
    #[error("the {agent} agent has no option for an authority: it compares the server's own certificate")]
    NoRootsOption { agent: Agent },
    #[error("the Java agent has no option for certificates: it uses the JVM's truststore")]
    NoTruststore,
    #[error(
        "the {agent} agent cannot show a client certificate: only the Java agent can, from the JVM's keystore"
    )]
    NoClientCertificate { agent: Agent },
    #[error("the {agent} agent has no `{form}` form")]
    NoSuchForm { agent: Agent, form: Form },
    #[error("`{}` is {what}, and it is PEM that is read there", path.display())]
    NotPem { path: PathBuf, what: String },
    #[error("the value of `{option}` holds {what}, which the form `{form}` cannot carry")]
    CannotCarry {
        option: &'static str,
        what: &'static str,
        form: &'static str,
    },
    #[error("the path `{}` is not Unicode", path.display())]
    PathNotUnicode { path: PathBuf },
    #[error("Fleet's APM integration cannot have {what}: its policy has no such field")]
    NotInFleet { what: &'static str, hint: &'static str },
    #[error(transparent)]
    Flags {
        #[from]
        source: FlagsError,
    },
}

impl ApmError {
    /// The error's kind.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::NotHttps { .. } | Self::Url { .. } => ErrorKind::Usage,
            Self::NoPinOption { .. }
            | Self::NoRootsOption { .. }
            | Self::NoTruststore
            | Self::NotPem { .. } => ErrorKind::WrongInput,
            _ => ErrorKind::Unsupported,
        }
    }

    /// What mends it.
    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        let text = match self {
            Self::NotHttps { url, scheme } => {
                let rest = scheme
                    .as_ref()
                    .and_then(|scheme| url.get(scheme.len() + 3..))
                    .unwrap_or(url);
                return vec![Hint::new(format!("write `--server-url https://{rest}`"))];
            }
            Self::Url { .. } => "write it like `https://apm.example.com:8200`",
            Self::NoPinOption { .. } => "give the authority's certificate: `--ca CA.crt`",
            Self::NoRootsOption { .. } => {
                "give the server's certificate: `--cert SERVER.crt`; or install the authority in the system's store, then no option is needed"
            }
            Self::NoTruststore => {
                return vec![
                    Hint::new(
                        "`keyjar import CA.crt --truststore truststore.p12` makes one: give it with `--truststore truststore.p12`",
                    ),
                    Hint::new("or `--out DIR` makes it there at once"),
                ];
            }
            Self::NoClientCertificate { .. } => {
                "leave `--keystore` out, and set APM Server's `client_authentication` to `optional` or `none` for this agent"
            }
            Self::NoSuchForm { .. } => "`--format native` is the agent's own form",
            Self::NotPem { path, what } if what.ends_with("store") => {
                let path = path.display();
                return vec![Hint::new(format!(
                    "`--out DIR` writes it as PEM there; so does `keyjar convert {path} FILE.pem`"
                ))];
            }
            Self::NotPem { .. } => "`--out DIR` writes it as PEM there",
            Self::CannotCarry { form: "env", .. } => "`--format shell` carries everything but line breaks",
            Self::CannotCarry { .. } => "rename the file, or use another form",
            Self::PathNotUnicode { .. } => "rename the file",
            Self::NotInFleet { hint, .. } => hint,
            Self::Flags { source } => return source.hints(),
        };
        vec![Hint::new(text)]
    }
}
