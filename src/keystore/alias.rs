use std::fmt;

/// A name of an entry, folded once by Java's rule.
///
/// Java's stores know an entry by its name in lower case (`toLowerCase(Locale.ENGLISH)` in
/// `sun.security.pkcs12.PKCS12KeyStore` and `sun.security.provider.JavaKeyStore.JKS`), by Unicode's full
/// mapping, neither trimmed nor normalised. Two names that differ by case only are one alias.
///
/// ```
/// use keyjar::Alias;
/// assert_eq!(Alias::new("MyCA"), Alias::new("myca"));
/// assert_eq!(Alias::new("MyCA").as_str(), "myca");
/// assert_ne!(Alias::new("one "), Alias::new("one"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Alias(Box<str>);

impl Alias {
    /// Folds a name to the alias Java would know it by.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(name.to_lowercase().into_boxed_str())
    }

    /// The folded name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The folded name with its control characters escaped (`\u{0}`): names come from files, and terminals obey them.
impl fmt::Display for Alias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| {
            if c.is_control() {
                write!(f, "{}", c.escape_unicode())
            } else {
                fmt::Write::write_char(f, c)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Alias;

    #[test]
    fn control_characters_are_escaped_where_an_alias_is_shown() {
        let alias = Alias::new("gr\u{fc}n\0\u{1b}[2J");
        assert_eq!(alias.to_string(), "gr\u{fc}n\\u{0}\\u{1b}[2j");
        assert_eq!(alias.as_str(), "gr\u{fc}n\0\u{1b}[2j");
    }

    #[test]
    fn a_name_is_folded_by_unicodes_full_mapping_as_java_folds_it() {
        assert_eq!(Alias::new("\u{130}").as_str(), "i\u{307}");
        assert_eq!(Alias::new("\u{212a}").as_str(), "k");
        assert_eq!(Alias::new("\u{1e9e}").as_str(), "\u{df}");
    }
}
