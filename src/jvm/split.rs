//! The options apart: those that anyone may see, and those with a secret.

use zeroize::Zeroizing;

use super::render::options_of;
use super::{FlagsError, Format, Property, Rendered, SystemProperties};

/// Java's own password for a truststore, which is none: its documentation tells it.
const CONVENTION: &str = "changeit";

/// The options of [`SystemProperties`] in two parts.
///
/// A JVM prints the value of `JAVA_TOOL_OPTIONS` on its stderr, and so into logs. A password is out of sight in a
/// file that `-XX:VMOptionsFile` names there (HotSpot of JDK 9 and later, in every program with a JVM), or an
/// argument file that `JDK_JAVA_OPTIONS` names (`java` of JDK 9 and later).
#[derive(Debug)]
pub struct Split {
    /// Paths, types, and a truststore's password where it is Java's own.
    pub open: Rendered,
    /// Every other password.
    pub secret: Option<Rendered>,
}

impl SystemProperties {
    /// Renders the options in two parts. `JAVA_TOOL_OPTIONS` and a file for `-XX:VMOptionsFile` have the same rules,
    /// those of [`Format::JavaToolOptions`]; an argument file has those of [`Format::Argfile`].
    ///
    /// # Errors
    /// A value that the format cannot carry; any other format.
    pub fn split(&self, format: Format) -> Result<Split, FlagsError> {
        let (secret, open): (Vec<_>, Vec<_>) = self.properties()?.into_iter().partition(is_secret);
        let render = |properties: &[Property]| {
            options_of(properties, format).map(|text| Rendered(Zeroizing::new(text)))
        };
        Ok(Split {
            open: render(&open)?,
            secret: if secret.is_empty() {
                None
            } else {
                Some(render(&secret)?)
            },
        })
    }
}

fn is_secret(property: &Property) -> bool {
    match property.name {
        "javax.net.ssl.trustStorePassword" => property.value.as_str() != CONVENTION,
        name => name.ends_with("Password"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jvm::StoreReference;
    use crate::keystore::StoreFormat;
    use crate::secret::Password;

    fn store(path: &str, password: &str) -> StoreReference {
        StoreReference::new(path, StoreFormat::Pkcs12, Password::new(password))
    }

    #[test]
    fn passwords_are_apart_but_for_javas_own() {
        let properties = SystemProperties::new()
            .trust_store(store("/t.p12", "changeit"))
            .key_store(store("/k.p12", "se\"cret"));
        let split = properties.split(Format::JavaToolOptions).unwrap();
        assert_eq!(
            split.open.expose_text(),
            "-Djavax.net.ssl.trustStore=/t.p12 -Djavax.net.ssl.trustStorePassword=changeit \
             -Djavax.net.ssl.trustStoreType=PKCS12 -Djavax.net.ssl.keyStore=/k.p12 -Djavax.net.ssl.keyStoreType=PKCS12"
        );
        let secret = split.secret.unwrap();
        assert_eq!(
            secret.expose_text(),
            "'-Djavax.net.ssl.keyStorePassword=se\"cret'"
        );
        let secret = properties.split(Format::Argfile).unwrap().secret.unwrap();
        assert_eq!(
            secret.expose_text(),
            "\"-Djavax.net.ssl.keyStorePassword=se\\\"cret\""
        );
    }

    #[test]
    fn another_password_of_a_truststore_is_a_secret() {
        let split = SystemProperties::new()
            .trust_store(store("/t.p12", "other-one"))
            .split(Format::JavaToolOptions)
            .unwrap();
        assert!(!split.open.expose_text().contains("other-one"));
        assert!(split.secret.is_some());
    }
}
