use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

/// As many as Linux follows.
const MOST_LINKS: usize = 40;

/// The folder that a process calls `/`: our own, a chroot's, or a container's.
///
/// A path that such a process names is found from here only when its symbolic links are followed inside that
/// folder: the kernel would take an absolute one to our own `/`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Root(Option<PathBuf>);

impl Root {
    /// Our own.
    #[must_use]
    pub const fn ours() -> Self {
        Self(None)
    }

    /// The one that is this folder to us.
    #[must_use]
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self(Some(folder.into()))
    }

    /// The folder, unless it is our own `/`.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.0.as_deref()
    }

    /// Where an absolute path of that process is found from here, links followed; what is not there is named as
    /// far as it is.
    #[must_use]
    pub fn resolve(&self, path: &Path) -> PathBuf {
        let Some(root) = &self.0 else {
            return path.canonicalize().unwrap_or_else(|_| path.to_owned());
        };
        let mut inside = PathBuf::from("/");
        let mut rest: VecDeque<OsString> = VecDeque::new();
        push_front(&mut rest, path);
        let mut links = 0;
        while let Some(name) = rest.pop_front() {
            if name == ".." {
                inside.pop();
                continue;
            }
            let next = inside.join(&name);
            let here = join(root, &next);
            match here.read_link() {
                Ok(target) if links < MOST_LINKS => {
                    links += 1;
                    if target.is_absolute() {
                        inside = PathBuf::from("/");
                    }
                    push_front(&mut rest, &target);
                }
                _ => inside = next,
            }
        }
        join(root, &inside)
    }

    /// The path as that process names it, of one as we do.
    #[must_use]
    pub fn inside(&self, here: &Path) -> PathBuf {
        let Some(root) = &self.0 else {
            return here.to_owned();
        };
        here.strip_prefix(root)
            .map_or_else(|_| here.to_owned(), |rest| Path::new("/").join(rest))
    }
}

fn join(root: &Path, inside: &Path) -> PathBuf {
    root.join(inside.strip_prefix("/").unwrap_or(inside))
}

fn push_front(rest: &mut VecDeque<OsString>, path: &Path) {
    for part in path.components().rev() {
        match part {
            Component::Normal(name) => rest.push_front(name.to_owned()),
            Component::ParentDir => rest.push_front(OsString::from("..")),
            _ => {}
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn an_absolute_link_stays_inside_the_root() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path();
        std::fs::create_dir_all(here.join("etc/ssl")).unwrap();
        std::fs::create_dir_all(here.join("usr/lib")).unwrap();
        symlink("/etc/ssl/cacerts", here.join("usr/lib/cacerts")).unwrap();
        symlink("../../../../etc/ssl/real", here.join("etc/ssl/cacerts")).unwrap();
        let root = Root::at(here);
        let found = root.resolve(Path::new("/usr/lib/cacerts"));
        assert_eq!(found, here.join("etc/ssl/real"));
        assert_eq!(root.inside(&found), Path::new("/etc/ssl/real"));
    }

    #[test]
    fn links_in_a_circle_end() {
        let folder = tempfile::tempdir().unwrap();
        symlink("/a", folder.path().join("b")).unwrap();
        symlink("/b", folder.path().join("a")).unwrap();
        let found = Root::at(folder.path()).resolve(Path::new("/a"));
        assert!(found.starts_with(folder.path()));
    }
}
