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

impl fmt::Display for Alias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Alias;

    #[test]
    fn a_name_is_folded_by_unicodes_full_mapping_as_java_folds_it() {
        assert_eq!(Alias::new("\u{130}").as_str(), "i\u{307}");
        assert_eq!(Alias::new("\u{212a}").as_str(), "k");
        assert_eq!(Alias::new("\u{1e9e}").as_str(), "\u{df}");
    }
}
