use std::fmt;

/// One of Elastic's backend agents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Agent {
    /// Java.
    Java,
    /// Go.
    Go,
    /// Python.
    Python,
    /// Node.js.
    NodeJs,
    /// Ruby.
    Ruby,
    /// .NET.
    DotNet,
    /// PHP.
    Php,
}

/// What an option is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Purpose {
    /// Where APM Server is.
    ServerUrl,
    /// A file of the authorities to trust: chain, name and dates are checked.
    TrustRoots,
    /// A file with the server's own certificate, which is compared; nothing else is checked.
    PinCertificate,
    /// A file with the server's own certificate, whose public key is compared where the platform's own check
    /// refuses.
    PinPublicKey,
    /// Whether the server's certificate is checked at all.
    Verify,
}

impl Purpose {
    /// The purpose's name as printed by `--json`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ServerUrl => "server-url",
            Self::TrustRoots => "trust-roots",
            Self::PinCertificate => "pin-certificate",
            Self::PinPublicKey => "pin-public-key",
            Self::Verify => "verify",
        }
    }
}

/// An option of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AgentOption {
    /// What it is for.
    pub purpose: Purpose,
    /// Its environment variable.
    pub env: &'static str,
    /// Its name in the agent's own configuration; the variable's where there is no other.
    pub native: &'static str,
    /// The agent's first version with it, where it is no matter of course.
    pub since: Option<&'static str>,
}

/// How an agent behaves, beside its options.
pub(crate) struct Spec {
    pub(crate) agent: Agent,
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) options: &'static [AgentOption],
    /// Whether a certificate without alternative names is matched by its common name.
    pub(crate) common_name: bool,
    /// Whether a trust anchor has to be a root.
    pub(crate) roots_only: bool,
}

const fn option(purpose: Purpose, env: &'static str, native: &'static str) -> AgentOption {
    AgentOption {
        purpose,
        env,
        native,
        since: None,
    }
}

const fn since(version: &'static str, option: AgentOption) -> AgentOption {
    AgentOption {
        since: Some(version),
        ..option
    }
}

const URL: &str = "ELASTIC_APM_SERVER_URL";
const CA: &str = "ELASTIC_APM_SERVER_CA_CERT_FILE";
const CERT: &str = "ELASTIC_APM_SERVER_CERT";
const VERIFY: &str = "ELASTIC_APM_VERIFY_SERVER_CERT";

/// The agents' options as their sources have them: apm-agent-java `ReporterConfigurationImpl`, apm-agent-go
/// `transport/http.go`, apm-agent-python `conf/__init__.py`, apm-agent-nodejs `lib/config/schema.js`,
/// apm-agent-ruby `lib/elastic_apm/config.rb`, apm-agent-dotnet `ConfigurationOption.cs`, apm-agent-php
/// `agent/native/ext/ConfigManager.c`.
static SPECS: [Spec; 7] = [
    Spec {
        agent: Agent::Java,
        name: "java",
        title: "Java",
        options: &[
            option(Purpose::ServerUrl, URL, "server_url"),
            option(Purpose::Verify, VERIFY, "verify_server_cert"),
        ],
        common_name: true,
        roots_only: false,
    },
    Spec {
        agent: Agent::Go,
        name: "go",
        title: "Go",
        options: &[
            option(Purpose::ServerUrl, URL, URL),
            option(Purpose::TrustRoots, CA, CA),
            option(Purpose::PinCertificate, CERT, CERT),
            option(Purpose::Verify, VERIFY, VERIFY),
        ],
        common_name: false,
        roots_only: false,
    },
    Spec {
        agent: Agent::Python,
        name: "python",
        title: "Python",
        options: &[
            option(Purpose::ServerUrl, URL, "SERVER_URL"),
            since("6.17.0", option(Purpose::TrustRoots, CA, "SERVER_CA_CERT_FILE")),
            option(Purpose::PinCertificate, CERT, "SERVER_CERT"),
            option(Purpose::Verify, VERIFY, "VERIFY_SERVER_CERT"),
        ],
        common_name: false,
        roots_only: false,
    },
    Spec {
        agent: Agent::NodeJs,
        name: "nodejs",
        title: "Node.js",
        options: &[
            option(Purpose::ServerUrl, URL, "serverUrl"),
            option(Purpose::TrustRoots, CA, "serverCaCertFile"),
            option(Purpose::Verify, VERIFY, "verifyServerCert"),
        ],
        common_name: true,
        roots_only: true,
    },
    Spec {
        agent: Agent::Ruby,
        name: "ruby",
        title: "Ruby",
        options: &[
            option(Purpose::ServerUrl, URL, "server_url"),
            option(Purpose::TrustRoots, CA, "server_ca_cert_file"),
            option(Purpose::Verify, VERIFY, "verify_server_cert"),
        ],
        common_name: true,
        roots_only: true,
    },
    Spec {
        agent: Agent::DotNet,
        name: "dotnet",
        title: ".NET",
        options: &[
            option(Purpose::ServerUrl, URL, "ServerUrl"),
            since("1.9", option(Purpose::PinPublicKey, CERT, "ServerCert")),
            since("1.3", option(Purpose::Verify, VERIFY, "VerifyServerCert")),
        ],
        common_name: true,
        roots_only: false,
    },
    Spec {
        agent: Agent::Php,
        name: "php",
        title: "PHP",
        options: &[
            option(Purpose::ServerUrl, URL, "elastic_apm.server_url"),
            option(Purpose::Verify, VERIFY, "elastic_apm.verify_server_cert"),
        ],
        common_name: true,
        roots_only: false,
    },
];

impl Agent {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Java,
        Self::Go,
        Self::Python,
        Self::NodeJs,
        Self::Ruby,
        Self::DotNet,
        Self::Php,
    ];

    /// `java`, `go`, `python`, `nodejs`, `ruby`, `dotnet`, `php`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.spec().name
    }

    /// The name as people write it: `Node.js`.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.spec().title
    }

    /// The agent of that name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        SPECS.iter().find(|spec| spec.name == name).map(|spec| spec.agent)
    }

    /// Its options for the way to APM Server, all there are.
    #[must_use]
    pub fn options(self) -> &'static [AgentOption] {
        self.spec().options
    }

    /// Its option for that purpose.
    #[must_use]
    pub fn option(self, purpose: Purpose) -> Option<&'static AgentOption> {
        self.options().iter().find(|option| option.purpose == purpose)
    }

    /// Its option that compares the server's certificate.
    #[must_use]
    pub fn pin(self) -> Option<&'static AgentOption> {
        self.option(Purpose::PinCertificate)
            .or_else(|| self.option(Purpose::PinPublicKey))
    }

    pub(crate) fn spec(self) -> &'static Spec {
        let [java, go, python, nodejs, ruby, dotnet, php] = &SPECS;
        match self {
            Self::Java => java,
            Self::Go => go,
            Self::Python => python,
            Self::NodeJs => nodejs,
            Self::Ruby => ruby,
            Self::DotNet => dotnet,
            Self::Php => php,
        }
    }
}

impl fmt::Display for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_agent_has_the_row_of_its_name() {
        for agent in Agent::ALL {
            assert_eq!(agent.spec().agent, *agent);
            assert_eq!(Agent::by_name(agent.name()), Some(*agent));
        }
    }

    #[test]
    fn rubys_authority_option_ends_in_file() {
        let option = Agent::Ruby.option(Purpose::TrustRoots).unwrap();
        assert_eq!(option.native, "server_ca_cert_file");
    }
}
