use std::fmt;

/// A spelling of the options.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// One line for a POSIX shell.
    Shell,
    /// One option a line, raw.
    Lines,
    /// A file for `java @FILE` (JDK 9 and later).
    Argfile,
    /// The value of `JAVA_TOOL_OPTIONS`.
    JavaToolOptions,
    /// The value of `JDK_JAVA_OPTIONS` (JDK 9 and later).
    JdkJavaOptions,
    /// `JAVA_TOOL_OPTIONS=...` as `docker --env-file` reads it.
    Env,
    /// `export JAVA_TOOL_OPTIONS=...` for a POSIX shell, behind what the variable holds already.
    Export,
    /// An `ENV` line.
    Dockerfile,
    /// An `Environment=` line.
    Systemd,
    /// A Secret, and what to put into the container.
    Kubernetes,
    /// Lines for `gradle.properties`.
    Gradle,
    /// The line for `.mvn/jvm.config` or the value of `MAVEN_OPTS`.
    Maven,
    /// A line for PowerShell.
    Powershell,
    /// A line for a batch file.
    Cmd,
    /// A file for `java.util.Properties`.
    Properties,
    /// Spring Boot's SSL bundle.
    Spring,
    /// Settings of Kafka's clients.
    Kafka,
    /// One JSON document.
    Json,
}

impl Format {
    /// All of them, in the order they are told in.
    pub const ALL: &'static [Self] = &[
        Self::Shell,
        Self::Lines,
        Self::Argfile,
        Self::JavaToolOptions,
        Self::JdkJavaOptions,
        Self::Env,
        Self::Export,
        Self::Dockerfile,
        Self::Systemd,
        Self::Kubernetes,
        Self::Gradle,
        Self::Maven,
        Self::Powershell,
        Self::Cmd,
        Self::Properties,
        Self::Spring,
        Self::Kafka,
        Self::Json,
    ];

    /// The name `--format` takes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Shell => "shell",
            Self::Lines => "lines",
            Self::Argfile => "argfile",
            Self::JavaToolOptions => "java-tool-options",
            Self::JdkJavaOptions => "jdk-java-options",
            Self::Env => "env",
            Self::Export => "export",
            Self::Dockerfile => "dockerfile",
            Self::Systemd => "systemd",
            Self::Kubernetes => "kubernetes",
            Self::Gradle => "gradle",
            Self::Maven => "maven",
            Self::Powershell => "powershell",
            Self::Cmd => "cmd",
            Self::Properties => "properties",
            Self::Spring => "spring",
            Self::Kafka => "kafka",
            Self::Json => "json",
        }
    }

    /// The format of that name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|format| format.name() == name).copied()
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
