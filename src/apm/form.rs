use std::fmt;

/// How settings are written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Form {
    /// `NAME=value` lines, raw, as `docker --env-file`, Compose, systemd and dotenv read them.
    Env,
    /// `export NAME='value'` lines for a POSIX shell.
    Shell,
    /// `elasticapm.properties`; for agents without such a file their variables, for `java.util.Properties`.
    Properties,
    /// `config/elastic_apm.yml` for Ruby; for other agents a mapping of their variables.
    Yaml,
    /// One JSON document.
    Json,
    /// The agent's own configuration file.
    Native,
    /// A pod's env, volumes, and the ConfigMap or Secret behind them.
    Kubernetes,
    /// `web.config` of ASP.NET.
    WebConfig,
}

impl Form {
    /// All of them, in the order they are told in.
    pub const ALL: &'static [Self] = &[
        Self::Env,
        Self::Shell,
        Self::Properties,
        Self::Yaml,
        Self::Json,
        Self::Native,
        Self::Kubernetes,
        Self::WebConfig,
    ];

    /// The name `--format` takes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Env => "env",
            Self::Shell => "shell",
            Self::Properties => "properties",
            Self::Yaml => "yaml",
            Self::Json => "json",
            Self::Native => "native",
            Self::Kubernetes => "kubernetes",
            Self::WebConfig => "web-config",
        }
    }

    /// The form of that name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|form| form.name() == name).copied()
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
